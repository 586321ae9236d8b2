"""`Grid`: functions sampled on a lattice, and continuous symmetries as matrices on their values."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import reduce

import torch
from torch import Tensor

from ...errors import ConfigError, SymmetryError
from ..algebra import LieAlgebra
from ..field import GeneratorField
from . import kernels, low_pass
from .fields import vectors
from .kernels import Kind


@dataclass(frozen=True)
class Grid:
    """A lattice of d nodes in R^n, and Shannon-Whittaker interpolation between them (L-conv, arXiv 2109.07103).

    The shape is an array's, `(H, W)` for images; nodes are counted row by row. Coordinates are in the order
    (x, y, ...): x runs along the last axis, y along the one before, downwards in an image. Around the middle as the
    origin, the outer edges of the longest side are at -1 and 1 (nodes are half a pixel inside) and pixels are square:
    for square images these are the coordinates of ``affine_grid(..., align_corners=False)``.

    Generators transport content along their fields: (exp(t L) f)(x) = f(flow of x to the time -t), so
    L f = -sum_a V_a d_a f, and matrices A, B of an algebra have [L_A, L_B] = L_[A, B] on functions that the lattice
    resolves. (Fields have the bracket of the opposite sign, see `GeneratorField.bracket`.)

    Parameters
    ----------
    shape : tuple of int
        Nodes along each axis, `(n,)`, `(H, W)` or more.
    periodic : bool
        Whether both ends of every axis are neighbours. If not, the function is zero at all nodes outside.
    spacing : float, optional
        Distance of neighbours; by default 2 / max(shape).

    Raises
    ------
    ConfigError
        If the shape or the spacing is not positive.
    """

    shape: tuple[int, ...]
    periodic: bool = field(default=False, kw_only=True)
    spacing: float = field(default=0.0, kw_only=True)

    def __init__(self, shape: tuple[int, ...] | int, *, periodic: bool = False, spacing: float | None = None) -> None:
        shape = (shape,) if isinstance(shape, int) else tuple(int(size) for size in shape)
        if not shape or min(shape) < 1:
            raise ConfigError(f"the shape of a grid is (n,), (H, W) or more, with positive numbers: got {shape}")
        spacing = 2 / max(shape) if spacing is None else float(spacing)
        if not (math.isfinite(spacing) and spacing > 0):
            raise ConfigError(f"the spacing of a grid is a positive number, got {spacing}")
        object.__setattr__(self, "shape", shape)
        object.__setattr__(self, "periodic", bool(periodic))
        object.__setattr__(self, "spacing", spacing)

    # ---- the lattice -----------------------------------------------------------------------------------------

    @property
    def n(self) -> int:
        """Number of coordinates."""
        return len(self.shape)

    @property
    def d(self) -> int:
        """Number of nodes."""
        return math.prod(self.shape)

    @property
    def points(self) -> Tensor:
        """Coordinates (x, y, ...) of the nodes, `(d, n)` float64."""
        axes = [self.spacing * (torch.arange(size, dtype=torch.float64, device="cpu") - (size - 1) / 2)
                for size in self.shape]  # fmt: skip
        return torch.stack([axis.flatten() for axis in reversed(torch.meshgrid(*axes, indexing="ij"))], dim=1)

    def axis(self, coordinate: int) -> int:
        """The array's axis along which a coordinate runs: 0 (x) runs along the last."""
        if not 0 <= coordinate < self.n:
            raise SymmetryError(f"this grid has coordinates 0 to {self.n - 1}, there is no coordinate {coordinate}")
        return self.n - 1 - coordinate

    # ---- infinitesimal ---------------------------------------------------------------------------------------

    def derivative(self, coordinate: int = 0, kind: Kind = "shannon") -> Tensor:
        """The derivative of the interpolated function at the nodes, `(d, d)` float64.

        It is exact for what the lattice resolves. On a periodic axis of even length the Nyquist mode (+1, -1, +1, ...)
        has derivative zero, so exp(z L) leaves it where it is.

        Parameters
        ----------
        coordinate : int
            0 for x, along the last axis of the shape.
        kind : str
            "shannon", or "linear": the mean of both one-sided derivatives of linear interpolation.
        """
        axis = self.axis(coordinate)
        before, after = self.shape[:axis], self.shape[axis + 1 :]
        left = torch.eye(math.prod(before), dtype=torch.float64, device="cpu")
        right = torch.eye(math.prod(after), dtype=torch.float64, device="cpu")
        return torch.kron(torch.kron(left, self._along(axis, kind)), right)

    def differentiate(self, values: Tensor, coordinate: int = 0, kind: Kind = "shannon") -> Tensor:
        """The derivative of functions `(..., d)` or `(..., *shape)`, without its d x d matrix."""
        axis = self.axis(coordinate)
        lattice = self._as_lattice(values).movedim(axis - self.n, -1)
        slopes = lattice @ self._along(axis, kind).to(values).T
        return slopes.movedim(-1, axis - self.n).reshape(values.shape)

    def shift(self, coordinate: int = 0) -> Tensor:
        """The generator of shifts along a coordinate, `(d, d)`: exp(z L) moves content by z pixels.

        On a periodic axis of odd length d it is the paper's
        L[r, n] = sum over p = -(d-1)/2, ..., (d-1)/2 of (2 pi p / d^2) sin(2 pi p (r - n) / d).
        """
        return -self.spacing * self.derivative(coordinate)

    def generators(self, symmetry: LieAlgebra | GeneratorField, kind: Kind = "shannon") -> Tensor:
        """L_i = -sum_a V_i,a d_a for each generator of a symmetry of the coordinates.

        Parameters
        ----------
        symmetry : LieAlgebra or GeneratorField
            An algebra on R^n, one on (x, 1) in R^(n + 1) (affine, translations), or any fields on R^n.
        kind : str
            See `derivative`.

        Returns
        -------
        Tensor
            `(c, d, d)`, float64 on the CPU.

        Raises
        ------
        SymmetryError
            If the symmetry acts on another space, or a field is not finite at a node.
        """
        fields = vectors(symmetry, self.points)
        c = fields.shape[2]
        result = torch.zeros(c, *self.shape, *self.shape, dtype=torch.float64, device="cpu")
        for coordinate in range(self.n):
            axis = self.axis(coordinate)
            others = [other for other in reversed(range(self.n)) if other != axis]
            # A derivative along one axis couples nodes that agree in all others: it lives on the diagonal of these,
            # here a view (c, row's node, column's node, *others).
            blocks = result
            for gone, other in enumerate(others):
                blocks = blocks.diagonal(dim1=1 + other, dim2=1 + self.n + other - gone)
            speeds = fields[:, coordinate].T.reshape(c, *self.shape).permute(0, 1 + axis, *(1 + o for o in others))
            slopes = self._along(axis, kind)
            blocks -= speeds[:, :, None] * slopes.reshape(*slopes.shape, *(1 for _ in others))
        return result.reshape(c, self.d, self.d)

    def bilinear_generator(self, symmetry: LieAlgebra | GeneratorField) -> Tensor:
        """The derivative at t = 0 of resampling by (bi)linear interpolation, `(c, d, d)`.

        Linear interpolation bends at the nodes, so that its derivatives for t > 0 and t < 0 differ, by a blur that
        grows like |t|. This is their mean, the generator of what pairs of both signs have in common.
        """
        return self.generators(symmetry, "linear")

    # ---- finite ----------------------------------------------------------------------------------------------

    def interpolate(self, points: Tensor, kind: Kind = "shannon") -> Tensor:
        """The matrix from the nodes' values to the interpolated function's at `(P, n)` points, `(P, d)` float64."""
        points = torch.as_tensor(points, dtype=torch.float64, device="cpu")
        if points.ndim != 2 or points.shape[1] != self.n:
            raise SymmetryError(f"points have shape (P, {self.n}), got {tuple(points.shape)}")
        each = []
        for axis, size in enumerate(self.shape):
            t = points[:, self.n - 1 - axis] / self.spacing + (size - 1) / 2
            each.append(kernels.weights(t, size, self.periodic, kind))
        return reduce(lambda left, right: (left[:, :, None] * right[:, None]).flatten(1), each)

    def transform(self, values: Tensor, change: Callable[[Tensor], Tensor] | Tensor, kind: Kind = "shannon") -> Tensor:
        """Functions resampled at other places: g(x) = f(change(x)) at every node x.

        Content moves by the inverse of the change: to move it along a flow for a time t, give the flow for -t.

        Parameters
        ----------
        values : Tensor
            `(..., d)` or `(..., *shape)`.
        change : callable or Tensor
            From `(d, n)` points to `(d, n)`, or a matrix `(n, n)`, or `(n + 1, n + 1)` on (x, 1).
        kind : str
            "shannon" or "linear".

        Returns
        -------
        Tensor
            As `values`.
        """
        matrix = self.interpolate(_changed(change, self.points), kind).to(values)
        return (self._as_lattice(values).flatten(-self.n) @ matrix.T).reshape(values.shape)

    def band_limited(self, values: Tensor, fraction: float) -> Tensor:
        """Functions `(..., d)` or `(..., *shape)` without their frequencies above `fraction` of the Nyquist frequency.

        The cut is by the length of the frequency, so a disk in 2-D. Where the grid is not periodic, functions are
        continued by zeros for the cut and its result is cropped.
        """
        if not fraction >= 0:
            raise ConfigError(f"the fraction of the Nyquist frequency that is kept is not negative, got {fraction}")
        return low_pass.cut(self._as_lattice(values), self.n, fraction, self.periodic).reshape(values.shape)

    # ---- inner parts -----------------------------------------------------------------------------------------

    def _along(self, axis: int, kind: Kind) -> Tensor:
        return kernels.derivative(self.shape[axis], self.periodic, kind) / self.spacing

    def _as_lattice(self, values: Tensor) -> Tensor:
        """`(..., *shape)` of functions given so or as `(..., d)`."""
        if tuple(values.shape[-self.n :]) == self.shape:
            return values
        if values.shape[-1:] != (self.d,):
            raise SymmetryError(
                f"functions on this grid have shape (..., {self.d}) or {('...', *self.shape)}, "
                f"got {tuple(values.shape)}"
            )
        return values.reshape(*values.shape[:-1], *self.shape)


def _changed(change: Callable[[Tensor], Tensor] | Tensor, points: Tensor) -> Tensor:
    n = points.shape[1]
    if not isinstance(change, Tensor):
        return change(points).detach()
    matrix = change.detach().to(points)
    if matrix.shape == (n, n):
        return points @ matrix.T
    if matrix.shape == (n + 1, n + 1):
        return points @ matrix[:n, :n].T + matrix[:n, n]
    raise SymmetryError(
        f"a change of {n} coordinates is a function, or a matrix of shape {(n, n)} or {(n + 1, n + 1)}: "
        f"got shape {tuple(matrix.shape)}"
    )
