"""Windows, and trajectories in the user's files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from zoo.errors import DataError
from zoo.tasks import get_task
from zoo.tasks.arrays import read_pairs
from zoo.tasks.trajectories import windows

TASK = get_task("two_body")


@pytest.fixture
def orbits():
    return TASK.trajectories("test", size=4).numpy()


def _write(path, arrays):
    if path.suffix == ".npz":
        np.savez(path, **arrays)
    elif path.suffix == ".npy":
        np.save(path, arrays["trajectories"])
    elif path.suffix == ".csv":
        _write_csv(path, arrays["trajectories"])
    else:
        import h5py

        with h5py.File(path, "w") as file:
            for name, array in arrays.items():
                file[name] = array


def _write_csv(path, orbits, columns=TASK.columns, header=True):
    lines = [",".join(["orbit", "step", *columns])] if header else []
    for number, orbit in enumerate(orbits):
        lines += [",".join(map(repr, [number, step, *map(float, state)])) for step, state in enumerate(orbit)]
    path.write_text("\n".join(lines) + "\n")


def test_windows():
    steps = torch.arange(2 * 6.0).reshape(2, 6, 1)
    x, y = windows(steps, 2, 3)
    assert x[..., 0].tolist() == [[0, 1], [1, 2], [6, 7], [7, 8]]
    assert y[..., 0].tolist() == [[2, 3, 4], [3, 4, 5], [8, 9, 10], [9, 10, 11]]


@pytest.mark.parametrize("suffix", [".npz", ".npy", ".csv", ".h5", ".NPZ"])
def test_trajectories_from_a_file(tmp_path, orbits, suffix):
    path = tmp_path / f"orbits{suffix}"
    if suffix == ".NPZ":
        with path.open("wb") as file:
            np.savez(file, trajectories=orbits)
    else:
        _write(path, {"trajectories": orbits})
    wanted = TASK.make("test", size=4, dtype=torch.float64)
    got = TASK.read(path, dtype=torch.float64)
    assert torch.equal(got.x, wanted.x) and torch.equal(got.y, wanted.y)
    pairs = TASK.read_discovery(path)
    assert torch.equal(pairs.x, TASK.make_discovery("test", size=4).x)
    assert torch.equal(TASK.read_inputs(path, dtype=torch.float64), torch.from_numpy(orbits[:, -5:]))


@pytest.mark.parametrize("suffix", [".npz", ".h5"])
def test_windows_from_a_file(tmp_path, suffix):
    wanted = TASK.make("test", size=2)
    path = tmp_path / f"windows{suffix}"
    _write(path, {"x": wanted.x.numpy(), "y": wanted.y.numpy()})
    got = TASK.read(path)
    assert torch.equal(got.x, wanted.x) and torch.equal(got.y, wanted.y)
    assert torch.equal(TASK.read_inputs(path), wanted.x)
    with pytest.raises(DataError, match=r"x: the shape is \(22, 5, 8\), expected \(N, 8\)"):
        TASK.read_discovery(path)


def test_inputs_need_no_targets(tmp_path):
    x = TASK.make("test", size=2).x
    np.savez(tmp_path / "x.npz", x=x)
    assert torch.equal(TASK.read_inputs(tmp_path / "x.npz"), x)
    with pytest.raises(DataError, match=r'no array is called "y" \(found: x\)'):
        TASK.read(tmp_path / "x.npz")
    np.save(tmp_path / "x.npy", x)
    assert torch.equal(TASK.read_inputs(tmp_path / "x.npy"), x)


def test_csv_columns_in_any_order_when_named(tmp_path, orbits):
    order = [6, 4, 7, 5, 2, 0, 3, 1]
    _write_csv(tmp_path / "o.csv", orbits[..., order], [TASK.columns[i] for i in order])
    got = TASK.read(tmp_path / "o.csv", dtype=torch.float64)
    assert torch.equal(got.x, TASK.make("test", size=4, dtype=torch.float64).x)


def test_csv_without_names_shuffled_rows_and_ragged_orbits(tmp_path, orbits):
    path = tmp_path / "o.csv"
    _write_csv(path, [orbits[0][:12], orbits[1][:10]], header=False)
    lines = path.read_text().splitlines()
    np.random.default_rng(0).shuffle(lines)
    first = lines[0].startswith("0,")
    path.write_text("\n\n".join(lines))
    got = TASK.read(path, dtype=torch.float64)
    pieces = [orbits[0][:5], orbits[0][1:6], orbits[0][2:7]], [orbits[1][:5]]
    expected = np.concatenate(pieces if first else pieces[::-1])
    np.testing.assert_array_equal(got.x, expected)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda o: o[:, :9], "trajectory number 0 .* has 9 steps, but at least 10"),
        (lambda o: o[..., :7], r"the shape is \(4, 20, 7\), expected \(N, N, 8\)|\(4, 20, 7\)"),
        (lambda o: o[0], r"the shape is \(20, 8\)"),
        (lambda o: o[:0], "there are no trajectories"),
        (lambda o: np.where(np.arange(8) == 3, np.nan, o), r"80 of 640 .* NaN or infinite, .* index \(0, 0, 3\)"),
        (lambda o: np.where(o == o[1, 2, 3], np.inf, o), r"1 of 640 .* index \(1, 2, 3\)"),
        (lambda o: o.astype(str), "strings"),
        (lambda o: o.astype(complex), "complex"),
        (lambda o: o > 0, "booleans"),
        (lambda o: o * 1e300, "too large for torch.float32"),
    ],
)
@pytest.mark.parametrize("suffix", [".npz", ".npy"])
def test_bad_trajectories(tmp_path, orbits, change, message, suffix):
    path = tmp_path / f"o{suffix}"
    _write(path, {"trajectories": change(orbits)})
    with pytest.raises(DataError, match=message) as error:
        TASK.read(path)
    assert str(path) in str(error.value)


def test_integers_become_floats(tmp_path):
    np.save(tmp_path / "o.npy", np.arange(12 * 8).reshape(1, 12, 8))
    assert TASK.read(tmp_path / "o.npy").x.dtype == torch.float32
    np.save(tmp_path / "o.npy", np.arange(12 * 8, dtype=">f8").reshape(1, 12, 8))
    assert TASK.read(tmp_path / "o.npy").y[-1, -1, -1] == 95


@pytest.mark.parametrize(
    ("steps", "message"),
    [([0, 1, 3], "step 2 is missing"), ([0, 1, 1], "step 2 is missing, repeated"), ([0.5, 1.5, 2.5], "no integer")],
)
def test_csv_steps_must_be_consecutive(tmp_path, steps, message):
    rows = [[7, step, *range(8)] for step in steps]
    (tmp_path / "o.csv").write_text("\n".join(",".join(map(str, row)) for row in rows))
    with pytest.raises(DataError, match=rf"orbit 7 are not consecutive integers .*{message}"):
        TASK.read(tmp_path / "o.csv")


def test_csv_with_wrong_names(tmp_path, orbits):
    _write_csv(tmp_path / "o.csv", orbits, ["x1", "x2", "y1", "y2", "vx1", "vx2", "vy1", "vy2"])
    with pytest.raises(
        DataError, match=r"names the columns orbit, step, x1, x2, .*; expected orbit, step, x1, y1, px1"
    ):
        TASK.read(tmp_path / "o.csv")


def test_three_body_file(tmp_path):
    task = get_task("three_body")
    _write_csv(tmp_path / "o.csv", task.trajectories("test", size=2).numpy(), task.columns)
    assert task.read(tmp_path / "o.csv").x.shape == (22, 5, 12)
    with pytest.raises(DataError, match="14 columns, expected 10: orbit, step, x1"):
        TASK.read(tmp_path / "o.csv")


@pytest.mark.parametrize("suffix", [".npz", ".csv", ".h5"])
def test_write_and_read_again(tmp_path, suffix):
    path = tmp_path / f"o{suffix}"
    assert TASK.write(path, "validation", size=3, seed=4) == 3
    wanted, got = TASK.make("validation", size=3, seed=4, dtype=torch.float64), TASK.read(path, dtype=torch.float64)
    assert torch.equal(got.x, wanted.x) and torch.equal(got.y, wanted.y)


def test_cannot_write(tmp_path):
    with pytest.raises(DataError, match=r"cannot write '\.txt'"):
        TASK.write(tmp_path / "o.txt", size=1)
    with pytest.raises(DataError, match="choose another folder"):
        TASK.write(tmp_path / "missing" / "o.npz", size=1)
    assert not list(tmp_path.iterdir())


def test_time_step():
    """Steps of another length are those of the same orbits at other times."""
    fine = TASK.trajectories("test", size=3, time_step=TASK.times[1] / 2)
    torch.testing.assert_close(fine[:, ::2], TASK.trajectories("test", size=3)[:, :10], rtol=1e-12, atol=1e-12)


def test_the_example_file():
    """Orbits of somebody else's integrator, in the upper half plane, that nothing was trained on."""
    path = Path(__file__).parents[2] / "examples" / "data" / "orbits.csv"
    arrays = TASK.read(path, dtype=torch.float64)
    assert arrays.x.shape == (8 * 11, 5, 8)
    wanted = TASK.make("test", size=8, seed=2023, dtype=torch.float64)
    assert 1e-9 < (arrays.x - wanted.x).abs().max() < 3e-5
    pairs = read_pairs(path)
    assert pairs[0].shape == pairs[1].shape == (8 * 19, 8)
