"""Solutions kept, written and read; the task that is made of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import zoo
from zoo.errors import ConfigError, DataError
from zoo.symmetries.solutions import move
from zoo.tasks import get_task
from zoo.tasks.pde import EQUATIONS, get_equation, read_solutions, solutions, write_solutions
from zoo.tasks.pde import production as produced
from zoo.tasks.pde.frames import from_moving_frames


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(produced, "BLOCK", 3)
    monkeypatch.setattr("zoo.tasks.pde.task.NX", 32)
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))


def made(size: int, split: str = "train", seed: int = 0) -> torch.Tensor:
    return solutions("ckdv", split, size, seed, 32, workers=1, progress=False)


def test_the_first_ones_of_more_and_independent_splits(tmp_path: Path) -> None:
    many = made(5)
    assert many.shape == (5, 140, 32) and many.dtype == torch.float64 and many.abs().max() < 2
    assert torch.equal(made(2), many[:2])
    others = [made(2, "test"), made(2, seed=1)]
    assert all(not torch.isclose(other[0, 0], many[0, 0]).all() for other in others)


def test_what_is_kept_is_used_and_what_is_damaged_made_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first = made(6)
    blocks = sorted(tmp_path.rglob("*.safetensors"))
    assert len(blocks) == 2
    data = bytearray(blocks[1].read_bytes())
    data[-3] ^= 1
    blocks[1].write_bytes(bytes(data))
    solved = []
    real = produced.solve
    monkeypatch.setattr(produced, "solve", lambda *a, **k: solved.append(1) or real(*a, **k))
    assert torch.equal(made(6), first) and len(solved) == 1
    assert torch.equal(made(6), first) and len(solved) == 1


def test_a_stopped_run_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    real = produced.solve

    def failing(*a, **k):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*a, **k)

    monkeypatch.setattr(produced, "solve", failing)
    with pytest.raises(KeyboardInterrupt):
        made(9)
    assert made(9).shape[0] == 9 and len(calls) == 4  # one, the one that was stopped, and two more


def test_written_in_the_published_layout_and_read_again(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    task, path = get_task("pde"), tmp_path / "solutions.h5"
    assert task.write(path, "validation", size=4, equation="ckdv", workers=1) == 4
    with h5py.File(path) as file:
        assert set(file) == {"valid"} and set(file["valid"]) == {"pde_140-32", "x", "t", "dx", "dt"}
        assert file["valid/dx"][0] == 128 / 32 and abs(file["valid/dt"][0] - 100 / 249) < 1e-12
        assert file["valid/x"].shape == (4, 32) and abs(file["valid/t"][2, -1] - 100) < 1e-12
    found = read_solutions(path)
    whole = task.make("validation", size=4, equation="ckdv", workers=1, dtype=torch.float64)
    assert torch.equal(found.u, torch.cat([whole.x, whole.y], 1))
    again = task.read(path, dtype=torch.float64)
    assert torch.equal(again.x, whole.x) and torch.equal(again.y, whole.y)
    assert torch.equal(task.read_inputs(path).double(), whole.x.float().double())
    assert torch.equal(task.check(*again, dtype=torch.float64).y, again.y)
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["solutions.h5"]


def test_errors_of_files(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    path, u = tmp_path / "a.h5", torch.zeros(2, 30, 16, dtype=torch.float64)
    x, t = torch.arange(16.0), torch.arange(30.0)
    with pytest.raises(DataError, match=r"written as \.h5"):
        write_solutions(tmp_path / "a.npz", "train", [u], 2, x, t)
    with pytest.raises(DataError, match="there is no such file"):
        read_solutions(path)
    write_solutions(path, "train", [u], 2, x, t)
    with pytest.raises(DataError, match="holds the splits train; expected test"):
        read_solutions(path, "test")
    with h5py.File(path, "r+") as file:
        file["train/pde_30-16"][0, 0, 0] = np.nan
    with pytest.raises(DataError, match="u must be finite"):
        read_solutions(path)
    with h5py.File(path, "r+") as file:
        del file["train/pde_30-16"]
    with pytest.raises(DataError, match="expected one data set pde_NT-NX"):
        read_solutions(path)
    (tmp_path / "b.h5").write_bytes(b"not HDF5")
    with pytest.raises(DataError, match="no HDF5 file that can be read"):
        read_solutions(tmp_path / "b.h5")


def test_the_task() -> None:
    task = get_task("pde")
    x, y = task.make("train", size=2, equation="ckdv", workers=1)
    assert x.shape == (2, 20, 32) and y.shape == (2, 120, 32)
    errors = task.metric(torch.zeros_like(y), y)
    assert abs(errors["nmse"] - 1) < 1e-12 and abs(errors["nmse_sum"] - 120) < 1e-9
    assert task.metric(y, y)["nmse"] == 0
    one, three = y[:1].expand(3, -1, -1), torch.ones(3, 1, 1)
    three[0] = 100  # a rollout that leaves every bound
    left = task.metric(three * one, one)
    assert left["nmse_median"] == 0 and left["nmse"] == pytest.approx(99**2 / 3, rel=1e-5)
    with pytest.raises(DataError, match="cannot be compared"):
        task.metric(y[:, :5], y)
    with pytest.raises(ConfigError, match="equation must be one of"):
        task.make("train", size=1, equation="heat")
    with pytest.raises(ConfigError, match="at least one worker"):
        task.make("train", size=1, equation="ckdv", workers=0)
    with pytest.raises(ConfigError, match="even and at least 16"):
        solutions("kdv", "train", 1, 0, 17)


def test_every_second_node() -> None:
    task, options = get_task("pde"), {"equation": "ckdv", "size": 2, "workers": 1}
    x, y = task.make("train", **options)
    half = task.make("train", **options, every=2)
    assert torch.equal(half.x, x[:, :, ::2]) and torch.equal(half.y, y[:, :, ::2])
    for every in (0, 3, True, 1.0):
        with pytest.raises(ConfigError, match="every, the distance of nodes"):
            task.make("train", **options, every=every)


@pytest.mark.parametrize("name", sorted(EQUATIONS))
def test_frames_that_move_are_the_flow_of_the_boost(name: str) -> None:
    equation, x = get_equation(name), torch.arange(64, dtype=torch.float64) / 64
    u = torch.stack([torch.sin(2 * torch.pi * (x - 0.001 * t)) for t in range(140)])[None]
    moved = from_moving_frames(u, equation, torch.tensor([0.3], dtype=torch.float64))
    lift = equation.symmetries["boost"](torch.stack([0 * equation.times, equation.times, 0 * equation.times], 1))[:, 2]
    a = torch.tensor([[0.3 * u.square().mean().sqrt() / lift.square().mean().sqrt()]])
    wanted = move(equation.field("boost"), a, u, x * equation.length, equation.times, step=0.05)
    assert wanted.known.all()
    torch.testing.assert_close(moved, wanted.u, atol=1e-7, rtol=0)


def test_solutions_from_moving_frames() -> None:
    task, options = get_task("pde"), {"equation": "ckdv", "size": 2, "workers": 1}
    still, moving = task.make("train", **options), task.make("train", **options, **task.shifts["moving"])
    away = moving.y.mean(2) - still.y.mean(2)
    assert away.abs().min() > 1e-3 and away.abs().max() < 2 * still.y.abs().max()
    assert not torch.isclose(away[0], away[1]).any()
    with pytest.raises(ConfigError, match="frames, the most by which"):
        task.make("train", **options, frames=-1.0)


def test_true_symmetry_is_closed() -> None:
    algebra = zoo.get_task("pde").reference()
    assert algebra.c == 3 and algebra.structure_constants().residual < 1e-12
