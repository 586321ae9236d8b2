"""Finite transformations by interpolation, and filters."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn.functional import affine_grid, grid_sample

from zoo.errors import ConfigError, SymmetryError
from zoo.symmetries import Grid, LieAlgebra


def noise(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def turn(angle: float) -> torch.Tensor:
    return torch.tensor([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]], dtype=torch.float64)


@pytest.mark.parametrize("kind", ["shannon", "linear"])
@pytest.mark.parametrize("grid", [Grid(6), Grid((4, 5)), Grid((4, 5), periodic=True), Grid((2, 3, 1), periodic=True)])
def test_interpolation_goes_through_the_nodes(grid: Grid, kind) -> None:
    assert torch.allclose(grid.interpolate(grid.points, kind), torch.eye(grid.d, dtype=torch.float64), atol=1e-12)


@pytest.mark.parametrize("d", [8, 9])
def test_periodic_interpolation_is_the_band_limited_function(d: int) -> None:
    grid = Grid(d, periodic=True)
    wave = lambda x: torch.cos(3 * math.pi * x[:, 0] + 0.4) + 0.3 * torch.sin(math.pi * x[:, 0])  # noqa: E731
    places = noise(50, 1) * 3
    assert (grid.interpolate(places) @ wave(grid.points) - wave(places)).abs().max() < 1e-11


@pytest.mark.parametrize("d", [8, 9])
@pytest.mark.parametrize("periodic", [False, True])
def test_the_derivative_is_that_of_the_interpolated_function(d: int, periodic: bool) -> None:
    grid = Grid(d, periodic=periodic)
    h = 1e-5
    slope = (grid.interpolate(grid.points + h) - grid.interpolate(grid.points - h)) / (2 * h)
    assert torch.allclose(slope, grid.derivative(), atol=1e-6)


def test_linear_resampling_is_what_torch_does() -> None:
    """With zeros outside, at the coordinates of align_corners=False."""
    grid, images, matrix = Grid((7, 7)), noise(2, 3, 7, 7), turn(0.4)
    places = affine_grid(torch.cat([matrix, torch.zeros(2, 1)], 1).expand(2, 2, 3), [2, 3, 7, 7], align_corners=False)
    assert torch.allclose(places[0].reshape(-1, 2), grid.points @ matrix.T)
    theirs = grid_sample(images, places, mode="bilinear", padding_mode="zeros", align_corners=False)
    assert torch.allclose(grid.transform(images, matrix, "linear"), theirs)


def test_the_bilinear_generator_is_the_mean_of_both_one_sided_derivatives() -> None:
    algebra, h = LieAlgebra(turn(math.pi / 2)), 1e-6
    for grid in (Grid((6, 5)), Grid((6, 5), periodic=True)):
        identity = torch.eye(grid.d, dtype=torch.float64)
        there, back = (grid.interpolate(grid.points @ turn(-t).T, "linear") for t in (h, -h))
        generator = grid.bilinear_generator(algebra)[0]
        assert torch.allclose((there - back) / (2 * h), generator, atol=1e-5)
        blur = (there + back - 2 * identity) / (2 * h)
        assert blur.norm() > 0.5 * generator.norm()  # neither derivative is the mean


def test_maps_are_functions_or_matrices_and_keep_shape_and_dtype() -> None:
    grid, images = Grid((5, 6)), noise(2, 3, 5, 6)
    by_matrix = grid.transform(images, turn(0.3))
    assert by_matrix.shape == images.shape
    assert torch.allclose(by_matrix, grid.transform(images, lambda x: x @ turn(0.3).T))
    assert torch.allclose(by_matrix.flatten(2), grid.transform(images.flatten(2), turn(0.3)))
    assert grid.transform(images.float(), turn(0.3)).dtype == torch.float32
    homogeneous = torch.eye(3, dtype=torch.float64)
    homogeneous[:2, :2], homogeneous[0, 2] = turn(0.3), 0.1
    moved = grid.transform(images, lambda x: x @ turn(0.3).T + torch.tensor([0.1, 0.0], dtype=torch.float64))
    assert torch.allclose(grid.transform(images, homogeneous), moved)
    with pytest.raises(SymmetryError, match="a matrix of shape"):
        grid.transform(images, torch.eye(4))
    with pytest.raises(SymmetryError, match=r"functions on this grid have shape \(\.\.\., 30\)"):
        grid.transform(noise(2, 29), turn(0.3))
    with pytest.raises(SymmetryError, match=r"points have shape \(P, 2\)"):
        grid.interpolate(noise(4, 3))


def test_a_low_pass_cuts_by_the_length_of_the_frequency() -> None:
    grid = Grid((16, 16), periodic=True)
    rows, columns = torch.meshgrid(*[torch.arange(16, dtype=torch.float64)] * 2, indexing="ij")
    wave = lambda p, q: torch.cos(2 * math.pi * (p * columns + q * rows) / 16 + 0.2)  # noqa: E731
    kept, gone = [(0, 0), (4, 0), (0, 4), (2, -3)], [(5, 0), (0, -5), (3, 3), (4, 1)]
    both = sum(wave(*pair) for pair in kept + gone)
    low = grid.band_limited(both, 0.5)
    assert torch.allclose(low, sum((wave(*pair) for pair in kept), torch.zeros(16, 16)), atol=1e-12)
    assert torch.allclose(grid.band_limited(low.flatten(), 0.5), low.flatten(), atol=1e-12)
    assert torch.allclose(grid.band_limited(both, 1.5), both, atol=1e-12)
    with pytest.raises(ConfigError, match="not negative"):
        grid.band_limited(both, -0.1)


def test_a_low_pass_on_the_line_does_not_go_round_the_edge() -> None:
    step = torch.zeros(3, 20, dtype=torch.float64)
    step[:, :3] = 1
    round_the_edge = Grid(20, periodic=True).band_limited(step, 0.3)[0, -1].abs()
    assert Grid(20).band_limited(step, 0.3)[0, -1].abs() < 0.3 * round_the_edge
    assert Grid(20).band_limited(step.float(), 0.3).dtype == torch.float32
