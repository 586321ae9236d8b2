"""The task of top tagging, on jets out of a formula (the real ones: test_generation.py)."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from zoo.errors import ConfigError, DataError
from zoo.symmetries import Rep
from zoo.tasks.ragged import Ragged
from zoo.tasks.toptag import TASK

pytestmark = pytest.mark.usefixtures("toy_jets")


def same(a, b) -> bool:
    return torch.equal(a.x.values, b.x.values) and torch.equal(a.x.counts, b.x.counts) and torch.equal(a.y, b.y)


def test_splits_sizes_and_prefixes():
    whole, part = TASK.make("validation", size=40, seed=3), TASK.make("validation", size=16, seed=3)
    assert isinstance(whole.x, Ragged) and len(whole) == 40 and whole.y.tolist() == 20 * [0.0, 1.0]
    assert same(whole[:16], part) and whole.x.dtype == whole.y.dtype == torch.float32
    assert not same(part, TASK.make("test", size=16, seed=3)) and not same(part, TASK.make("validation", size=16))
    assert (TASK.splits["train"].size, TASK.splits["test"].size, TASK.splits["test"].seed) == (120_000, 100_000, 1002)


def test_discovery_is_on_the_two_leading_constituents():
    jets, pairs = TASK.make("train", size=30), TASK.make_discovery("train", size=30, dtype=torch.float64)
    assert pairs.x.shape == (30, 2, 4) and pairs.x.dtype == torch.float64 and pairs.y.dtype == torch.int64
    assert torch.equal(pairs.x.float(), jets.x.dense()[:, :2]) and torch.equal(pairs.y, jets.y.long())
    signature = TASK.discovery
    assert pairs.x.shape[1:] == signature.input_shape and Rep.parse(signature.rep_in, 4).dim == 8


def test_a_jet_of_one_constituent_is_padded():
    alone = torch.tensor([[[5.0, 5.0, 0.0, 0.0]], [[3.0, 0.0, 3.0, 0.0]]])
    pairs = TASK.check_discovery(alone, [1, 0])
    assert torch.equal(pairs.x[:, :1], alone) and not pairs.x[:, 1].any()


def test_write_and_read(tmp_path):
    made = TASK.make("test", size=24, seed=5)
    assert TASK.write(tmp_path / "jets.h5", "test", size=24, seed=5) == 24
    read = TASK.read(tmp_path / "jets.h5")
    assert same(read, made)
    assert torch.equal(TASK.read_inputs(tmp_path / "jets.h5").values, made.x.values)
    assert torch.equal(TASK.read_discovery(tmp_path / "jets.h5").x, TASK.make_discovery("test", size=24, seed=5).x)


def test_check_takes_padded_jets_and_ragged_ones():
    x, y = TASK.make("train", size=12)
    for jets in (x, x.dense(), x.dense().numpy(), x.dense(40).tolist()):
        assert same(TASK.check(jets, y.numpy()), TASK.make("train", size=12))
    with pytest.raises(DataError, match="toptag, x: the shape is"):
        TASK.check(np.zeros((3, 4)), [0, 1, 1])
    with pytest.raises(DataError, match="labels must be 1"):
        TASK.check(x[:2], [0.0, 0.5])
    with pytest.raises(DataError, match="2 inputs but 3 targets"):
        TASK.check(x[:2], [0, 1, 1])
    with pytest.raises(DataError, match="NaN"):
        TASK.check(x.dense() * np.nan, y)


def test_what_it_is_judged_by():
    assert TASK.best == "max auroc" and TASK.decides and TASK.measured_in == torch.float32
    logits, labels = torch.tensor([2.0, -1.0]), torch.tensor([1.0, 0.0])
    assert TASK.metric(logits, labels)[TASK.main_metric] == 1
    assert list(TASK.shifts) == ["coarse", "truth"]
    for options in TASK.shifts.values():
        assert options.keys() <= {"size", *TASK.options}


def test_the_symmetry_keeps_constituents_massless():
    x = TASK.make("train", size=10, dtype=torch.float64).x.values
    algebra = TASK.reference()
    assert algebra.recognise().name == "so(1,3)"
    mass = torch.diag(torch.tensor([1.0, -1.0, -1.0, -1.0], dtype=torch.float64))
    moved = x @ algebra.exp(0.3 * torch.ones(1, 6, dtype=torch.float64))[0].T
    squares = torch.einsum("na,ab,nb->n", moved, mass, moved)
    assert (squares.abs() <= 1e-6 * moved[:, 0].square()).all()


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("tests",), {}, "no split 'tests'"),
        (("train",), {"size": 0}, "size .* must be an integer from 1 on"),
        (("train",), {"solver": "rk4"}, "the options are size, seed, dtype, spec, workers"),
    ],
)
def test_bad_requests(arguments, options, message):
    for make in (TASK.make, TASK.make_discovery):
        with pytest.raises(ConfigError, match=message):
            make(*arguments, **options)


def test_readable():
    assert "'toptag'" in repr(TASK) and "Nx1" in repr(TASK)
