"""The loss of learned fields on solutions of an equation."""

from __future__ import annotations

import pytest
import torch

from zoo.discoverers.flow import NeuralField
from zoo.discoverers.flow.objective import SolutionValidity
from zoo.errors import DataError
from zoo.tasks.pde import EQUATIONS

from .solitons import LENGTH, T, X, solitons, two_symmetries_and_two_others


def objective(**options) -> SolutionValidity:
    return SolutionValidity.of(EQUATIONS["kdv"].residual, solitons(), X, T, **options)


def draw(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def field() -> NeuralField:
    torch.manual_seed(0)
    made = NeuralField(("x", "t", "u"), 3, trunk=(16, 16), head=8, periodic={"x": LENGTH})
    made.place(objective().draw(solitons(), draw(0)).points.flatten(0, 2).float())
    return made


def test_a_patch_goes_on_where_the_period_ends() -> None:
    u = solitons()
    for seed in range(8):
        patch = objective().draw(u, draw(seed))
        x, t, values = patch.points.unbind(-1)
        assert patch.points.shape == (4, 10, 20, 3) and patch.round.shape == (4, 32, 3)
        assert patch.scattered.shape == (1024, 3)
        torch.testing.assert_close(x.diff(dim=2), torch.full_like(x[:, :, 1:], LENGTH / 128))
        for i in range(4):
            column = round(float(x[i, 3, 5]) / LENGTH * 128) % 128
            row = int((T - t[i, 3, 5]).abs().argmin())
            assert values[i, 3, 5] == u[i, row, column]
    assert torch.equal(objective().draw(u, draw(1)).points, objective().draw(u, draw(1)).points)


def test_true_symmetries_are_more_valid_than_others() -> None:
    given = two_symmetries_and_two_others().double()
    patch = objective(inner=(10, 100)).draw(solitons(), draw(3))
    signs = torch.tensor([1.0, -1, 1, -1], dtype=torch.float64)
    times = torch.tensor([0.2, 0.4], dtype=torch.float64)
    size = given.norms(patch.points.flatten(0, 2))
    found = objective(inner=(10, 100)).validity(given, patch, times, signs, size)
    assert found[:2].max() < found[2:].min() - 0.5, found


def test_a_few_steps_make_fields_more_valid() -> None:
    made, u = field(), solitons().float()
    optimizer = torch.optim.Adam(made.parameters(), 1e-2)
    settings = objective(inner=(8, 12), rough=0.01, late=1.0)
    signs, times = torch.ones(3), torch.tensor([0.3, 0.6])
    losses = []
    for _ in range(12):
        loss, parts = settings(made, settings.draw(u, draw(5)).to(torch.float32), times, signs)
        assert set(parts) == {"validity", "apart", "smooth", "rough"}
        optimizer.zero_grad()
        loss.backward()
        assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in made.parameters())
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] - 0.5, losses


def test_errors() -> None:
    with pytest.raises(DataError, match=r"solutions are \(B, 30, 128\)"):
        objective().draw(solitons()[:, :20])
    with pytest.raises(DataError, match="no smaller than a patch 42 x 16"):
        objective(inner=(36, 4)).draw(solitons())
