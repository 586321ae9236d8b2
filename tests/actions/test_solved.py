"""A generator's weights from its recipe, and its scores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import zoo
from zoo.actions.tables import markdown
from zoo.actions.train import train
from zoo.errors import ConfigError, MissingData
from zoo.registry import Registry, plain_yaml
from zoo.weights import read_header

SIGNAL = {"shape": [9], "largest": 0.2}
IMAGE = {"shape": [4, 4]}
RIGID = {"shape": [10, 10], "motion": "rigid", "largest": 6.0}


def entry(options: dict, **config) -> dict:
    data = {"train": {"size": 200, **options}, "validation": {"size": 50, **options}, "test": {"size": 250, **options}}
    return {
        "kind": "discoverer", "family": "lconv_pairs", "summary": "of the tests", "task": "pairs_on_grid",
        "config": {"input_shape": options["shape"], "blur": True, **config},
        "training": {"data": data, "seed": 0, "replicas": [1]},
        "reference": {"table": {"correlation": 0.7}},
    }  # fmt: skip


def algebra_entry() -> dict:
    data = {"train": {"size": 150, **RIGID}, "validation": {"size": 40, **RIGID}, "test": {"size": 20, **RIGID}}
    return {
        "kind": "discoverer", "family": "affine_pairs", "summary": "of the tests", "task": "pairs_on_grid",
        "config": {"input_shape": RIGID["shape"]}, "training": {"data": data, "seed": 0, "replicas": []},
    }  # fmt: skip


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    (tmp_path / "zoo" / "weights").mkdir(parents=True)
    path = tmp_path / "zoo" / "registry.yaml"
    entries = {"signal": entry(SIGNAL), "image": entry(IMAGE), "rigid": algebra_entry()}
    entries["wrong"] = {**entry(SIGNAL), "training": {**entry(SIGNAL)["training"], "epochs": 3}}
    path.write_text(plain_yaml.dump({"schema": 1, "entries": entries}))
    return Registry.load(path)


@pytest.fixture
def digits(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    y, x = np.mgrid[-1:1:28j, -1:1:28j]
    where, width = rng.uniform(-0.5, 0.5, (800, 2, 1, 1)), rng.uniform(0.1, 0.4, (800, 1, 1))
    images = (255 * np.exp(-((x - where[:, 0]) ** 2 + (y - where[:, 1]) ** 2) / width**2)).astype(np.uint8)
    path = tmp_path / "mnist.npz"
    labels = np.arange(800) % 10
    np.savez(path, x_train=images[:400], y_train=labels[:400], x_test=images[400:], y_test=labels[400:])
    return path


def run(name: str, registry: Registry, **changes):
    return train(name, **{"registry": registry, "device": "cpu", "progress": False, **changes})


def test_trains_evaluates_and_stands_in_the_table(registry: Registry) -> None:
    for seed in (0, 1):
        made = run("signal", registry, seed=seed, write=True)
    header = read_header(registry.path.parent / "weights" / "signal.safetensors")
    assert header.kind == "discoverer" and header.training["report"]["pairs"] == 200
    scores = zoo.evaluate("signal", write=True, registry=Registry.load(registry.path))
    assert scores["seeds"] == 2 and min(scores["correlation_low"], scores["correlation_scrambled_low"]) > 0.9999
    assert scores["correlation_bilinear_low"] > 0.95 and scores["correlation_on_data"] > 0.9999
    assert "correlation_images" not in scores and scores["report_held_out"] == pytest.approx(
        header.training["report"]["held_out"]
    )
    new = Registry.load(registry.path)
    row = new.entries["signal"]
    assert row.metrics["seeds"] == [0, 1] and row.metrics["data"] == {"split": "test", "size": 250, **SIGNAL}
    assert row.symmetry_fingerprint == zoo.symmetry(registry.path.parent / row.weights.file).fingerprint
    assert made.symmetry.fingerprint != row.symmetry_fingerprint, "another seed draws other pairs"
    table = markdown(new)
    assert "| found | correlation (worst seed) |" in table and "| 0.700000 |" in table


def test_the_same_recipe_gives_the_same_file(registry: Registry, tmp_path: Path, caplog) -> None:
    for folder in "ab":
        run("signal", registry, out=tmp_path / folder, resume=folder == "b")
    one, two = ((tmp_path / folder / "signal.safetensors").read_bytes() for folder in "ab")
    assert one == two and "starts anew" in caplog.text


def test_natural_images(registry: Registry, digits: Path, monkeypatch, caplog) -> None:
    monkeypatch.delenv("ZOO_DATA", raising=False)
    run("image", registry, write=True)
    registry = Registry.load(registry.path)
    assert "correlation_images" not in zoo.evaluate("image", registry=registry) and "left out" in caplog.text
    with pytest.raises(MissingData):
        zoo.evaluate("image", write=True, registry=registry)
    scores = zoo.evaluate("image", digits, write=True, registry=registry)
    assert scores["correlation"] > 0.99 and scores["correlation_images"] > 0.9
    assert "correlation_images" in Registry.load(registry.path).entries["image"].metrics


def test_pairs_of_ones_own(registry: Registry, tmp_path: Path) -> None:
    x, y = zoo.get_task("pairs_on_grid").make("validation", size=150, seed=9, **SIGNAL)
    np.savez(tmp_path / "own.npz", x=x, y=y)
    made = run("signal", registry, out=tmp_path, data=tmp_path / "own.npz")
    assert made.report["pairs"] == 120
    for own in (tmp_path / "own.npz", (x, y)):
        scores = zoo.evaluate(made, own)
        assert set(scores) == {"correlation_on_data", "residual"} and scores["correlation_on_data"] > 0.9999
    with pytest.raises(ConfigError, match="matrix on 9 nodes"):
        zoo.evaluate(made, (x[:, :7], y[:, :7]))


def test_an_algebra_on_coordinates(registry: Registry) -> None:
    made = run("rigid", registry, write=True)
    scores = zoo.evaluate("rigid", write=True, registry=Registry.load(registry.path))
    assert scores["generators"] == made.symmetry.c == 3 and scores["largest_angle"] < 4
    assert scores["closure"] == scores["report_closure"] < 0.1 and scores["report_generators"] == 3
    row = Registry.load(registry.path).entries["rigid"]
    assert row.symmetry_fingerprint == made.symmetry.fingerprint
    assert "angle to the true algebra (worst seed)" in markdown(Registry.load(registry.path))
    x, y = zoo.get_task("pairs_on_grid").make("validation", size=100, seed=9, **RIGID)
    own = zoo.evaluate(made, (x, y))
    assert set(own) == {"largest_angle", "residual"} and own["largest_angle"] < 6
    other = zoo.evaluate("rigid", {"motion": "rotation"}, registry=Registry.load(registry.path))
    assert other["largest_angle"] == 90, "there is one generator"


def test_an_unknown_field_is_named(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"entry wrong, field training.epochs: unknown field; there are task, data"):
        run("wrong", registry, out=tmp_path)
