"""Affine vector fields on a grid, as directions in which functions on it can move."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ...symmetries import Grid, LieAlgebra
from ...symmetries.grid.fields import vectors


@dataclass(frozen=True, eq=False)
class AffineFields:
    """Fields V_k, orthonormal in how far they move the nodes: a coefficient of 1 is a root mean square of one pixel.

    Attributes
    ----------
    grid : Grid
    matrices : Tensor
        `(K, n + 1, n + 1)` on (x, 1).
    values : Tensor
        V_k at the nodes, in pixels, `(K, n, *shape)`.
    lines : tuple of Tensor
        The derivative along each coordinate, x first, per pixel.
    """

    grid: Grid
    matrices: Tensor
    values: Tensor
    lines: tuple[Tensor, ...]

    @classmethod
    def all(cls, grid: Grid, device: torch.device | str = "cpu") -> AffineFields:
        """Of the affine algebra; on a ring or torus translations alone, as nothing else closes there."""
        return cls._orthonormal(grid, (LieAlgebra.translations if grid.periodic else LieAlgebra.affine)(grid.n), device)

    @classmethod
    def _orthonormal(cls, grid: Grid, algebra: LieAlgebra, device: torch.device | str) -> AffineFields:
        values = vectors(algebra, grid.points).permute(2, 1, 0) / grid.spacing
        flat = values.flatten(1)
        roots, axes = torch.linalg.eigh(flat @ flat.T / grid.d)
        change = ((axes / roots.sqrt()) @ axes.T).contiguous()
        matrices = torch.einsum("kl,lij->kij", change, algebra.basis)
        values = torch.einsum("kl,lap->kap", change, values).reshape(algebra.c, grid.n, *grid.shape)
        lines = [Grid((size,), periodic=grid.periodic, spacing=1.0).derivative() for size in reversed(grid.shape)]
        return cls(grid, matrices.to(device), values.to(device), tuple(line.to(device) for line in lines))

    def combined(self, directions: Tensor) -> AffineFields:
        """The fields sum_k d_ik V_k of directions `(c, K)`."""
        matrices = torch.einsum("ck,kij->cij", directions, self.matrices)
        return replace(self, matrices=matrices, values=torch.einsum("ck,k...->c...", directions, self.values))

    @property
    def count(self) -> int:
        """K."""
        return len(self.matrices)

    def slopes(self, functions: Tensor) -> Tensor:
        """L_k f = -V_k . grad f of functions `(B, C, *shape)`: `(B, C d, K)`."""
        gradient = self._gradient(functions)
        moved = [-sum(along * slope for along, slope in zip(field, gradient, strict=True)) for field in self.values]
        return torch.stack(moved, dim=-1).reshape(len(functions), -1, self.count)

    def moved(self, coefficients: Tensor, functions: Tensor) -> Tensor:
        """sum_k c_bk L_k f_b of coefficients `(B, K)`, without a matrix on the nodes."""
        fields = torch.einsum("bk,k...->b...", coefficients, self.values).unbind(dim=1)
        gradient = self._gradient(functions)
        return -sum(along[:, None] * slope for along, slope in zip(fields, gradient, strict=True))  # type: ignore

    def _gradient(self, functions: Tensor) -> list[Tensor]:
        """Of each coordinate, by Shannon and Whittaker, a pixel being the unit: of the shape of the functions."""
        axes = [-1 - coordinate for coordinate in range(self.grid.n)]
        return [
            (functions.movedim(axis, -1) @ line.T).movedim(-1, axis)
            for axis, line in zip(axes, self.lines, strict=True)
        ]
