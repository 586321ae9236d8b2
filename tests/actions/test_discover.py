"""`zoo.discover` on the user's arrays."""

from __future__ import annotations

import json
import logging

import numpy as np
import pytest
import torch

import zoo
from zoo.actions.discover import split
from zoo.actions.discovery_data import pairs_with_shapes
from zoo.errors import ConfigError, DataError, MissingExtra
from zoo.symmetries import LieAlgebra

QUICK = {"epochs": 1, "width": 8, "progress": False, "device": "cpu"}


def spiral(n=1500):
    """x isotropic in the plane, y = x turned and stretched according to |x|."""
    x = np.random.default_rng(0).standard_normal((n, 2))
    radius = np.linalg.norm(x, axis=1, keepdims=True)
    return x, x * np.cos(radius) + np.stack([-x[:, 1], x[:, 0]], axis=1) * np.sin(radius)


def test_the_turn_of_the_plane_with_a_report_and_files(tmp_path):
    found = zoo.discover(
        "liegan", spiral(), seeds=2, epochs=30, width=64, batch_size=128, average=0.99, lr_generator=0.02,
        out=tmp_path, progress=False, device="cpu",
    )  # fmt: skip
    turn = LieAlgebra(torch.tensor([[[0.0, -1.0], [1.0, 0.0]]]))
    assert np.degrees(float(found.symmetry.principal_angles(turn).max())) < 4
    report = found.report
    assert report["runs"] == 2 and len(report["auroc_runs"]) == 2
    assert report["auroc"] == min(report["auroc_runs"])
    assert 0.4 < report["auroc"] < 0.62 < report["auroc_random"]
    assert report["agreement_degrees"] < 8
    assert report["agreement_on_data_degrees"] == pytest.approx(report["agreement_degrees"], abs=1e-3)
    assert report["closure"] == 0 and report["recognised"] == "so(2)"
    assert json.loads((tmp_path / "liegan.json").read_text()) == report
    assert (tmp_path / "liegan.png").read_bytes().startswith(b"\x89PNG")
    again = zoo.load(tmp_path / "liegan.safetensors")
    assert torch.equal(again.symmetry.basis, found.symmetry.basis)


def test_without_matplotlib_there_is_everything_but_the_picture(tmp_path, monkeypatch, caplog):
    def missing(*_, **__):
        raise MissingExtra('run: pip install "zoo[plot]"')

    monkeypatch.setattr("zoo.pictures.plot_basis", missing)
    with caplog.at_level(logging.WARNING):
        zoo.discover("liegan", spiral(200), out=tmp_path, **QUICK)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["liegan.json", "liegan.safetensors"]
    assert "zoo[plot]" in caplog.text


def test_the_same_seed_gives_the_same_and_leaves_torch_alone():
    torch.manual_seed(5)
    state = torch.get_rng_state()
    bases = [zoo.discover("liegan", spiral(200), seed=4, **QUICK).symmetry.basis for _ in range(2)]
    assert torch.equal(*bases)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    ("x_shape", "y_shape", "options", "expected"),
    [
        ((80, 4), (80, 4), {}, (4, "1x1", "1x1")),
        ((80, 5, 8), (80, 3, 8), {}, (8, "5x1", "3x1")),
        ((80, 3), (80,), {}, (3, "1x1", "1x0")),
        ((80, 3), (80, 1), {}, (3, "1x1", "1x0")),
        ((80, 20), (80, 3, 3), {"k": 3, "rep_in": "5x0 + 5x1", "rep_out": "1x2"}, (3, "5x0 + 5x1", "1x2")),
    ],
)
def test_representations_follow_from_the_shapes(x_shape, y_shape, options, expected):
    x, y, found = pairs_with_shapes((np.ones(x_shape), np.ones(y_shape)), options)
    assert (found["k"], found["rep_in"], found["rep_out"]) == expected
    assert found["input_shape"] == list(x_shape[1:]) and found["output_shape"] == list(y_shape[1:])
    assert x.dtype == y.dtype == torch.float32


def test_integers_are_classes():
    classes = np.arange(80) % 3
    for y in (classes, torch.from_numpy(classes)):
        _, labels, found = pairs_with_shapes((np.ones((80, 4)), y), {})
        assert found["classes"] == 3 and labels.dtype == torch.int64 and labels.tolist() == classes.tolist()
    assert pairs_with_shapes((np.ones((80, 4)), classes), {"rep_out": "1x0"})[2].get("classes") is None


@pytest.mark.parametrize(
    ("x", "y", "options", "message"),
    [
        (np.ones((80, 4)), np.ones((79, 4)), {}, "80 x but 79 y"),
        (np.ones((10, 4)), np.ones((10, 4)), {}, "needs 64 or more"),
        (np.ones(80), np.ones(80), {}, r"give \(N, k\)"),
        (np.full((80, 4), np.nan), np.ones((80, 4)), {}, "NaN"),
        (np.ones((80, 4)), np.ones((80, 3)), {}, "with rep_out"),
        (np.ones((80, 20)), np.ones((80, 3)), {"k": 3}, "with rep_in"),
        (np.ones((80, 4)), np.ones((80, 4)), {"rep_in": "2x1"}, "has 8"),
        (np.ones((80, 4)), np.full((80,), 0.5), {"classes": 2}, "one integer from 0 to 1"),
    ],
)
def test_arrays_that_cannot_be_used(x, y, options, message):
    with pytest.raises(DataError, match=message):
        zoo.discover("liegan", (x, y), **QUICK, **options)


@pytest.mark.parametrize(
    ("method", "options", "message"),
    [
        ("lie-gan", {}, 'no discoverer "lie-gan"; there are liegan'),
        ("liegan", {"chanels": 2}, 'did you mean "channels"'),
        ("liegan", {"seeds": 0}, "at least 1"),
        ("liegan", {"search_space": "9x9"}, "no search space"),
        ("augerino", {"lr_critic": 1.0}, "lr_critic"),
    ],
)
def test_options_that_cannot_be_used(method, options, message):
    with pytest.raises(ConfigError, match=message):
        zoo.discover(method, spiral(100), **QUICK, **options)


def test_data_must_be_a_pair():
    with pytest.raises(ConfigError, match="a pair"):
        zoo.discover("liegan", 3.0, **QUICK)


def test_the_held_out_pairs_are_no_training_pairs():
    x = torch.arange(200.0)[:, None]
    train, held_out = split(x, x)
    assert not set(train[0].flatten().tolist()) & set(held_out[0].flatten().tolist())
    assert len(train[0]) + len(held_out[0]) == 200 and len(held_out[0]) == 40


def test_a_run_that_found_a_reflection_is_left_out_and_alone_is_an_error(caplog):
    from zoo.actions.discover import _with_symmetry
    from zoo.errors import SymmetryError

    good, bad = (zoo.build("symmetrygan", None, k=2) for _ in range(2))
    with torch.no_grad():
        good.raw.copy_(torch.tensor([[0.0, -1.0], [1.0, 0.0]]))
        bad.raw.copy_(torch.diag(torch.tensor([1.0, -1.0])))
    assert _with_symmetry([bad, good]) == [good] == _with_symmetry([good, bad])
    assert "left out" in caplog.text
    with pytest.raises(SymmetryError, match="logarithm"):
        _with_symmetry([bad, bad])
