"""Training, validating and measuring taggers, whose inputs are of unequal length."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import zoo
from zoo.actions import train as module_under_test
from zoo.actions.curves import read_curves, record_curve
from zoo.actions.tables import END, START, write_tables
from zoo.actions.train import train
from zoo.registry import Registry, plain_yaml
from zoo.tasks.toptag.metrics import tagging
from zoo.weights import read_header

RECIPE = {
    "data": {"train": {"size": 400}, "validation": {"size": 100}, "test": {"size": 200, "seed": 1002}},
    "epochs": 4,
    "batch_size": 50,
    "lr": 1e-2,
    "loss": "bce",
    "validate_every": 2,
    "best": "max auroc",
    "seed": 0,
    "replicas": [1],
}
ENTRY = {"kind": "model", "family": "jetfeatures", "summary": "of the tests", "task": "toptag"}


@pytest.fixture
def registry(tmp_path: Path, toy_jets) -> Registry:
    entries = {"features": {**ENTRY, "config": {"hidden": [16]}, "training": RECIPE}}
    (tmp_path / "zoo" / "weights").mkdir(parents=True)
    path = tmp_path / "zoo" / "registry.yaml"
    path.write_text(plain_yaml.dump({"schema": 1, "deprecated": {}, "entries": entries}))
    return Registry.load(path)


def run(name, registry, **changes):
    return train(name, **{"registry": registry, "device": "cpu", "progress": False, **changes})


def interrupt(monkeypatch, registry, out, step):
    """A training that stops in the middle and leaves its checkpoint."""

    class Interrupted(module_under_test.Supervised):
        def step(self, batch, fit):
            if fit.step == step:
                raise KeyboardInterrupt
            return super().step(batch, fit)

    with monkeypatch.context() as patch:
        patch.setattr(module_under_test, "Supervised", Interrupted)
        with pytest.raises(KeyboardInterrupt):
            run("features", registry, out=out, checkpoint_seconds=0)


def test_training_learns_and_records_the_validation(registry, tmp_path):
    run("features", registry, out=tmp_path)
    training = read_header(tmp_path / "features.safetensors").training
    assert training["steps"] == 32 and training["final_validation"]["auroc"] > 0.9
    assert training["best_validation"]["value"] > 0.9


def test_resumption_gives_the_same_file(registry, tmp_path, monkeypatch):
    run("features", registry, out=tmp_path / "whole")

    interrupt(monkeypatch, registry, tmp_path / "cut", step=21)
    run("features", registry, out=tmp_path / "cut", resume=True)
    whole, resumed = ((tmp_path / folder / "features.safetensors").read_bytes() for folder in ("whole", "cut"))
    assert whole == resumed


def test_a_checkpoint_of_other_jets_is_refused(registry, tmp_path, monkeypatch, toy_jets):
    interrupt(monkeypatch, registry, tmp_path, step=5)
    with pytest.raises(zoo.errors.ConfigError, match=r"data\.0\.values\.norms"):
        run("features", registry, out=tmp_path, resume=True, data=toy_jets("train", 400, 9)[:2])


@pytest.fixture
def trained(registry) -> Registry:
    for seed in (None, 1):
        run("features", registry, seed=seed, write=True)
    return Registry.load(registry.path)


def test_evaluation_reports_decisions_shifts_and_seeds(trained):
    found = zoo.evaluate("features", registry=trained)
    assert found["seeds"] == 2 and found["auroc"] > 0.9 and found["auroc_low"] <= found["auroc_mean"]
    assert found["rejection_30_error"] > 0 and "mse" not in found
    assert found["auroc_coarse"] != found["auroc"] != found["auroc_truth"] > 0.5
    again = zoo.evaluate("features", {"size": 100}, device="cpu", registry=trained)
    assert "auroc_coarse" not in again and again["auroc"] > 0.9


def test_evaluation_on_the_users_jets(trained, toy_jets):
    jets, labels, _ = toy_jets("validation", 60, 3)
    ragged = zoo.evaluate("features", (jets, labels), registry=trained)
    assert zoo.evaluate("features", (jets.dense().numpy(), labels.numpy()), registry=trained) == ragged
    with pytest.raises(zoo.errors.ConfigError, match="averaged"):
        zoo.evaluate("features", (jets, labels), averaged=4, registry=trained)


def test_tables_curves_and_readme(trained):
    pytest.importorskip("matplotlib")
    root = trained.path.parent
    (root / "README.md").write_text(f"{START}\n{END}\n")
    written = write_tables("toptag", registry=trained)
    names = [path.relative_to(root).as_posix() for path in written]
    assert names == ["results/toptag.csv", "docs/toptag_roc.png", "README.md"]
    lines = written[0].read_text().splitlines()
    assert any(line.startswith("features,model,jetfeatures,,rejection_30_error,") for line in lines)
    readme = (root / "README.md").read_text()
    assert "| `toptag` | symmetry | accuracy | AUROC | over seeds |" in readme and "(2)" in readme
    metrics = Registry.load(trained.path).entries["features"].metrics
    assert f"{metrics['auroc']['value']:.5f}" in readme
    again = write_tables("toptag", measure=False, registry=Registry.load(trained.path))
    assert again == written and (root / "README.md").read_text() == readme


def test_curves_of_several_rows_stand_side_by_side(tmp_path):
    logits, labels = torch.arange(-50.0, 50.0), (torch.arange(100) % 3 > 0).float()
    path = tmp_path / "results" / "toptag_roc.csv"
    for name, sign in (("up", 1), ("down", -1), ("up", 1)):
        record_curve(path, name, sign * logits, labels)
    curves = read_curves(path)
    assert list(curves) == ["down", "up"] and len(path.read_text().splitlines()) == 1 + 2 * 200
    signal, background = curves["up"]
    found = tagging(logits, labels)
    assert 1 / background[signal == 0.5] == pytest.approx([found["rejection_50"]], rel=1e-5)
