"""Shifts: the paper's matrix, its exponential, and small steps."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from torch import Tensor

from zoo.errors import ConfigError, SymmetryError
from zoo.symmetries import Grid, finite

EXACT = 1e-11  # sums of some hundred products in float64


def smooth_wave(t: Tensor, d: int) -> Tensor:
    """A function on the circle of d nodes, with frequencies below Nyquist's."""
    waves = [
        a * torch.cos(2 * math.pi * p * t / d + b) for p, a, b in ((0, 0.4, 0), (1, 1, 0.3), (3, -0.7, 2), (4, 0.5, 1))
    ]
    return sum(waves, torch.zeros_like(t))


@pytest.mark.parametrize("d", [3, 7, 21])
def test_the_matrix_of_the_paper_entry_by_entry(d: int) -> None:
    matrix = Grid(d, periodic=True).shift()
    for r in range(d):
        for n in range(d):
            frequencies = range(-((d - 1) // 2), (d - 1) // 2 + 1)
            expected = sum(2 * math.pi * p / d**2 * math.sin(2 * math.pi * p * (r - n) / d) for p in frequencies)
            assert abs(float(matrix[r, n]) - expected) < EXACT


@pytest.mark.parametrize("z", [1, -3, 10])
def test_the_exponential_shifts_by_whole_pixels_round_the_circle(z: int) -> None:
    noise = torch.randn(5, 21, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    moved = noise @ torch.linalg.matrix_exp(z * Grid(21, periodic=True).shift()).T
    assert (moved - torch.roll(noise, z, dims=1)).abs().max() < EXACT


@pytest.mark.parametrize("d", [20, 21])
def test_the_exponential_shifts_by_parts_of_a_pixel(d: int) -> None:
    nodes = torch.arange(d, dtype=torch.float64)
    for z in (0.37, -2.5):
        moved = torch.linalg.matrix_exp(z * Grid(d, periodic=True).shift()) @ smooth_wave(nodes, d)
        assert (moved - smooth_wave(nodes - z, d)).abs().max() < EXACT


def test_the_nyquist_mode_of_an_even_circle_stays() -> None:
    grid = Grid(8, periodic=True)
    nyquist = 1.0 - 2.0 * (torch.arange(8, dtype=torch.float64) % 2)
    assert (grid.shift() @ nyquist).abs().max() < EXACT
    noise = torch.randn(8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    without = noise - nyquist * (nyquist @ noise) / 8
    moved = torch.linalg.matrix_exp(3 * grid.shift()) @ without
    assert (moved - torch.roll(without, 3)).abs().max() < EXACT


def test_a_shift_on_the_line_moves_what_stays_inside() -> None:
    t = torch.arange(41, dtype=torch.float64)
    bump = lambda middle: torch.exp(-((t - middle) ** 2) / 18)  # noqa: E731
    moved = torch.linalg.matrix_exp(2.4 * Grid(41).shift()) @ bump(18)
    assert (moved - bump(20.4)).abs().max() < 1e-6


def test_a_shift_of_an_image_moves_columns_by_x_and_rows_by_y() -> None:
    grid = Grid((5, 7), periodic=True)
    noise = torch.randn(5, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    for coordinate, axis in ((0, 1), (1, 0)):
        moved = torch.linalg.matrix_exp(2 * grid.shift(coordinate)) @ noise.flatten()
        assert (moved.reshape(5, 7) - torch.roll(noise, 2, dims=axis)).abs().max() < EXACT
    with pytest.raises(SymmetryError, match="coordinates 0 to 1, there is no coordinate 2"):
        grid.shift(2)


def test_small_steps_converge_at_the_rate_one_over_n() -> None:
    shift = Grid(9, periodic=True).shift()
    exact = torch.linalg.matrix_exp(0.6 * shift)
    errors = [float(torch.linalg.matrix_norm(finite(shift, 0.6, n) - exact)) for n in (100, 200, 400, 800)]
    for coarse, fine in itertools.pairwise(errors):
        assert abs(coarse / fine - 2) < 0.03
    leading = 0.6**2 * (shift @ shift @ exact) / 2 / 800
    assert torch.linalg.matrix_norm(exact - finite(shift, 0.6, 800) - leading) < 0.01 * errors[-1]


def test_steps_for_many_parameters_at_once_and_nonsense() -> None:
    shift = Grid(5, periodic=True).shift()
    z = torch.tensor([[0.1, 0.2, 0.3]], dtype=torch.float64)
    many = finite(shift, z, 7)
    assert many.shape == (1, 3, 5, 5) and torch.allclose(many[0, 1], finite(shift, 0.2, 7))
    assert torch.equal(finite(shift, 1.0, 1), torch.eye(5, dtype=torch.float64) + shift)
    with pytest.raises(SymmetryError, match="one step or more"):
        finite(shift, 1.0, 0)
    with pytest.raises(SymmetryError, match=r"\(d, d\)"):
        finite(shift[0], 1.0, 2)


def test_a_grid_is_a_value_and_refuses_nonsense() -> None:
    assert Grid(5) == Grid((5,)) and Grid(5) != Grid(5, periodic=True) and len({Grid(5), Grid((5,))}) == 1
    assert "periodic=True" in repr(Grid((3, 4), periodic=True))
    points = Grid((2, 4)).points
    assert points[0].tolist() == [-0.75, -0.25] and points[1].tolist() == [-0.25, -0.25]
    assert points[4].tolist() == [-0.75, 0.25]
    for shape in ((), (0, 3)):
        with pytest.raises(ConfigError, match="positive"):
            Grid(shape)
    with pytest.raises(ConfigError, match="spacing"):
        Grid(3, spacing=-1.0)
