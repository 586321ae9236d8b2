"""Samples in the user's files."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from zoo.errors import DataError
from zoo.tasks import get_task
from zoo.tasks.arrays import read_pairs


@pytest.fixture(params=["c7", "inertia"])
def task(request):
    return get_task(request.param)


@pytest.fixture
def table(task):
    x, y = task.make("test", size=6, dtype=torch.float64)
    return np.concatenate([x.flatten(1), y.reshape(6, -1)], axis=1)


def _same(task, path):
    wanted, got = task.make("test", size=6, dtype=torch.float64), task.read(path, dtype=torch.float64)
    assert torch.equal(got.x, wanted.x) and torch.equal(got.y, wanted.y)
    assert torch.equal(task.read_inputs(path, dtype=torch.float64), wanted.x)
    assert torch.equal(task.read_discovery(path).y, wanted.y.float())


def test_npz_and_h5(tmp_path, task):
    import h5py

    x, y = task.make("test", size=6, dtype=torch.float64)
    np.savez(tmp_path / "d.npz", x=x, y=y)
    _same(task, tmp_path / "d.npz")
    with h5py.File(tmp_path / "d.h5", "w") as file:
        file["x"], file["y"], file["more/deep"] = x.numpy(), y.numpy(), np.zeros(3)
    _same(task, tmp_path / "d.h5")


def test_npy_and_csv(tmp_path, task, table):
    np.save(tmp_path / "d.npy", table)
    _same(task, tmp_path / "d.npy")
    rows = [",".join(map(repr, map(float, row))) for row in table]
    (tmp_path / "d.csv").write_text("\n".join(rows))
    _same(task, tmp_path / "d.csv")
    (tmp_path / "d.csv").write_text("\ufeff" + "\r\n".join(["# " + ", ".join(task.columns), *rows]), encoding="utf-8")
    _same(task, tmp_path / "d.csv")
    backwards = [",".join(map(repr, map(float, row[::-1]))) for row in table]
    (tmp_path / "d.csv").write_text("\n".join([",".join(task.columns[::-1]), *backwards]))
    _same(task, tmp_path / "d.csv")


def test_inputs_alone(tmp_path, task, table):
    inputs = task.make("test", size=6).x[0].numel()
    np.save(tmp_path / "d.npy", table[:, :inputs])
    assert torch.equal(task.read_inputs(tmp_path / "d.npy"), task.make("test", size=6).x)
    with pytest.raises(DataError, match="inputs but no targets"):
        task.read(tmp_path / "d.npy")
    rows = [",".join(map(repr, map(float, row[:inputs]))) for row in table]
    (tmp_path / "d.csv").write_text("\n".join([",".join(task.columns[:inputs]), *rows]))
    assert torch.equal(task.read_inputs(tmp_path / "d.csv"), task.make("test", size=6).x)


def test_wrong_width(tmp_path, task, table):
    np.save(tmp_path / "d.npy", table[:, :-2])
    with pytest.raises(DataError, match=rf"expected \(N, {len(task.columns)}\): .* numbers of x, then"):
        task.read(tmp_path / "d.npy")


def test_other_arrays_are_named(tmp_path, task):
    np.savez(tmp_path / "d.npz", inputs=np.zeros(3), labels=np.zeros(3))
    with pytest.raises(DataError, match=r'no array is called "x" \(found: inputs, labels\); expected "x" of shape'):
        task.read(tmp_path / "d.npz")


def test_targets_of_shape_n_by_1_are_refused(tmp_path):
    np.savez(tmp_path / "d.npz", x=np.zeros((4, 3)), y=np.zeros((4, 1)))
    with pytest.raises(DataError, match=r"y: the shape is \(4, 1\), expected \(N,\)"):
        get_task("c7").read(tmp_path / "d.npz")


@pytest.mark.parametrize("suffix", [".npz", ".csv", ".h5"])
def test_write_and_read_again(tmp_path, task, suffix):
    path = tmp_path / f"d{suffix}"
    assert task.write(path, size=6) == 6
    _same(task, path)


def test_pairs_of_any_shape(tmp_path):
    np.savez(tmp_path / "d.npz", x=np.ones((4, 2, 3)), y=np.arange(4))
    x, y = read_pairs(tmp_path / "d.npz")
    assert x.shape == (4, 2, 3) and y.tolist() == [0, 1, 2, 3] and y.dtype == torch.float32
    np.savez(tmp_path / "d.npz", x=np.ones((4, 2)), y=np.arange(3))
    with pytest.raises(DataError, match="4 inputs but 3 targets"):
        read_pairs(tmp_path / "d.npz")
    np.savez(tmp_path / "d.npz", x=np.ones((4, 2)))
    with pytest.raises(DataError, match='no array is called "y"'):
        read_pairs(tmp_path / "d.npz")
    np.savez(tmp_path / "d.npz", x=np.ones((4, 2)), y=3.0)
    with pytest.raises(DataError, match=r"y: the shape is \(\), expected \(N,\)"):
        read_pairs(tmp_path / "d.npz")


def test_pairs_of_trajectories_of_any_width(tmp_path):
    orbits = np.arange(24.0).reshape(2, 4, 3)
    np.save(tmp_path / "o.npy", orbits)
    rows = [[i, t, *orbits[i, t]] for i in range(2) for t in range(4)]
    text = "\n".join(",".join(map(str, row)) for row in rows)
    (tmp_path / "bare.csv").write_text(text)
    (tmp_path / "named.csv").write_text("orbit,step,a,b,c\n" + text)
    for name in ("o.npy", "bare.csv", "named.csv"):
        x, y = read_pairs(tmp_path / name)
        np.testing.assert_array_equal(x, orbits[:, :-1].reshape(-1, 3))
        np.testing.assert_array_equal(y, orbits[:, 1:].reshape(-1, 3))
    (tmp_path / "named.csv").write_text("a,b\n1,2")
    with pytest.raises(DataError, match="2 columns, expected 4: orbit, step, a, b"):
        read_pairs(tmp_path / "named.csv")
    np.save(tmp_path / "o.npy", orbits[:, :1])
    with pytest.raises(DataError, match="a single step makes no pair"):
        read_pairs(tmp_path / "o.npy")
    np.save(tmp_path / "o.npy", orbits[0])
    with pytest.raises(DataError, match=r"the shape is \(4, 3\)"):
        read_pairs(tmp_path / "o.npy")
