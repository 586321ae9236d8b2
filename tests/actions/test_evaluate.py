"""Evaluation of rows, files, arrays; several seeds; what is written."""

from __future__ import annotations

import json
import statistics
import sys

import numpy as np
import pytest
import torch
from torch import nn

import zoo
from zoo.actions.evaluate import evaluate
from zoo.actions.tables import END, START, markdown, write_tables
from zoo.card import Card
from zoo.errors import ConfigError, DataError
from zoo.registry import Registry
from zoo.symmetries import LieAlgebra, Rep

TASK = zoo.get_task("two_body")
CONFIG = {"rep_in": "5x1", "rep_out": "5x1", "input_shape": [5, 8], "output_shape": [5, 8], "hidden": [8], "k": 8}


def _mlp(seed, symmetry=None):
    torch.manual_seed(seed)
    return zoo.build("mlp", symmetry, **CONFIG)


@pytest.fixture
def registry(tmp_path):
    """mlp-test with three seeds, mlp-aug-test with one and an augmentation."""
    (tmp_path / "weights" / "seeds").mkdir(parents=True)
    files = {}
    for name, seed, symmetry in (
        ("weights/mlp-test", 0, None),
        ("weights/seeds/mlp-test-1", 1, None),
        ("weights/seeds/mlp-test-2", 2, None),
        ("weights/mlp-aug-test", 3, TASK.reference()),
    ):
        written = zoo.save(_mlp(seed, symmetry), tmp_path / f"{name}.safetensors")
        files[seed] = {"file": f"{name}.safetensors", "sha256": written.sha256, "bytes": written.bytes}
    training = {"task": "two_body", "seed": 0, "data": {"test": {"size": 6, "seed": 11}}, "replicas": [1, 2]}
    shared = {"kind": "model", "family": "mlp", "summary": "a test", "task": "two_body", "config": CONFIG}
    entries = {
        "mlp-test": {
            **shared, "weights": files[0], "training": training, "reference": {"table": {"mse": 0.0849}},
            "replicas": [{"seed": seed, **files[seed]} for seed in (1, 2)],
        },
        "mlp-aug-test": {
            **shared, "weights": files[3], "symmetry": "so(2)x4",
            "training": {**training, "augment": {"symmetry": "so(2)x4"}},
        },
    }  # fmt: skip
    (tmp_path / "registry.yaml").write_text(json.dumps({"schema": 1, "entries": entries}))
    return Registry.load(tmp_path / "registry.yaml")


def _mse(model, **data):
    x, y = TASK.make("test", dtype=torch.float64, **data)
    with torch.no_grad():
        return (model.eval()(x.float()).double() - y).square().mean().item()


def test_name_with_seeds(registry):
    found = evaluate("mlp-test", registry=registry)
    each = [_mse(_mlp(seed), size=6, seed=11) for seed in (0, 1, 2)]
    assert found["mse"] == pytest.approx(each[0], rel=1e-6)
    assert found["seeds"] == 3
    assert found["mse_mean"] == pytest.approx(statistics.fmean(each), rel=1e-6)
    assert found["mse_std"] == pytest.approx(statistics.stdev(each), rel=1e-5)
    assert found["mse_low"] == pytest.approx(min(each), rel=1e-6)
    assert found["mse_high"] == pytest.approx(max(each), rel=1e-6)
    assert {f"mse_step_{i}" for i in range(1, 6)} < found.keys() and "relative_error" in found
    assert found["mse_scipy"] == pytest.approx(_mse(_mlp(0), size=6, seed=11, integrator="scipy"), rel=1e-6)
    assert found["mse_scipy"] == pytest.approx(found["mse"], rel=1e-3) and found["mse_scipy"] != found["mse"]
    assert all(isinstance(value, float) for value in found.values())


def test_missing_seeds_are_left_out(registry):
    registry.file("weights/seeds/mlp-test-2.safetensors", "mlp-test").unlink()
    assert evaluate("mlp-test", registry=registry)["seeds"] == 2


