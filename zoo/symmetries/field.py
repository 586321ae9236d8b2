"""`GeneratorField`: symmetries that are vector fields V_1, ..., V_c on R^n, linear or not."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ..errors import SymmetryError
from . import affine_part, flow
from .affine_part import AffinePart
from .algebra import LieAlgebra
from .flow import Flow

# The part of a field that no affine field explains may be this fraction of it before it is no algebra of matrices.
AFFINE_TOLERANCE = 1e-2
_STEP = 0.05  # of rk4: errors of some 1e-7 for generators of norm 1
_POINTS_PER_UNKNOWN = 64


class GeneratorField(ABC):
    """c vector fields on R^n, each generating the flow dx/dt = V_i(x).

    A subclass says what `n`, `c` and the fields are; a network that is one inherits from `torch.nn.Module` too.
    """

    dtype: torch.dtype = torch.float64

    @property
    @abstractmethod
    def n(self) -> int:
        """Dimension of the space that the fields live on."""

    @property
    @abstractmethod
    def c(self) -> int:
        """Number of fields."""

    @abstractmethod
    def __call__(self, points: Tensor) -> Tensor:
        """The fields at `(P, n)` points, `(P, n, c)`."""

    def flow(self, x: Tensor, t: float | Tensor, coefficients: Tensor | None = None, step: float = _STEP) -> Tensor:
        """Where the points go: x(t) of dx/dt = sum_i a_i V_i(x), x(0) = x.

        Parameters
        ----------
        x : Tensor
            Points `(P, n)`.
        t : float or Tensor
            Time, one for all points or `(P,)`; may be negative.
        coefficients : Tensor, optional
            a, `(c,)` or `(P, c)`. May be left out where there is one field.
        step : float
            Longest step of the fixed-step rk4.

        Returns
        -------
        Tensor
            `(P, n)`.
        """
        return flow.integrate(self, x, t, self._coefficients(coefficients, x), step)

    def flow_with_error(
        self, x: Tensor, t: float | Tensor, coefficients: Tensor | None = None, step: float = _STEP
    ) -> Flow:
        """`flow` with half the step, and the error that this step-halving shows."""
        return flow.integrate_with_error(self, x, t, self._coefficients(coefficients, x), step)

    def bracket(self, points: Tensor) -> Tensor:
        """[V_i, V_j] = (DV_j) V_i - (DV_i) V_j at `(P, n)` points, `(P, n, c, c)`.

        With this (the usual) sign the linear fields of matrices A and B have the bracket field of -(A B - B A).
        """
        fields = self(points)
        with warnings.catch_warnings():  # the first dual number of a process makes torch warn about itself
            warnings.simplefilter("ignore", DeprecationWarning)
            along = [torch.func.jvp(self.__call__, (points,), (fields[..., i],))[1] for i in range(self.c)]
        moved = torch.stack(along, dim=2)
        return moved - moved.transpose(2, 3)

    def inner_products(self, points: Tensor, weight: Tensor | None = None) -> Tensor:
        """<V_i, V_j> = mean of w(x) V_i(x) . V_j(x) over the points, `(c, c)`; weights `(P,)` are normalised."""
        return affine_part.inner_products(self(points), weight)

    def affine_part(self, points: Tensor | None = None, weight: Tensor | None = None) -> AffinePart:
        """The affine fields A_i x + b_i next to the fields, and how affine those are.

        Parameters
        ----------
        points : Tensor, optional
            `(P, n)`, where to compare; by default `self.typical_points()`.
        weight : Tensor, optional
            `(P,)`, not negative.
        """
        points = self.typical_points() if points is None else points
        return affine_part.fit(points, self(points).detach(), weight)

    def to_algebra(
        self, points: Tensor | None = None, tolerance: float = AFFINE_TOLERANCE, weight: Tensor | None = None
    ) -> LieAlgebra:
        """The algebra of matrices that generates the same flow: on R^n, or on (x, 1) where fields do not vanish at 0.

        Raises
        ------
        SymmetryError
            If a field is not affine: if more than `tolerance` of its norm is left beside its affine part. Or if there
            is none.
        """
        if not self.c:
            raise SymmetryError("there are no fields here, so no matrices that generate them")
        part = self.affine_part(points, weight)
        worst = int(part.remainder.argmax())
        if part.remainder[worst] > tolerance:
            raise SymmetryError(
                f"field {worst} is not affine, so no matrices generate it: its affine-ness is "
                f"{part.affineness[worst]:.4f} (1 is affine), {part.remainder[worst]:.2g} of its norm is left over "
                f"(allowed {tolerance:g}); all fields: {[round(a, 4) for a in part.affineness.tolist()]}. "
                "Use the field itself, or to_algebra(tolerance=...) with a larger one"
            )
        return part.to_algebra(tolerance)

    def box(self) -> tuple[Tensor, Tensor]:
        """Middle and half-width, `(n,)` each, of where the fields are looked at if no points are given: [-1, 1]^n."""
        middle = torch.zeros(self.n, dtype=self.dtype, device="cpu")
        return middle, torch.ones_like(middle)

    def typical_points(self) -> Tensor:
        """Even random numbers in the `box`, `(P, n)`, always the same."""
        generator = torch.Generator("cpu").manual_seed(0)
        shape = (_POINTS_PER_UNKNOWN * (self.n + 1), self.n)
        middle, half = self.box()
        even = 2 * torch.rand(shape, generator=generator, dtype=self.dtype, device="cpu") - 1
        return (middle + half * even).to(self.dtype)

    def _coefficients(self, coefficients: Tensor | None, x: Tensor) -> Tensor:
        if x.ndim != 2 or x.shape[1] != self.n:
            raise SymmetryError(f"points have shape (P, {self.n}), got {tuple(x.shape)}")
        if coefficients is None:
            if self.c != 1:
                raise SymmetryError(f"there are {self.c} fields: give their coefficients, of shape ({self.c},)")
            return torch.ones(1, dtype=x.dtype, device=x.device)
        if coefficients.shape[-1] != self.c or coefficients.ndim > 2:
            shape = tuple(coefficients.shape)
            raise SymmetryError(f"coefficients have shape ({self.c},) or (P, {self.c}), got {shape}")
        return coefficients.to(x)


def coordinate_names(field: GeneratorField) -> tuple[str, ...]:
    """What a field calls its coordinates; "x0", "x1", ... where it has no names."""
    named: Any = getattr(field, "coordinates", None)
    return tuple(named or (f"x{axis}" for axis in range(field.n)))


class LinearField(GeneratorField):
    """The fields V_i(x) = L_i x of an algebra; flows are matrix exponentials, without integration error."""

    def __init__(self, algebra: LieAlgebra) -> None:
        self.algebra = algebra

    @property
    def n(self) -> int:
        return self.algebra.k

    @property
    def c(self) -> int:
        return self.algebra.c

    def __call__(self, points: Tensor) -> Tensor:
        return torch.einsum("cij,pj->pic", self.algebra.basis.to(points), points)

    def flow(self, x: Tensor, t: float | Tensor, coefficients: Tensor | None = None, step: float = _STEP) -> Tensor:
        a = self._coefficients(coefficients, x)
        times = torch.as_tensor(t, dtype=x.dtype, device=x.device)
        return self.algebra.act(x, a * (times[:, None] if times.ndim else times))

    def flow_with_error(
        self, x: Tensor, t: float | Tensor, coefficients: Tensor | None = None, step: float = _STEP
    ) -> Flow:
        return Flow(self.flow(x, t, coefficients), 0.0)

    def to_algebra(
        self, points: Tensor | None = None, tolerance: float = AFFINE_TOLERANCE, weight: Tensor | None = None
    ) -> LieAlgebra:
        """The algebra itself."""
        return self.algebra

    def __repr__(self) -> str:
        return f"LinearField of {self.algebra!r}"


class FunctionField(GeneratorField):
    """Fields given by a function from `(P, n)` points to `(P, n, c)`, or to `(P, n)` for one field.

    Parameters
    ----------
    function : callable
    n : int
        Dimension of the space.
    dtype : torch.dtype
        Of the points that the function takes.

    Raises
    ------
    SymmetryError
        If the function returns another shape.
    """

    def __init__(self, function: Callable[[Tensor], Tensor], n: int, dtype: torch.dtype = torch.float64) -> None:
        self._function, self._n, self.dtype = function, n, dtype
        probe = function(torch.zeros(2, n, dtype=dtype, device="cpu"))
        if probe.ndim not in (2, 3) or tuple(probe.shape[:2]) != (2, n):
            raise SymmetryError(
                f"a field takes points (P, {n}) to vectors (P, {n}, c) or (P, {n}); "
                f"two points gave {tuple(probe.shape)}"
            )
        self._c = probe.shape[2] if probe.ndim == 3 else 1

    @property
    def n(self) -> int:
        return self._n

    @property
    def c(self) -> int:
        return self._c

    def __call__(self, points: Tensor) -> Tensor:
        values = self._function(points)
        return values if values.ndim == 3 else values[..., None]

    def __repr__(self) -> str:
        return f"FunctionField({self._function!r}, {self.c} fields on R^{self.n})"
