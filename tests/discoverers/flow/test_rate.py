"""u_t from the residual of an equation."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from zoo.discoverers.flow.rate import rate
from zoo.errors import ConfigError
from zoo.tasks.pde import EQUATIONS, initial_conditions, solve

X = 2 * math.pi / 32 * torch.arange(32, dtype=torch.float64)
T = torch.tensor([1.0, 2.0], dtype=torch.float64)


@pytest.mark.parametrize("name", list(EQUATIONS))
def test_solutions_change_at_that_rate(name: str) -> None:
    """Beside the solution a little earlier and later, of every equation."""
    equation = EQUATIONS[name]
    u0 = initial_conditions(equation, np.random.default_rng(0), 2, 256)
    early, step = equation.times[:3], 1e-3 * float(equation.times[1] - equation.times[0])
    moments = torch.stack([early - step, early, early + step], 1).flatten()
    before, now, after = solve(equation, u0, moments).u.view(2, 3, 3, 256).unbind(2)
    x = equation.length / 256 * torch.arange(256, dtype=torch.float64)
    wanted = (after - before) / (2 * step)
    assert (rate(equation.residual, now, x, early) - wanted).norm() < 3e-3 * wanted.norm()


def test_factors_of_u_t_and_places_are_taken_into_account() -> None:
    u = X.sin().expand(1, 2, 32)
    found = rate(lambda u, u_t, u_x, x, t: 2 * u_t + t * u_x - x, u, X, T)
    torch.testing.assert_close(found[0], (X - T[:, None] * X.cos()) / 2)


@pytest.mark.parametrize(
    ("residual", "complaint"),
    [
        (lambda u, u_t, u_tt: u_t + u_tt, "this one takes u, u_t, u_tt"),
        (lambda u, u_x: u + u_x, "residuals that take it; this one does not"),
        (lambda u, u_t, u_x: u_t**2 + u_x, "linear in it; this one is not"),
        (lambda u, u_t, u_x: 0 * u_t + u_x, "linear in it; this one is not"),
    ],
)
def test_equations_that_give_no_rate_are_refused(residual: Callable[..., Tensor], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        rate(residual, X.sin().expand(1, 2, 32), X, T)
