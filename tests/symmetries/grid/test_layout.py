"""Coordinates of nodes from functions on them."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from zoo.errors import ConfigError, DataError
from zoo.symmetries.grid import Grid, find_layout, layout_errors


def blobs(grid: Grid, count: int, width: float = 0.35) -> Tensor:
    """Smooth functions `(count, 1, d)`."""
    generator = torch.Generator().manual_seed(0)
    centres = 2.4 * torch.rand(count, 1, grid.n, generator=generator, dtype=torch.float64) - 1.2
    return torch.exp(-(((grid.points - centres) / width) ** 2).sum(-1))[:, None]


@pytest.mark.parametrize("shape", [(30,), (12, 15), (6, 6, 6)])
def test_scrambled_nodes_are_put_in_their_places(shape: tuple[int, ...]) -> None:
    grid = Grid(shape)
    order = torch.randperm(grid.d, generator=torch.Generator().manual_seed(1))
    true = grid.points[order]
    found = find_layout(blobs(grid, 2000)[:, :, order], grid.n, 6 if grid.n > 1 else 2)
    assert found.shape == true.shape and found.dtype == torch.float64
    off = layout_errors(found, true) / grid.spacing
    by_chance = layout_errors(found[torch.randperm(grid.d)], true).mean() / grid.spacing
    assert len(off) == grid.d and off.mean() < 1 and off.mean() < by_chance / 3, (off.mean(), by_chance)


def test_the_order_of_the_nodes_plays_no_part() -> None:
    f = blobs(Grid((9, 9)), 800)
    order = torch.randperm(81, generator=torch.Generator().manual_seed(2))
    natural, scrambled = find_layout(f), find_layout(f[:, :, order])
    torch.testing.assert_close(torch.cdist(scrambled, scrambled), torch.cdist(natural, natural)[order][:, order])
    torch.testing.assert_close(natural.mean(0), torch.zeros(2, dtype=torch.float64))
    assert abs(natural.square().sum(1).mean() - 2 / 3) < 1e-12


def test_dark_nodes_are_nobodys_neighbours() -> None:
    f = blobs(Grid((9, 9)), 800)
    f[:, :, :20] = 0.3
    found = find_layout(f)
    apart = torch.cdist(found, found).fill_diagonal_(torch.inf)
    assert torch.isfinite(found).all() and apart.min() > 0
    assert (apart[20:].topk(8, largest=False).indices >= 20).all()
    assert len(layout_errors(found, Grid((9, 9)).points)) == 61


def test_errors_of_a_layout_are_those_after_the_best_fit() -> None:
    true = Grid((5, 7)).points
    turn = torch.tensor([[0.6, 0.8], [0.8, -0.6]], dtype=torch.float64)  # and a reflection
    assert layout_errors(3 * true @ turn + 0.2, true).max() < 1e-12
    moved = true.clone()
    moved[17] += 0.3
    assert layout_errors(moved, true).argmax() == 17


def test_errors() -> None:
    f = blobs(Grid((5, 5)), 50)
    with pytest.raises(ConfigError, match="at least one coordinate"):
        find_layout(f, 0)
    with pytest.raises(DataError, match="vary at 0 of 25 nodes"):
        find_layout(torch.ones(10, 1, 25))
