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
    return grid.points @ _turned_back(angles)


def rigid(grid: Grid, angles: Tensor, amounts: Tensor) -> Tensor:
    """The same of rotations by `(B,)` radians, and then shifts by so many nodes along x and y, `(B, 2)`."""
    return (grid.points - grid.spacing * amounts[:, None]) @ _turned_back(angles)


def resampled(grid: Grid, values: Tensor, places: Tensor, kind: Kind) -> Tensor:
    """Every function at its own places: `(B, *shape)` and `(B, d, n)` to `(B, *shape)`, without any d x d matrix."""
    lines = [Grid((size,), periodic=grid.periodic, spacing=grid.spacing) for size in grid.shape]
    each = max(1, _AT_ONCE // (grid.d * max(grid.shape)))
    moved = [_piece(grid, lines, values[i : i + each], places[i : i + each], kind) for i in range(0, len(values), each)]
    return torch.cat(moved)


def algebra(motion: str) -> LieAlgebra:
    """Of the group of these motions, on (x, 1) of signals and on (x, y, 1) of images."""
    if motion == "shift":
        return LieAlgebra.translations(1)
    turn = torch.zeros(1, 3, 3, dtype=torch.float64, device="cpu")
    turn[0, :2, :2] = LieAlgebra.so(2).basis[0]
    return LieAlgebra(turn if motion == "rotation" else torch.cat([turn, LieAlgebra.translations(2).basis]))


def _turned_back(angles: Tensor) -> Tensor:
    """Inverse rotations, transposed to act on rows from the right, `(B, 2, 2)`."""
    cos, sin = angles.cos(), angles.sin()
    back = torch.stack([torch.stack([cos, sin], dim=1), torch.stack([-sin, cos], dim=1)], dim=1)
    return back.transpose(1, 2)


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
