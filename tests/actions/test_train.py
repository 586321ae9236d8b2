"""Training from a recipe: same weights from the same recipe, where they go, and what the registry records."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

import zoo
from zoo.actions import train as module_under_test
from zoo.actions.train import fresh, recipe_seeds, train
from zoo.errors import ConfigError, RegistryError
from zoo.registry import Registry, plain_yaml
from zoo.weights import file_hash, read_header

SHAPES = {"rep_in": "5x1", "rep_out": "5x1", "input_shape": [5, 8], "output_shape": [5, 8]}
RECIPE = {
    "data": {"train": {"size": 20, "seed": 5}, "validation": {"size": 5, "seed": 6}, "test": {"size": 5, "seed": 7}},
    "epochs": 4,
    "batch_size": 50,
    "lr": 3e-3,
    "warmup": 1,
    "average": 0.9,
    "validate_every": 2,
    "best": "min mse",
    "seed": 0,
    "replicas": [1, 2],
}


def entry(**changes):
    plain = {"kind": "model", "family": "mlp", "summary": "of the tests", "task": "two_body", "symmetry": "so(2)x4"}
    return {**plain, "config": {**SHAPES, "hidden": [16]}, "training": RECIPE, **changes}


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    augment = {"symmetry": "so(2)x4", "coefficients": {"kind": "normal", "scale": 3.0}}
    entries = {
        "plain": entry(),
        "turned": entry(training={**RECIPE, "augment": augment, "best": None}),
        "round": entry(training={**RECIPE, "augment": {"symmetry": "so(2)x4", "over": "period"}}),
        "exact": entry(family="emlp", config={**SHAPES, "hidden": "4x0 + 2x1", "layers": 1}),
        "energy": entry(family="hnn", config={**SHAPES, "hidden": [16]}, training={**RECIPE, "lr": 3e-2}),
        "null": entry(symmetry="random(1,8,0)", family="emlp", config={**SHAPES, "hidden": "4x0 + 2x1", "layers": 1}),
        "mute": entry(training={}),
        "wrong": entry(training={**RECIPE, "epoch": 3}),
        "late": entry(training={**RECIPE, "epochs": 0}),
    }
    (tmp_path / "zoo" / "weights").mkdir(parents=True)
    path = tmp_path / "zoo" / "registry.yaml"
    path.write_text(plain_yaml.dump({"schema": 1, "deprecated": {"old": "plain"}, "entries": entries}))
    return Registry.load(path)


def run(name, registry, **changes):
    return train(name, **{"registry": registry, "device": "cpu", "progress": False, **changes})


def equal(a, b) -> bool:
    return all(torch.equal(x, y) for x, y in zip(a.state_dict().values(), b.state_dict().values(), strict=True))


@pytest.mark.parametrize("name", ["plain", "turned", "round", "exact", "energy"])
def test_trains_and_writes_a_file_that_loads(registry, tmp_path, name):
    out = tmp_path / "out"
    made = run(name, registry, out=out)
    assert not made.training
    assert [path.name for path in out.iterdir()] == [f"{name}.safetensors"]
    loaded = zoo.load(out / f"{name}.safetensors")
    assert equal(made, loaded)
    header = read_header(out / f"{name}.safetensors")
    assert header.name == name and header.training["task"] == "two_body" and header.training["steps"] == 16
    assert header.training["final_validation"]["mse"] > 0
    untrained = fresh(registry.entries[name], registry, 0)
    task = zoo.get_task("two_body")
    x, y = task.make("validation", **RECIPE["data"]["validation"])
    if hasattr(untrained, "calibrate"):
        untrained.calibrate(*task.make("train", **RECIPE["data"]["train"]))
    with torch.no_grad():
        assert (made(x) - y).square().mean() < 0.9 * (untrained.eval()(x) - y).square().mean()


def test_the_same_recipe_gives_the_same_file(registry, tmp_path):
    torch.manual_seed(5)
    run("turned", registry, out=tmp_path / "a")
    torch.manual_seed(6)
    run("turned", registry, out=tmp_path / "b")
    assert (tmp_path / "a/turned.safetensors").read_bytes() == (tmp_path / "b/turned.safetensors").read_bytes()


def test_augmentation_and_seed_matter(registry, tmp_path):
    plain, turned = (run(name, registry, out=tmp_path) for name in ("plain", "turned"))
    other = run("plain", registry, out=tmp_path, seed=1)
    assert not equal(plain, turned) and not equal(plain, other)
    assert sorted(path.name for path in tmp_path.glob("*.safetensors")) == [
        "plain-1.safetensors",
        "plain.safetensors",
        "turned.safetensors",
    ]


def test_write_records_hash_fingerprint_and_replicas(registry):
    for seed in (None, 2, 1, 2):
        run("exact", registry, seed=seed, write=True)
    after = Registry.load(registry.path)
    recorded = after.entries["exact"]
    assert recorded.weights is not None and recorded.weights.file == "weights/exact.safetensors"
    root = registry.path.parent
    found = file_hash(root / recorded.weights.file)
    assert (found.sha256, found.bytes) == (recorded.weights.sha256, recorded.weights.bytes)
    assert recorded.symmetry_fingerprint == zoo.symmetry("so(2)x4").fingerprint
    assert [replica.seed for replica in recorded.replicas] == [1, 2]
    for replica in recorded.replicas:
        assert replica.file == f"weights/seeds/exact-{replica.seed}.safetensors"
        assert file_hash(root / replica.file).sha256 == replica.sha256
    assert sorted(path.name for path in (root / "weights").iterdir()) == ["exact.safetensors", "seeds"]
    assert zoo.load("exact", registry=after).card.name == "exact"


def test_the_recipes_own_seed_is_no_replica(registry):
    run("plain", registry, seed=0, write=True)
    recorded = Registry.load(registry.path).entries["plain"]
    assert recorded.weights is not None and recorded.replicas == []


def test_resumption_gives_the_same_file(registry, tmp_path, monkeypatch):
    run("turned", registry, out=tmp_path / "whole")

    class Interrupted(module_under_test.Supervised):
        def step(self, batch, fit):
            if fit.step == 9:
                raise KeyboardInterrupt
            return super().step(batch, fit)

    with monkeypatch.context() as patch:
        patch.setattr(module_under_test, "Supervised", Interrupted)
        with pytest.raises(KeyboardInterrupt):
            run("turned", registry, out=tmp_path / "cut", checkpoint_seconds=1e-6)
    assert [path.name for path in (tmp_path / "cut").iterdir()] == ["turned.checkpoints"]
    with pytest.raises(ConfigError, match="resume"):
        run("turned", registry, out=tmp_path / "cut")
    run("turned", registry, out=tmp_path / "cut", resume=True)
    assert (tmp_path / "cut/turned.safetensors").read_bytes() == (tmp_path / "whole/turned.safetensors").read_bytes()


def test_data_of_ones_own(registry, tmp_path):
    x, y = zoo.get_task("two_body").make("train", size=10, seed=9)
    given = run("plain", registry, out=tmp_path / "a", data=(x, y), epochs=2)
    zoo.get_task("two_body").write(tmp_path / "orbits.npz", "train", size=10, seed=9)
    read = run("plain", registry, out=tmp_path / "b", data=tmp_path / "orbits.npz", epochs=2)
    assert equal(given, read)
    header = read_header(tmp_path / "a/plain.safetensors")
    assert header.training["steps"] < 16 and header.training["epochs"] == 2


@pytest.mark.parametrize("wrong", [{"options": {"lr": 1}}, {"noise": 1}])
def test_a_network_has_no_learner_options(registry, tmp_path, wrong):
    with pytest.raises(ConfigError, match="unknown field"):
        run("plain", registry, out=tmp_path, **wrong)


def test_refusals(registry, tmp_path):
    with pytest.raises(RegistryError, match="plain"):
        run("plian", registry, out=tmp_path)
    with pytest.raises(ConfigError, match="no training recipe"):
        run("mute", registry, out=tmp_path)
    with pytest.raises(ConfigError, match=r"entry wrong, field training.epoch: unknown field"):
        run("wrong", registry, out=tmp_path)
    with pytest.raises(ConfigError, match=r"entry late, field training.epochs: .*greater than or equal to 1"):
        run("late", registry, out=tmp_path)
    with pytest.raises(ConfigError, match=r"field training.optimiser: unknown field"):
        run("plain", registry, out=tmp_path, optimiser="sgd")
    with pytest.raises(ConfigError, match="epochs cannot be given"):
        run("plain", registry, write=True, epochs=1)
    with pytest.raises(ConfigError, match="out"):
        run("plain", registry, write=True, out=tmp_path)
    assert not list(tmp_path.glob("*.safetensors"))
    with pytest.warns(FutureWarning, match="deprecated"):
        run("old", registry, out=tmp_path, epochs=1)


def test_what_was_trained_is_fine_tuned_by_name_on_a_file(registry, tmp_path):
    run("exact", registry, write=True)
    zoo.get_task("two_body").write(tmp_path / "orbits.npz", "train", size=10, seed=9)
    after = Registry.load(registry.path)
    out = tmp_path / "tuned.safetensors"
    settings = {"epochs": 3, "lr": 1e-3, "trainable": "low_rank", "device": "cpu", "progress": False}
    tuned = zoo.finetune("exact", tmp_path / "orbits.npz", out=out, registry=after, **settings)
    header = read_header(out)
    assert header.training["base"] == "exact" and header.training["task"] == "two_body"
    assert header.training["validation"]["value"] > 0
    assert equal(zoo.load(out), tuned)


def test_seeds_of_a_recipe(registry):
    assert recipe_seeds("plain", registry) == [0, 1, 2]
    assert recipe_seeds("mute", registry) == [0]


def test_the_header_is_plain_data(registry, tmp_path):
    run("round", registry, out=tmp_path)
    training = read_header(tmp_path / "round.safetensors").training
    assert json.loads(json.dumps(training)) == training
    assert training["augment"] == {"symmetry": "so(2)x4", "over": "period"}
    assert not any("second" in key for key in training)
