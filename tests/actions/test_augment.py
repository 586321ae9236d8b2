"""`zoo.augment`: vectors, images and solutions, moved afresh for any torch model."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.utils.data import DataLoader

import zoo
from zoo.errors import ConfigError, DataError, SymmetryError
from zoo.symmetries.field import FunctionField
from zoo.tasks.pde import EQUATIONS, write_solutions

X = torch.arange(64, dtype=torch.float64) * 0.5
T = torch.linspace(0, 4, 80, dtype=torch.float64)


def soliton(count: int = 6, speed: float = 0.5) -> Tensor:
    away = X - torch.linspace(5, 25, count)[:, None, None] - speed * T[:, None]
    away = away - 32 * torch.round(away / 32)
    return 3 * speed / torch.cosh(math.sqrt(speed) / 2 * away) ** 2


def test_vectors_and_their_targets_turn_together() -> None:
    x = torch.randn(20, 3, 2)
    data = zoo.augment((x, x.sum(1)), "so(2)", reach=3.0)
    assert len(data) == 20
    torch.manual_seed(0)
    first, target = next(iter(DataLoader(data, batch_size=20)))
    torch.testing.assert_close(first.sum(1), target)
    torch.testing.assert_close(first.norm(dim=2), x.norm(dim=2))
    assert (first - x).norm(dim=(1, 2)).min() > 0
    torch.manual_seed(0)
    assert torch.equal(first, next(iter(DataLoader(data, batch_size=20)))[0])
    assert not torch.equal(first, next(iter(DataLoader(data, batch_size=20)))[0])


def test_classes_stay_and_some_samples_too() -> None:
    data = zoo.augment((torch.randn(400, 2), torch.arange(400) % 3), "so(2)", share=0.25)
    x, y = next(iter(DataLoader(data, batch_size=400)))
    assert torch.equal(y, torch.arange(400) % 3)
    moved = (x != data.tensors[0]).any(1).double().mean()
    assert 0.15 < moved < 0.35
    one, label = data[7]
    assert one.shape == (2,) and label == 1


def test_fields_of_vectors_must_be_affine() -> None:
    turn = FunctionField(lambda p: torch.stack([-p[:, 1], p[:, 0]], 1), 2)
    x = torch.randn(10, 2)
    turned, _ = next(iter(DataLoader(zoo.augment((x, x), turn), batch_size=10)))
    torch.testing.assert_close(turned.norm(dim=1), x.norm(dim=1))
    with pytest.raises(SymmetryError, match="affine-ness"):
        zoo.augment((x, x), FunctionField(lambda p: p**3, 2))


def test_images_of_arrays_keep_their_labels() -> None:
    images = np.random.default_rng(0).random((8, 3, 12, 12), dtype=np.float32)
    labels = np.arange(8)
    for symmetry in ("so(2)", FunctionField(lambda p: torch.stack([-p[:, 1], p[:, 0]], 1), 2)):
        moved, same = next(iter(DataLoader(zoo.augment((images, labels), symmetry, reach=0.5), batch_size=8)))
        assert moved.shape == images.shape and torch.equal(same, torch.arange(8))
        assert (moved - torch.as_tensor(images)).abs().mean() > 0.05
    learned, straight = zoo.augment((images, labels), "flow-cifar10", reach=0.4, evenly=True), "so(2)"
    assert next(iter(DataLoader(learned, batch_size=8)))[0].shape == images.shape
    with pytest.raises(SymmetryError, match="evenly is for fields that a discoverer has found"):
        zoo.augment((images, labels), straight, reach=0.4, evenly=True)
    for data in ((torch.randn(4, 2), torch.randn(4, 2)), (soliton(), X, T)):
        with pytest.raises(ConfigError, match=r"evenly is for images \(N, C, H, W\)"):
            zoo.augment(data, "so(2)", reach=0.4, evenly=True)
    with pytest.raises(ConfigError, match="equation is that of solutions"):
        zoo.augment((images, labels), straight, equation="kdv")
    with pytest.raises(DataError, match="8 images and y"):
        zoo.augment((images, labels[:4]), "so(2)")


def test_any_model_trains_on_it() -> None:
    """A linear map that was never shown more than one direction learns to turn with its input."""
    x = torch.randn(64, 1) * torch.tensor([1.0, 0.0])
    model = torch.nn.Linear(2, 2)
    optimizer = torch.optim.Adam(model.parameters(), 0.05)
    torch.manual_seed(0)
    for _ in range(100):
        for given, target in DataLoader(zoo.augment((x, 2 * x), "so(2)", reach=math.pi), batch_size=64):
            optimizer.zero_grad()
            torch.nn.functional.mse_loss(model(given), target).backward()
            optimizer.step()
    torch.testing.assert_close(model(torch.tensor([[0.0, 1.0]])), torch.tensor([[0.0, 2.0]]), atol=0.05, rtol=0)


def test_solutions_move_to_solutions(tmp_path: Path) -> None:
    kdv, u = EQUATIONS["kdv"], soliton()
    boost = FunctionField(kdv.symmetries["boost"], 3)
    data = zoo.augment((u, X, T), boost, reach=0.3, share=1.0)
    moved, known = next(iter(DataLoader(data, batch_size=6)))
    assert moved.shape == u.shape and known.all()
    background = moved.min(2).values.mean(1)  # u' = u + a: the boost's size can be read off
    assert background.abs().max() < 0.31 and background.abs().min() > 1e-4
    speed = (moved[:, -1].argmax(1) - moved[:, 0].argmax(1)) * 0.5 / 4  # of the crest, to within a node
    assert ((speed - 0.5 - background + 4) % 8 - 4).abs().max() < 0.26

    path = tmp_path / "solutions.h5"
    write_solutions(path, "train", [u], 6, X, T)
    from_file = zoo.augment(path, boost)
    assert from_file.share == 0.5 and torch.equal(from_file.tensors[0], u.float())


def test_fast_solutions_are_moved_in_time_with_their_equation() -> None:
    """A crest that passes by in three times of the grid, half a time later."""
    t = torch.linspace(0, 64, 80, dtype=torch.float64)

    def crests(t: Tensor) -> Tensor:
        away = X - torch.tensor([5.0, 12.0])[:, None, None] - 2 * t[:, None]
        away = away - 32 * torch.round(away / 32)
        return 6 / torch.cosh(math.sqrt(2) / 2 * away) ** 2

    later = FunctionField(lambda points: torch.tensor([0.0, 1.0, 0.0]).to(points).expand_as(points)[..., None], 3)
    off = []
    for equation in (None, "kdv", lambda u, u_t, u_x, u_xxx: u_t + u * u_x + u_xxx):
        data = zoo.augment((crests(t), X, t), later, reach=0.5, share=1.0, equation=equation)
        torch.manual_seed(0)
        moved, known = next(iter(DataLoader(data, batch_size=2)))
        amount = 2 * torch.rand(2, 1, generator=_as_there(), dtype=torch.float64) - 1
        wanted = torch.stack([crests(t - 0.5 * float(each))[row] for row, each in enumerate(amount)])
        error = (moved - wanted)[known]
        off.append(float(error.norm() / wanted[known].norm()))
    assert off[0] > 0.05 and off[1] < 0.1 * off[0] and off[2] == off[1]


def _as_there() -> torch.Generator:
    torch.manual_seed(0)
    torch.empty((), dtype=torch.int64).random_()  # by the loader
    return torch.Generator().manual_seed(int(torch.empty((), dtype=torch.int64).random_()))


def test_solutions_of_which_little_is_left_stay() -> None:
    later = FunctionField(EQUATIONS["kdv"].symmetries["t"], 3)
    data = zoo.augment((soliton(), X, T), later, reach=3.9, share=1.0)
    torch.manual_seed(1)
    u, known = next(iter(DataLoader(data, batch_size=6)))
    kept = (u == data.tensors[0]).all(2).all(1)
    assert kept.any() and known[kept].all() and known.sum(1).min() >= 40
    assert (u[~known] == 0).all()


def test_what_cannot_be_augmented_is_said() -> None:
    x = torch.randn(10, 2)
    with pytest.raises(ConfigError, match="pairs"):
        zoo.augment(7, "so(2)")
    with pytest.raises(ConfigError, match="share"):
        zoo.augment((x, x), "so(2)", share=0)
    with pytest.raises(SymmetryError, match=r"fields on \(x, t, u\)"):
        zoo.augment((soliton(), X, T), "so(2)")
    with pytest.raises(DataError, match="rep_out"):
        zoo.augment((x, torch.randn(10, 3)), "so(2)")
