"""Pairs of white noise before and after small affine motions, on a grid of 12 x 12 nodes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from zoo.symmetries import Grid, LieAlgebra
from zoo.tasks import get_task
from zoo.tasks.pairs_on_grid.moving import resampled

GRID = Grid((12, 12))


@dataclass(frozen=True)
class Motions:
    """Elements of a group with coefficients between -size and size."""

    algebra: LieAlgebra
    sizes: tuple[float, ...]
    grid: Grid = GRID

    def elements(self, count: int) -> Tensor:
        """`(count, 3, 3)`."""
        drawn = 2 * torch.rand(count, self.algebra.c, dtype=torch.float64, generator=stream(1)) - 1
        return self.algebra.exp(drawn * torch.tensor(self.sizes, dtype=torch.float64))

    def moved(self, x: Tensor) -> Tensor:
        """Contents of functions `(N, H, W)` moved by an element each."""
        back = torch.linalg.inv(self.elements(len(x)))
        return resampled(self.grid, x, self.grid.points @ back[:, :2, :2].mT + back[:, None, :2, 2], "shannon")

    def pairs(self, count: int = 200) -> tuple[Tensor, Tensor]:
        """White noise before and after."""
        x = noise(count, *self.grid.shape)
        return x, self.moved(x)


def stream(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=stream(seed))


@pytest.fixture(scope="session", name="noise")
def noise_fixture() -> Callable[..., Tensor]:
    return noise


@pytest.fixture(scope="session")
def motions() -> type[Motions]:
    return Motions


@pytest.fixture(scope="session")
def rigid() -> Motions:
    """Rotations of up to 5 degrees and shifts of up to a pixel each way."""
    truth = get_task("pairs_on_grid").true_algebra(motion="rigid")
    return Motions(truth, (math.radians(5), GRID.spacing, GRID.spacing))
