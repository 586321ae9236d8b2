"""The loss of learned fields on solutions of an equation."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from zoo.discoverers.flow import NeuralField
from zoo.discoverers.flow.objective import SolutionValidity
from zoo.errors import DataError
from zoo.symmetries.field import FunctionField
from zoo.tasks.pde import EQUATIONS

LENGTH = 32.0
X = torch.arange(128, dtype=torch.float64) * LENGTH / 128
T = torch.linspace(0, 6, 30, dtype=torch.float64)


def solitons(count: int = 4) -> Tensor:
    """Solutions of KdV, of several speeds and places."""
    speed = torch.linspace(0.4, 0.7, count, dtype=torch.float64)[:, None, None]
    place = torch.linspace(6, 20, count, dtype=torch.float64)[:, None, None]
    away = X - place - speed * T[:, None]
    away = away - LENGTH * torch.round(away / LENGTH)
    return 3 * speed / torch.cosh(speed.sqrt() / 2 * away) ** 2


def objective(**options) -> SolutionValidity:
    return SolutionValidity(EQUATIONS["kdv"].residual, X, T, **options)


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
        assert patch.points.shape == (4, 12, 24, 3) and patch.round.shape == (4, 128, 3)
        torch.testing.assert_close(x.diff(dim=2), torch.full_like(x[:, :, 1:], LENGTH / 128))
        for i in range(4):
            column = round(float(x[i, 3, 5]) / LENGTH * 128) % 128
            row = int((T - t[i, 3, 5]).abs().argmin())
            assert values[i, 3, 5] == u[i, row, column]
    assert torch.equal(objective().draw(u, draw(1)).points, objective().draw(u, draw(1)).points)


class Given(NeuralField):
    """Fields that are known, in place of learned ones."""

    def __init__(self, fields: FunctionField) -> None:
        super().__init__(("x", "t", "u"), fields.c)
        self.fields = fields

    def unit(self, points: Tensor) -> Tensor:
        return self.fields(points) / self.scale[:, None]

    def own(self, points: Tensor, size: Tensor | None = None) -> Tensor:
        values = torch.stack([self.fields(each)[..., i] for i, each in enumerate(points)])
        return values / (self.size if size is None else size)[:, None, None]


def test_true_symmetries_are_more_valid_than_others() -> None:
    """The boost of KdV and a shift against u alone and x alone."""

    def known(p: Tensor) -> Tensor:
        zero, one = 0 * p[:, 0], 1 + 0 * p[:, 0]
        boost, shift = torch.stack([p[:, 1], zero, one], 1), torch.stack([one, zero, zero], 1)
        u, stretch = torch.stack([zero, zero, one], 1), torch.stack([p[:, 0], zero, zero], 1)
        return torch.stack([boost, shift, u, stretch], 2)

    given = Given(FunctionField(known, 3)).double()
    patch = objective(looked_at=100).draw(solitons(), draw(3))
    signs = torch.tensor([1.0, -1, 1, -1], dtype=torch.float64)
    times = torch.tensor([0.2, 0.4], dtype=torch.float64)
    size = given.norms(patch.points.flatten(0, 2))
    found = objective(looked_at=100).validity(given, patch, times, signs, size)
    assert found[:2].max() < found[2:].min() - 0.5, found


def test_a_few_steps_make_fields_more_valid() -> None:
    made, u = field(), solitons().float()
    optimizer = torch.optim.Adam(made.parameters(), 1e-2)
    settings = objective(rough=0.01)
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
    with pytest.raises(DataError, match="no smaller than a patch 40 x 24"):
        objective(patch=(40, 24)).draw(solitons())
