"""Derivatives on deformed grids, and the validity of transformed solutions."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from zoo.discoverers.flow.deformed import derivatives, stencil
from zoo.discoverers.flow.validity import log_residual, residuals, stencil_for
from zoo.errors import ConfigError, DataError
from zoo.tasks.pde import EQUATIONS


def grid(nt: int, nx: int, length: float = 2 * math.pi, end: float = 2.0) -> tuple[Tensor, Tensor]:
    x = torch.arange(nx, dtype=torch.float64) * length / nx
    t = torch.linspace(0, end, nt, dtype=torch.float64)
    return torch.meshgrid(t, x, indexing="ij")[::-1]


def deformed(nt: int, nx: int) -> tuple[Tensor, Tensor, Tensor]:
    x, t = grid(nt, nx)
    x, t = x + 0.1 * torch.sin(x + t), t + 0.05 * torch.cos(x)
    return x, t, torch.sin(x) * torch.exp(-0.3 * t) + 0.3 * torch.cos(2 * x - t)


def errors(n: int, order: int) -> dict[str, float]:
    x, t, u = deformed(n // 2, n)
    found = derivatives(x, t, u, stencil(order))
    assert found["u"].shape == (n // 2 - 2 * stencil(order).reach[0], n - 2 * stencil(order).reach[1])
    x, t = found["x"], found["t"]
    decay = torch.exp(-0.3 * t)
    true = {
        "u_t": -0.3 * torch.sin(x) * decay + 0.3 * torch.sin(2 * x - t),
        "u_x": torch.cos(x) * decay - 0.6 * torch.sin(2 * x - t),
        "u_xx": -torch.sin(x) * decay - 1.2 * torch.cos(2 * x - t),
        "u_xxx": -torch.cos(x) * decay + 2.4 * torch.sin(2 * x - t),
        "u_xxxx": torch.sin(x) * decay + 4.8 * torch.cos(2 * x - t),
    }
    return {name: (found[name] - true[name]).abs().max().item() for name in true if name in found}


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_derivatives_converge_on_a_deformed_grid(order: int) -> None:
    coarse, fine = errors(40, order), errors(80, order)
    assert coarse.keys() == {"u_t", *("u_" + "x" * i for i in range(1, order + 1))}
    assert all(fine[name] < coarse[name] / 3 for name in coarse), (coarse, fine)
    assert fine["u_x"] < 2e-3 and fine["u_t"] < 2e-3 and fine["u_" + "x" * order] < 0.05


def test_polynomials_on_an_even_grid_are_differentiated_exactly() -> None:
    x, t = grid(12, 20)
    u = 2 + 3 * x - x**2 + 0.5 * x**3 + t * (1 - x) + 0.25 * t**2
    found = derivatives(x, t, u, stencil(3))
    x, t = found["x"], found["t"]
    torch.testing.assert_close(found["u_t"], 1 - x + 0.5 * t, rtol=1e-8, atol=1e-8)
    torch.testing.assert_close(found["u_xxx"], torch.full_like(x, 3.0), rtol=1e-8, atol=1e-8)


def test_a_wave_that_moves_fast_is_differentiated_as_well_as_one_that_stands() -> None:
    """By the chain rule nothing is lost on a grid that moves along."""
    x, t = grid(20, 40)
    still = derivatives(x, t, torch.sin(x), stencil(4))
    moving = derivatives(x + 30 * t, t, torch.sin(x), stencil(4))
    torch.testing.assert_close(moving["u_xxxx"], still["u_xxxx"])
    torch.testing.assert_close(moving["u_t"], -30 * still["u_x"])


def test_gradients() -> None:
    x, t, u = (each.requires_grad_() for each in deformed(8, 12))
    found = derivatives(x, t, u, stencil(2))
    assert torch.autograd.gradcheck(
        lambda *given: tuple(derivatives(*given, stencil(2))[name] for name in ("u_t", "u_x", "u_xx")), (x, t, u)
    )
    assert found["u_xx"].shape == (2, 2)


def test_a_folded_grid_is_any_number_but_no_nan() -> None:
    x, t = grid(10, 20)
    folded = (0 * x).requires_grad_()
    found = derivatives(folded, t, torch.sin(x), stencil(4))
    assert all(torch.isfinite(each).all() for each in found.values())
    found["u_xxxx"].clamp_max(10.0).sum().backward()
    assert torch.isfinite(folded.grad).all()


def soliton(nt: int = 30, nx: int = 128) -> Tensor:
    """A solution of KdV, speed 1/2."""
    x, t = grid(nt, nx, 32.0, 6.0)
    u = 1.5 / torch.cosh(math.sqrt(0.5) / 2 * (x - 12 - 0.5 * t)) ** 2
    return torch.stack([x, t, u], -1)


def test_symmetries_are_valid_and_others_are_not() -> None:
    equation = EQUATIONS["kdv"].residual
    points = soliton()
    x, t, u = points.unbind(-1)
    moved = {
        "as it is": (x, t, u),
        "shift": (x + 0.3, t - 0.2, u),
        "boost": (x + 0.4 * t, t, u + 0.4),
        "scaling": (x * math.exp(0.2), t * math.exp(0.6), u * math.exp(-0.4)),
        "u alone": (x, t, u + 0.4),
        "x alone": (x * 1.2, t, u),
        "bent": (x + 0.4 * torch.sin(x), t, u),
    }
    scores = {
        name: log_residual(residuals(equation, torch.stack(each, -1)).flatten(), 1e-4).item()
        for name, each in moved.items()
    }
    best, worst = list(scores)[:4], list(scores)[4:]
    assert max(scores[name] for name in best) < min(scores[name] for name in worst) - 1, scores
    stacked = torch.stack([torch.stack(each, -1) for each in moved.values()])
    assert torch.allclose(
        log_residual(residuals(equation, stacked).flatten(1), 1e-4),
        torch.tensor(list(scores.values())).double(),
    )


def test_errors() -> None:
    with pytest.raises(ConfigError, match="is a function of some of x, t, u, u_t"):
        stencil_for(lambda u, u_y: u)
    with pytest.raises(ConfigError, match="with a derivative in x"):
        stencil_for(lambda u, u_t: u)
    with pytest.raises(DataError, match="order 1 to 4"):
        stencil(5)
    with pytest.raises(DataError, match="needs 2 times to either side, got 1"):
        stencil(4, times=1)
    with pytest.raises(DataError, match="the grid is 6 x 128"):
        residuals(EQUATIONS["kdv"].residual, soliton()[:6])
