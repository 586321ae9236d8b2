"""A discoverer's weights from its recipe."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import zoo
from zoo.actions import train_discoverer
from zoo.actions.train import train
from zoo.errors import ConfigError
from zoo.registry import Registry, plain_yaml
from zoo.symmetries import LieAlgebra
from zoo.weights import read_header

RECIPE = {
    "data": {"train": {"size": 20, "seed": 5}, "validation": {"size": 8, "seed": 6}},
    "epochs": 3,
    "batch_size": 60,
    "lr_generator": 2e-2,
    "noise": [0.5, 0.1],
    "seed": 0,
}


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    config = {"k": 8, "input_shape": [8], "output_shape": [8], "search_space": "2x2", "width": 16}
    entry = {"kind": "discoverer", "family": "liegan", "summary": "of the tests", "task": "two_body"}
    entries = {
        "finder": {**entry, "config": config, "training": RECIPE},
        "wrong": {**entry, "config": config, "training": {**RECIPE, "lr": 1.0}},
    }
    (tmp_path / "zoo" / "weights").mkdir(parents=True)
    path = tmp_path / "zoo" / "registry.yaml"
    path.write_text(plain_yaml.dump({"schema": 1, "entries": entries}))
    return Registry.load(path)


@pytest.fixture(autouse=True)
def quick_report(monkeypatch):
    """The two-sample test trains discriminators for minutes, and has tests of its own."""

    def sureness(modules, held_out, seed):
        (module,) = modules
        assert not module.training and len(held_out[0]) == len(held_out[1]) > 0
        module.report = {"auroc": 0.5, "seed": seed}
        return module

    monkeypatch.setattr(train_discoverer, "sureness", sureness)


def run(name: str, registry: Registry, **changes):
    return train(name, **{"registry": registry, "device": "cpu", "progress": False, **changes})


def test_trains_writes_and_loads(registry, tmp_path):
    made = run("finder", registry, out=tmp_path)
    loaded = zoo.load(tmp_path / "finder.safetensors")
    assert isinstance(loaded.symmetry, LieAlgebra) and loaded.symmetry.same_span(made.symmetry, 1e-6)
    assert loaded.report == made.report
    header = read_header(tmp_path / "finder.safetensors")
    assert header.kind == "discoverer" and header.training["steps"] == 18
    assert header.training["report"] == made.report == {"auroc": 0.5, "seed": 0}
    assert set(header.training["final_loss"]) >= {"generator", "discriminator"}


def test_the_same_recipe_gives_the_same_file_and_another_seed_another(registry, tmp_path):
    torch.manual_seed(5)
    run("finder", registry, out=tmp_path / "a")
    torch.manual_seed(6)
    run("finder", registry, out=tmp_path / "b")
    run("finder", registry, out=tmp_path / "c", seed=1)
    one, two = ((tmp_path / f"{folder}/finder.safetensors").read_bytes() for folder in "ab")
    assert one == two
    first, other = (zoo.symmetry(tmp_path / name) for name in ("a/finder.safetensors", "c/finder-1.safetensors"))
    assert not first.same_span(other, 1e-6)


def test_write_records_the_fingerprint(registry):
    made = run("finder", registry, write=True)
    entry = Registry.load(registry.path).entries["finder"]
    assert entry.weights is not None and entry.weights.file == "weights/finder.safetensors"
    assert entry.symmetry_fingerprint == made.symmetry.fingerprint


def test_data_of_ones_own(registry, tmp_path):
    x, y = zoo.get_task("two_body").make_discovery("train", size=4, seed=9)
    run("finder", registry, out=tmp_path, data=(x, y), epochs=1)
    assert read_header(tmp_path / "finder.safetensors").training["epochs"] == 1


def test_an_unknown_field_is_named_with_the_learners_options(registry, tmp_path):
    with pytest.raises(ConfigError, match=r"entry wrong, field training.lr: unknown field; there are .*lr_generator"):
        run("wrong", registry, out=tmp_path)
