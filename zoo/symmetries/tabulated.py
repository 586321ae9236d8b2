"""`TabulatedField`: vector fields looked up in a table, for flows of very many points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from ..errors import SymmetryError
from .field import GeneratorField
from .grid.fields import vectors

_NODES = {2: 96, 3: 48}  # along each axis, by the dimension


class TabulatedField(GeneratorField):
    """Fields on a box of R^2 or R^3, by linear interpolation between nodes; beyond the box they are as at its sides.

    A network takes microseconds for a point, which adds up in a flow of all points of many solutions or images.

    Parameters
    ----------
    of : GeneratorField
    low, high : sequence of float
        Corners of the box.
    periods : mapping, optional
        Of coordinates that are periodic, by their numbers; the box must be one period long there.
    nodes : int, optional
        Along each axis; 96 on a plane and 48 in space.

    Raises
    ------
    SymmetryError
        If the fields are on another space, or the box is empty.
    """

    dtype = torch.float32

    def __init__(
        self,
        of: GeneratorField,
        low: Sequence[float],
        high: Sequence[float],
        *,
        periods: Mapping[int, float] | None = None,
        nodes: int | None = None,
    ) -> None:
        if of.n not in _NODES:
            raise SymmetryError(f"fields on R^2 and R^3 are tabulated, these are on R^{of.n}")
        self.low, self.high = torch.tensor(low, dtype=torch.float64), torch.tensor(high, dtype=torch.float64)
        if len(self.low) != of.n or len(self.high) != of.n or not bool((self.low < self.high).all()):
            raise SymmetryError(f"a box in R^{of.n} has a low and a high corner, got {list(low)} and {list(high)}")
        self._n, self._c, self.periods = of.n, of.c, dict(periods or {})
        count = _NODES[of.n] if nodes is None else int(nodes)
        axes = [torch.linspace(float(a), float(b), count, dtype=torch.float64) for a, b in zip(low, high, strict=True)]
        mesh = torch.meshgrid(*reversed(axes), indexing="ij")  # the last coordinate first, as grid_sample has it
        points = torch.stack([each.flatten() for each in reversed(mesh)], dim=1)
        values = vectors(of, points)  # (P, n, c)
        self.table = values.permute(2, 1, 0).reshape(1, of.c * of.n, *[count] * of.n).float()

    @property
    def n(self) -> int:
        return self._n

    @property
    def c(self) -> int:
        return self._c

    def __call__(self, points: Tensor) -> Tensor:
        places = points.clone()
        for axis, period in self.periods.items():
            first = float(self.low[axis])
            places[:, axis] = first + torch.remainder(points[:, axis] - first, period)
        middle, half = ((self.low + self.high) / 2).to(points), ((self.high - self.low) / 2).to(points)
        at = ((places - middle) / half).to(self.table).view(1, *[1] * (self.n - 1), len(points), self.n)
        found = functional.grid_sample(self.table, at, padding_mode="border", align_corners=True)
        return found.view(self.c, self.n, len(points)).permute(2, 1, 0).to(points)

    def box(self) -> tuple[Tensor, Tensor]:
        """That of the table."""
        return (self.low + self.high) / 2, (self.high - self.low) / 2

    def __repr__(self) -> str:
        return f"TabulatedField({self.c} fields on R^{self.n}, {self.table.shape[-1]} nodes along each axis)"
