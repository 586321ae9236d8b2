"""Solutions moved by flows, and put back on their grid."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from zoo.errors import DataError, SymmetryError
from zoo.symmetries.field import FunctionField
from zoo.symmetries.solutions import move
from zoo.tasks.pde import EQUATIONS

LENGTH = 32.0
X = 1.5 + torch.arange(128, dtype=torch.float64) * LENGTH / 128
T = torch.linspace(2, 8, 40, dtype=torch.float64)


def soliton(x: Tensor, t: Tensor, speed: float = 0.5) -> Tensor:
    away = x - 10 - speed * t
    away = away - LENGTH * torch.round(away / LENGTH)
    return 3 * speed / torch.cosh(math.sqrt(speed) / 2 * away) ** 2


def solution(shift: float = 0.0, later: float = 0.0) -> Tensor:
    return soliton(X - shift, T[:, None] - later)


def test_shifts_and_boosts_are_exact() -> None:
    kdv = EQUATIONS["kdv"]
    field = FunctionField(lambda p: torch.stack([kdv.symmetries[name](p) for name in ("x", "t", "boost")], 2), 3)
    amounts = torch.tensor([[0.0, 0, 0], [3.7, 0, 0], [-40, 0, 0], [0, 0.25, 0], [0, 0, 0.3], [-1, -0.1, 0.2]])
    moved = move(field, amounts, solution().expand(6, -1, -1), X, T)
    assert moved.u.shape == (6, 40, 128) and moved.u.dtype == torch.float64
    wanted = [
        solution(),
        solution(3.7),
        solution(-40),
        solution(0, 0.25),
        soliton(X - 0.3 * T[:, None], T[:, None]) + 0.3,
        None,
    ]
    for number, each in enumerate(wanted[:5]):
        known = moved.known[number]
        assert known.sum() >= 38, number
        error = (moved.u[number] - each)[known].abs().max()
        assert error < 2e-5, (number, error)
    assert moved.known[0].all() and torch.equal(moved.known[3].nonzero()[0], torch.tensor([2]))
    assert torch.isnan(moved.u[3, 0]).all() and not torch.isnan(moved.u[moved.known]).any()


def test_a_ring_that_is_stretched_here_and_pressed_there() -> None:
    """x' = x + a sin: where a node came from is found, and what is known there is put on it."""
    turn = 2 * math.pi / LENGTH
    field = FunctionField(lambda p: torch.stack([torch.sin(turn * p[:, 0]), 0 * p[:, 0], p[:, 2]], 1), 3)
    a = 1.5
    moved = move(field, torch.tensor([[a]]), solution()[None], X, T, step=0.02)
    # dx/ds = a sin(kx) takes tan(kx / 2) to e^(a k s) times itself
    came_from = 2 / turn * torch.atan(math.exp(-a * turn) * torch.tan(turn * X / 2))
    wanted = math.exp(a) * soliton(came_from, T[:, None])
    assert moved.known.all()
    assert (moved.u[0] - wanted).abs().max() < 1e-5 * wanted.max()


def test_what_is_folded_is_nowhere_known() -> None:
    turn = 2 * math.pi / LENGTH
    fold = FunctionField(lambda p: torch.stack([8 * torch.sin(4 * turn * p[:, 2] * 8), 0 * p[:, 0], 0 * p[:, 0]], 1), 3)
    assert not move(fold, torch.ones(1, 1), solution()[None], X, T).known.any()
    back = FunctionField(lambda p: torch.stack([0 * p[:, 0], -2 * (p[:, 1] - 5), 0 * p[:, 0]], 1), 3)
    slowed = move(back, torch.ones(1, 1), solution()[None], X, T)
    assert 0 < slowed.known.sum() < 10  # pressed together around t = 5
    assert (slowed.known.int().diff(dim=1).abs().sum()) == 2


def test_errors() -> None:
    field = FunctionField(lambda p: 0 * p, 3)
    with pytest.raises(DataError, match=r"\(B, 40, 128\) at 4 times at least"):
        move(field, torch.zeros(1, 1), solution()[None, :30], X, T)
    with pytest.raises(DataError, match=r"coefficients \(B, 1\)"):
        move(field, torch.zeros(1, 2), solution()[None], X, T)
    with pytest.raises(SymmetryError, match=r"on R\^2"):
        move(FunctionField(lambda p: 0 * p, 2), torch.zeros(1, 1), solution()[None], X, T)
