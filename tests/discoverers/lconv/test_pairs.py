"""A generator, and all angles, out of pairs."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

from zoo.discoverers.lconv import PairFit, correlation, fit_pairs
from zoo.errors import DataError
from zoo.symmetries import Grid, LieAlgebra

GRID = Grid((7, 7))
TURN = LieAlgebra([[0.0, -1.0], [1.0, 0.0]])
L_THETA = GRID.generators(TURN)[0]


def stream(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=stream(seed))


def angles(count: int, degrees: float, lowest: float = -1.0, seed: int = 1) -> Tensor:
    drawn = torch.rand(count, dtype=torch.float64, generator=stream(seed))
    return math.radians(degrees) * (lowest + (1 - lowest) * drawn)


def moved(x: Tensor, theta: Tensor, generator: Tensor = L_THETA) -> Tensor:
    """exp(theta L) x."""
    return (torch.linalg.matrix_exp(theta[:, None, None] * generator) @ x[:, :, None])[:, :, 0]


def against(fit: PairFit, generator: Tensor, theta: Tensor, mass: Tensor | None = None) -> tuple[float, float]:
    """Correlations of generators and of angles, with one sign for both."""
    cosine = float(fit.angles @ theta / (fit.angles.norm() * theta.norm()))
    return math.copysign(1.0, cosine) * correlation(fit.generator, generator, mass), abs(cosine)


@pytest.mark.parametrize("antisymmetric", [False, True])
@pytest.mark.parametrize(("degrees", "lowest"), [(3, -1.0), (10, -1.0), (8, 0.0)])
def test_the_rotation_from_pairs_at_unknown_angles(antisymmetric: bool, degrees: float, lowest: float) -> None:
    theta = angles(600, degrees, lowest)
    x = noise(600, 49)
    fit = fit_pairs(x, moved(x, theta), antisymmetric=antisymmetric)
    generator, angle = against(fit, L_THETA, theta)
    assert generator > 0.99999 and angle > 0.99999 and fit.residual < 1e-3 and fit.converged
    assert torch.isclose(fit.generator.norm(), torch.tensor(1.0, dtype=torch.float64)) and fit.angles.mean() >= 0
    if antisymmetric:
        assert torch.allclose(fit.generator, -fit.generator.T)
    true = theta * L_THETA.norm()
    assert torch.allclose(fit.angles.abs(), true.abs(), atol=2e-3 * float(true.abs().max()))


def test_a_shift_of_signals_and_a_generator_that_is_not_antisymmetric() -> None:
    for generator in (Grid(21, periodic=True).shift(), noise(15, 15, seed=4)):
        x, theta = noise(500, len(generator)), angles(500, 10)
        fit = fit_pairs(x, moved(x, theta, generator))
        assert min(against(fit, generator, theta)) > 0.99999


def test_scrambled_pixels_give_the_scrambled_generator() -> None:
    order = torch.randperm(49, generator=stream(3))
    theta, x = angles(400, 4), noise(400, 49)
    y = moved(x, theta)
    plain, scrambled = fit_pairs(x, y), fit_pairs(x[:, order], y[:, order])
    back = torch.argsort(order)
    assert correlation(scrambled.generator[back][:, back], plain.generator) > 1 - 1e-6


def test_data_that_fill_a_subspace_show_the_generator_there() -> None:
    """As clean images do: in their own metric it is exact, elsewhere nothing is claimed."""
    x = noise(600, 12) @ noise(12, 49, seed=5) * 0.3
    theta = angles(600, 3)
    fit = fit_pairs(x, moved(x, theta), antisymmetric=True)
    own = (x.T @ x) / len(x)
    in_metric, _ = against(fit, L_THETA, theta, own)
    assert in_metric > 0.999 and in_metric > against(fit, L_THETA, theta)[0] + 0.01


@pytest.mark.parametrize(("size", "least"), [(0.02, 0.999), (0.1, 0.98)])
def test_noise_on_both_sides(size: float, least: float) -> None:
    theta, x = angles(1500, 5), noise(1500, 49)
    y = moved(x, theta) + size * noise(1500, 49, seed=7)
    fit = fit_pairs(x + size * noise(1500, 49, seed=8), y, antisymmetric=True)
    assert min(against(fit, L_THETA, theta)) > least


def test_bilinear_pairs_with_their_blur() -> None:
    """Against the derivative of the bilinear operator; the blur is the larger part of y - x."""
    count = 1500
    x, theta = noise(count, 49), angles(count, 3)
    cos, sin = torch.cos(theta), torch.sin(theta)
    matrix = torch.stack([torch.stack([cos, sin, 0 * cos], 1), torch.stack([-sin, cos, 0 * cos], 1)], 1)
    places = affine_grid(matrix, [count, 1, 7, 7], align_corners=False)
    y = grid_sample(x.reshape(-1, 1, 7, 7), places, align_corners=False).reshape(count, 49)
    truth = GRID.bilinear_generator(TURN)[0]
    without = fit_pairs(x, y, antisymmetric=True)
    assert against(without, truth, theta)[0] > 0.95 and without.residual > 0.5
    for antisymmetric in (False, True):
        fit = fit_pairs(x, y, antisymmetric=antisymmetric, blur=True)
        assert against(fit, truth, theta)[0] > 0.995 and fit.residual < 0.05
    assert against(fit_pairs(x, y), truth, theta)[0] < 0.5  # the blur itself, with angles |theta|


def test_single_precision() -> None:
    theta, x = angles(400, 4), noise(400, 49)
    fit = fit_pairs(x.float(), moved(x, theta).float(), tolerance=1e-4)
    assert fit.generator.dtype == torch.float32 and fit.converged
    assert against(fit, L_THETA, theta.float())[0] > 0.9999


def test_correlation_in_both_metrics() -> None:
    a, b = noise(5, 5), noise(5, 5, seed=1)
    root = noise(5, 5, seed=2)
    expected = float((a * b).sum() / (a.norm() * b.norm()))
    assert correlation(a, b) == pytest.approx(expected) and correlation(a, -3 * a) == pytest.approx(-1)
    in_metric = correlation(a, b, root @ root.T)
    assert in_metric == pytest.approx(correlation(a @ root, b @ root))
    assert correlation(a, 0 * b) == 0
    with pytest.raises(DataError, match="one shape"):
        correlation(a, b, torch.eye(4))


def test_pairs_that_tell_nothing_are_refused() -> None:
    x = noise(10, 4)
    with pytest.raises(DataError, match="two tensors"):
        fit_pairs(x, x[:5])
    with pytest.raises(DataError, match="equal in all pairs"):
        fit_pairs(x, x.clone())
    with pytest.raises(DataError, match="NaN"):
        fit_pairs(x, x * torch.nan)
    with pytest.raises(DataError, match="two pairs"):
        fit_pairs(x[:1], 2 * x[:1])
