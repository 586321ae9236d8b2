"""Some of the fields of a `GeneratorField`."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from ..errors import SymmetryError
from .field import GeneratorField, coordinate_names


class SomeFields(GeneratorField):
    """Fields V_i of another generator field, by their numbers.

    Parameters
    ----------
    of : GeneratorField
    numbers : sequence of int
    violation : sequence of float, optional
        How much less valid data are after a flow along each of them, where a discoverer has found that out: 0 of an
        exact symmetry.

    Attributes
    ----------
    of, numbers, violation
        As they were given, as tuples of numbers; `violation` is None where it is not known.
    coordinates : tuple of str
        Names of the n coordinates, as the other field has them; "x0", "x1", ... where it has none.

    Raises
    ------
    SymmetryError
        If a number is out of range, or there is not one violation for each.
    """

    def __init__(self, of: GeneratorField, numbers: Sequence[int], violation: Sequence[float] | None = None) -> None:
        self.of, self.numbers = of, tuple(int(number) for number in numbers)
        self.violation = None if violation is None else tuple(float(each) for each in violation)
        if any(not 0 <= number < of.c for number in self.numbers):
            raise SymmetryError(f"the fields are 0 to {of.c - 1}, got {self.numbers}")
        if self.violation is not None and len(self.violation) != len(self.numbers):
            raise SymmetryError(f"there are {len(self.numbers)} fields and {len(self.violation)} violations of them")
        self.dtype = of.dtype
        self.coordinates = coordinate_names(of)

    @property
    def n(self) -> int:
        return self.of.n

    @property
    def c(self) -> int:
        return len(self.numbers)

    def __call__(self, points: Tensor) -> Tensor:
        return self.of(points)[..., list(self.numbers)]

    def box(self) -> tuple[Tensor, Tensor]:
        """That of the other field."""
        return self.of.box()

    def __repr__(self) -> str:
        of = f"{self.c} field{'s' * (self.c != 1)} of {self.of.c} on ({', '.join(self.coordinates)})"
        return f"SomeFields({of})"
