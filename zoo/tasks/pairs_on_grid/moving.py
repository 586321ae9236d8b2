"""Functions on a grid moved by small shifts and rotations, each by its own, by resampling."""

from __future__ import annotations

import torch
from torch import Tensor

from ...symmetries import Grid, LieAlgebra
from ...symmetries.grid.kernels import Kind

_AT_ONCE = 2**21  # weights of the interpolation in memory


def shifts(grid: Grid, amounts: Tensor) -> Tensor:
    """Where the nodes' new values come from, `(B, d, 1)`, when content moves by so many nodes `(B,)`."""
    return grid.points - grid.spacing * amounts[:, None, None]


def rotations(grid: Grid, angles: Tensor) -> Tensor:
    """The same of rotations about the middle of an image, by `(B,)` radians from x towards y: `(B, d, 2)`."""
    cos, sin = angles.cos(), angles.sin()
    back = torch.stack([torch.stack([cos, sin], dim=1), torch.stack([-sin, cos], dim=1)], dim=1)
    return grid.points @ back.transpose(1, 2)


def resampled(grid: Grid, values: Tensor, places: Tensor, kind: Kind) -> Tensor:
    """Every function at its own places: `(B, *shape)` and `(B, d, n)` to `(B, *shape)`, without any d x d matrix."""
    lines = [Grid((size,), periodic=grid.periodic, spacing=grid.spacing) for size in grid.shape]
    each = max(1, _AT_ONCE // (grid.d * max(grid.shape)))
    moved = [_piece(grid, lines, values[i : i + each], places[i : i + each], kind) for i in range(0, len(values), each)]
    return torch.cat(moved)


def algebra(grid: Grid) -> LieAlgebra:
    """What `shifts` and `rotations` are the group of, on the coordinates."""
    return LieAlgebra.translations(1) if grid.n == 1 else LieAlgebra.so(2)


def _piece(grid: Grid, lines: list[Grid], values: Tensor, places: Tensor, kind: Kind) -> Tensor:
    count = len(values)

    def weights(coordinate: int) -> Tensor:
        line = lines[grid.axis(coordinate)]
        return line.interpolate(places[..., coordinate].reshape(-1, 1), kind).reshape(count, grid.d, -1)

    if grid.n == 1:
        result = (weights(0) @ values[:, :, None])[..., 0]
    else:
        result = ((weights(1) @ values) * weights(0)).sum(dim=2)
    return result.reshape(values.shape)
