from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from zoo.errors import ConfigError
from zoo.models.hnn import HNN

SHAPES = {"rep_in": "5x1", "rep_out": "5x1", "input_shape": (5, 4), "output_shape": (5, 4)}


class Oscillator(nn.Module):
    """H = (q^2 + p^2) / 2: states turn clockwise in the planes (x, px) and (y, py), one radian in unit time."""

    def forward(self, state: Tensor) -> Tensor:
        return state.square().sum(-1) / 2

    def slope(self, state: Tensor) -> Tensor:
        return state


@pytest.fixture
def module() -> HNN:
    torch.manual_seed(0)
    return HNN(None, **SHAPES, hidden=(16, 16)).double()


def test_follows_the_equations_of_motion(module):
    module.energy = Oscillator()
    x = torch.randn(3, 5, 4, dtype=torch.float64)
    y = module(x)
    times = module.dt * torch.arange(1, 6, dtype=torch.float64)
    cos, sin = times.cos()[None, :, None], times.sin()[None, :, None]
    q, p = x[:, -1:, :2], x[:, -1:, 2:]
    expected = torch.cat([q * cos + p * sin, p * cos - q * sin], dim=-1)
    # the error of Runge-Kutta, t h^4 / 120
    assert (y - expected).abs().max() < 2 * 5 * module.dt * (module.dt / 2) ** 4 / 120 * x.abs().max() * 2


def test_more_substeps_converge_at_fourth_order():
    x = torch.randn(3, 5, 4, dtype=torch.float64)
    errors = []
    for substeps in (1, 2, 16):
        module = HNN(None, **SHAPES, substeps=substeps).double()
        module.energy = Oscillator()
        errors.append(module(x))
    first, second = ((part - errors[2]).abs().max() for part in errors[:2])
    assert 10 < first / second < 22


def test_keeps_the_energy_it_has_learned(module):
    x = torch.randn(4, 5, 4, dtype=torch.float64)
    before, after = module.energy(x[:, -1]), module.energy(module(x)[:, -1])
    assert (after - before).abs().max() < 1e-4 * (before.max() - before.min())


def test_only_the_last_state_counts(module):
    x = torch.randn(2, 5, 4, dtype=torch.float64)
    other = torch.cat([torch.randn(2, 4, 4, dtype=torch.float64), x[:, -1:]], dim=1)
    assert torch.equal(module(x), module(other))


def test_answers_alike_with_gradients_without_and_in_inference_mode(module):
    x = torch.randn(2, 5, 4, dtype=torch.float64)
    trained = module(x).detach()
    module.eval()
    with torch.no_grad():
        quiet = module(x)
    with torch.inference_mode():
        inferred = module(x.clone())
    assert not quiet.requires_grad
    assert torch.allclose(trained, quiet, atol=1e-14) and torch.allclose(trained, inferred, atol=1e-14)


def test_trains_through_the_gradient_of_the_energy(module):
    x = torch.randn(2, 5, 4, dtype=torch.float64)
    target = torch.randn(2, 5, 4, dtype=torch.float64)
    loss = (module(x) - target).square().mean()
    loss.backward()
    weight = module.energy.hidden[0].weight
    gradient = weight.grad[0, 0].item()
    step = 1e-5
    with torch.no_grad():
        weight[0, 0] += step
        above = (module(x) - target).square().mean()
        weight[0, 0] -= 2 * step
        below = (module(x) - target).square().mean()
    assert gradient == pytest.approx(float(above - below) / (2 * step), rel=1e-4, abs=1e-9)


def test_config_builds_it_again(module):
    with torch.device("meta"):
        again = HNN(None, **module.config)
    again.load_state_dict(module.state_dict(), assign=True)
    x = torch.randn(2, 5, 4, dtype=torch.float64)
    assert torch.equal(again(x), module(x)) and again.config == module.config


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"input_shape": (20,)}, r"trajectories \(T_in, k\)"),
        ({"input_shape": (5, 6), "output_shape": (5, 6)}, "k = 4 for each body"),
        ({"dt": 0.0}, "dt must be positive"),
        ({"substeps": 0}, "substeps must be a whole number"),
        ({"rep_in": "4x1"}, "holds 20 numbers"),
        ({"layers": 2}, "hnn does not know layers"),
    ],
)
def test_a_config_that_does_not_fit_is_refused(changes, message):
    with pytest.raises(ConfigError, match=message):
        HNN(None, **{**SHAPES, **changes})


def test_the_slope_is_the_gradient_of_the_energy(module):
    state = torch.randn(6, 4, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(module.energy(state).sum(), state)
    torch.testing.assert_close(module.energy.slope(state), gradient)