def test_without_scipy(registry, monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.integrate", None)
    assert "mse_scipy" not in evaluate("mlp-test", registry=registry)


def test_options_of_the_test_split(registry):
    found = evaluate("mlp-test", {"integrator": "scipy", "size": 2}, registry=registry)
    assert found["mse"] == pytest.approx(_mse(_mlp(0), size=2, seed=11, integrator="scipy"), rel=1e-6)
    assert "mse_scipy" not in found
    with pytest.raises(ConfigError, match="integrator of the task"):
        evaluate("mlp-test", {"integrator": "euler"}, registry=registry)


def test_own_file_and_arrays(registry, tmp_path):
    TASK.write(tmp_path / "mine.csv", "validation", size=2, seed=5)
    from_file = evaluate("mlp-test", tmp_path / "mine.csv", registry=registry)
    x, y = TASK.make("validation", size=2, seed=5, dtype=torch.float64)
    from_arrays = evaluate("mlp-test", (x.numpy(), y.numpy()), registry=registry)
    assert from_file == from_arrays
    with torch.no_grad():
        expected = (_mlp(0).eval()(x.float()).double() - y).square().mean().item()
    assert from_file["mse"] == pytest.approx(expected, rel=1e-6)
    with pytest.raises(DataError, match="NaN"):
        evaluate("mlp-test", (np.full((2, 5, 8), np.nan), y[:2]), registry=registry)
    with pytest.raises(ConfigError, match="data must be a"):
        evaluate("mlp-test", 3.0, registry=registry)


def test_averaging(registry):
    found = evaluate("mlp-aug-test", registry=registry)  # trained by augmentation: both are reported
    assert found["mse_averaged"] != found["mse"]
    assert "mse_averaged" not in evaluate("mlp-aug-test", averaged=0, registry=registry)
    one = evaluate("mlp-aug-test", averaged=1, registry=registry)  # the identity alone
    assert one["mse_averaged"] == pytest.approx(one["mse"], rel=1e-6)
    with pytest.raises(ConfigError, match="no symmetry to average over"):
        evaluate("mlp-test", averaged=4, registry=registry)


def test_modules_and_paths(registry, tmp_path):
    model = _mlp(0)
    with pytest.raises(ConfigError, match="belongs to no task"):
        evaluate(model)
    x, y = TASK.make("test", size=6, seed=11)
    scores = evaluate(model, (x, y))
    assert scores["mse"] == pytest.approx(evaluate("mlp-test", registry=registry)["mse"], rel=1e-5)
    path = tmp_path / "own.safetensors"
    zoo.save(model, path, training={"task": "two_body", "data": {"test": {"size": 6, "seed": 11}}})
    assert evaluate(path)["mse"] == pytest.approx(scores["mse"], rel=1e-5)


def test_write(registry):
    found = evaluate("mlp-test", write=True, registry=registry)
    metrics = Registry.load(registry.path).entries["mlp-test"].metrics
    assert metrics["seeds"] == [0, 1, 2] and metrics["data"] == {"split": "test", "size": 6, "seed": 11}
    assert metrics["mse"]["value"] == found["mse"] and metrics["mse"]["std"] == found["mse_std"]
    with pytest.raises(ConfigError, match="the recipe's test split alone"):
        evaluate("mlp-test", {"size": 3}, write=True, registry=registry)
    with pytest.raises(ConfigError, match="not asked for by a registry name"):
        evaluate(_mlp(0), write=True)


class Discoverer(nn.Module):
    family, kind = "liegan", "discoverer"

    def __init__(self, symmetry, task):
        super().__init__()
        self.symmetry, self.report = symmetry, {"closure": 0.5}
        self.rep_in = Rep.parse(task.discovery.rep_in, task.k)
        self.card = Card("d", "discoverer", "liegan", task=task.name, training={"data": {"test": {"size": 5}}})


def test_discoverer():
    found = evaluate(Discoverer(LieAlgebra(-2 * TASK.reference().basis), TASK))
    assert found["cosine"] == pytest.approx(1) and found["angle_degrees"] < 1e-6
    assert found["report_closure"] == 0.5 and found["generators"] == 1
    task = zoo.get_task("c7")
    assert evaluate(Discoverer(task.reference(), task))["element_degrees"] < 1e-9
    x, y = TASK.make_discovery("train", size=3)
    assert evaluate(Discoverer(TASK.reference(), TASK), (x, y))["cosine_on_data"] == pytest.approx(1)
    with pytest.raises(ConfigError, match="no matrix Lie algebra"):
        evaluate(Discoverer(None, TASK))


def test_tables(registry):
    root = registry.path.parent
    (root / "README.md").write_text(f"before\n{START}\nold\n{END}\nafter\n")
    written = write_tables("two_body", registry=registry)
    assert written == [root / "results" / "two_body.csv", root / "README.md"]
    lines = written[0].read_text().splitlines()
    assert lines[0] == "model,kind,family,symmetry,metric,value,mean,std,low,high,seeds,paper"
    row = next(line for line in lines if line.startswith("mlp-test,model,mlp,,mse,")).split(",")
    assert row[-2:] == ["3", "0.0849"] and float(row[5]) > 0 and all(row[5:])
    assert any(line.startswith("mlp-aug-test,model,mlp,so(2)x4,mse_averaged,") for line in lines)
    readme = (root / "README.md").read_text()
    assert readme.startswith("before\n") and readme.endswith("after\n") and "old" not in readme
    assert "| `mlp-test` | none |" in readme and "(3)" in readme and "8.49e-02" in readme
    again = write_tables("two_body", measure=False, registry=Registry.load(registry.path))
    assert again[0].read_text().splitlines() == lines and (root / "README.md").read_text() == readme


def test_table_of_discoverers(tmp_path):
    spread = {"value": 0.99995, "mean": 0.9999, "std": 1e-5, "low": 0.9996, "high": 0.99996}
    metrics = {"generators": {"value": 1.0}, "cosine": spread, "seeds": [0, 1]}
    entry = {
        "kind": "discoverer", "family": "liegan", "summary": "s", "task": "two_body", "metrics": metrics,
        "reference": {"table": {"cosine": 0.9998}},
    }  # fmt: skip
    (tmp_path / "registry.yaml").write_text(json.dumps({"schema": 1, "entries": {"liegan-test": entry}}))
    table = markdown(Registry.load(tmp_path / "registry.yaml")).splitlines()
    assert table[0] == "| `two_body` | found | cosine (worst seed) | paper |"
    assert table[2] == "| `liegan-test` | 1 generator | 0.999950 (0.999600) | 0.999800 |"


def test_table_of_networks_whose_data_were_moved(tmp_path):
    plain = {"kind": "model", "family": "fno", "summary": "s", "task": "pde"}
    metrics = {"nmse": {"value": 0.05}, "nmse_moving": {"value": 0.2}, "seeds": [0]}
    kinds = {"none": None, "learned": "learned", "true": "known", "chance": "random"}
    entries = {
        name: {
            **plain,
            "metrics": metrics,
            "training": {"moved": {"symmetry": "flow-kdv", "kind": kind}} if kind else {},
        }
        for name, kind in kinds.items()
    }
    for name, augment in (("turned", "so(2)"), ("flipped", "flip_and_crop")):
        entries[name] = {**plain, "metrics": metrics, "training": {"augment": {"symmetry": augment}}}
    (tmp_path / "registry.yaml").write_text(json.dumps({"schema": 1, "entries": entries}))
    assert markdown(Registry.load(tmp_path / "registry.yaml")).splitlines() == [
        "| `pde` | symmetry | test NMSE | in moving frames |",
        "| --- | --- | --- | --- |",
        "| `none` | none | 5.00e-02 | 2.00e-01 |",
        "| `learned` | data moved by `flow-kdv` | 5.00e-02 | 2.00e-01 |",
        "| `true` | data moved by the true symmetries | 5.00e-02 | 2.00e-01 |",
        "| `chance` | data moved by random fields | 5.00e-02 | 2.00e-01 |",
        "| `turned` | data moved by `so(2)` | 5.00e-02 | 2.00e-01 |",
        "| `flipped` | data moved by flips and crops | 5.00e-02 | 2.00e-01 |",
    ]


def test_the_page_of_a_task_gets_its_own_tables(registry):
    root = registry.path.parent
    (root / "docs").mkdir()
    (root / "docs" / "two_body.md").write_text(f"page\n{START}\nold\n{END}\nend\n")
    (root / "docs" / "c7.md").write_text("untouched")
    written = write_tables("two_body", measure=False, registry=registry)
    assert written == [root / "results" / "two_body.csv", root / "docs" / "two_body.md"]
    assert written[1].read_text().startswith("page\n") and "old" not in written[1].read_text()


def test_table_errors(registry):
    with pytest.raises(ConfigError, match="no row of the registry belongs to the task 'c7'; there are two_body"):
        write_tables("c7", registry=registry)
    (registry.path.parent / "README.md").write_text("no markers")
    with pytest.raises(ConfigError, match="put them back"):
        write_tables("two_body", measure=False, registry=registry)
