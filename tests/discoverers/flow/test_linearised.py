"""What fields leave of the linearised equation."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from zoo.discoverers.flow.linearised import violations
from zoo.tasks.pde import EQUATIONS, initial_conditions, solve


@pytest.mark.parametrize("name", list(EQUATIONS))
def test_symmetries_leave_nothing_and_other_fields_do(name: str) -> None:
    equation = EQUATIONS[name]
    times = equation.times[[10, 70, 130]]
    u = solve(equation, initial_conditions(equation, np.random.default_rng(0), 2, 256), times).u
    x = equation.length / 256 * torch.arange(256, dtype=torch.float64)
    exact = [key for key in equation.symmetries if key not in equation.approximate]

    def fields(points: Tensor) -> Tensor:
        growth = torch.stack([torch.zeros_like(points[:, 0]), torch.zeros_like(points[:, 0]), points[:, 2]], 1)
        return torch.stack([*(equation.field(key)(points)[..., 0] for key in exact), growth], 2)  # u d_u is none

    left = violations(fields, equation.residual, u, x, times)
    assert torch.allclose(left, left.T) and left.shape == (len(exact) + 1,) * 2
    sizes = left.diagonal().sqrt()
    assert sizes[:-1].max() < 1e-3 * sizes[-1] and sizes[-1] > 1e-2


def test_an_approximate_symmetry_leaves_a_little() -> None:
    """The shift of time of cKdV changes u / (2 t + 2) alone."""
    equation = EQUATIONS["ckdv"]
    times = equation.times[[10, 70, 130]]
    u = solve(equation, initial_conditions(equation, np.random.default_rng(0), 2, 256), times).u
    x = equation.length / 256 * torch.arange(256, dtype=torch.float64)
    (left,) = violations(equation.field("t"), equation.residual, u, x, times)
    speed = violations(lambda p: torch.zeros_like(p)[..., None], equation.residual, u, x, times)
    assert float(speed) == 0 and 1e-6 < float(left) < 1
