"""Vector fields from a recipe: trained, measured beside random ones, written and verified."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

import zoo
from zoo.actions import field_problem, field_scores
from zoo.actions.columns import discoverer_columns
from zoo.actions.recipe import Discovery
from zoo.actions.solution_fields import SolutionsOnGrid
from zoo.actions.train import train
from zoo.actions.verify import verify
from zoo.discoverers.flow import Flow
from zoo.discoverers.flow.objective import points_of
from zoo.engine import Schedule
from zoo.errors import ConfigError
from zoo.registry import Entry, Registry, plain_yaml
from zoo.symmetries.some_fields import SomeFields
from zoo.tasks.pde import EQUATIONS

LENGTH = 128.0
X = torch.arange(256, dtype=torch.float64) * LENGTH / 256
T = torch.linspace(50, 60, 25, dtype=torch.float64)


def solitons(task, split: str, options) -> SolutionsOnGrid:
    """In place of solutions that take minutes."""
    count = options["size"]
    speed = torch.linspace(0.1, 0.6, count, dtype=torch.float64)[:, None, None]
    away = X - speed * (T[:, None] - 50) - 30
    away = away - LENGTH * torch.round(away / LENGTH)
    return SolutionsOnGrid((3 * speed / torch.cosh(speed.sqrt() / 2 * away) ** 2).float(), X, T)


@pytest.fixture
def registry(tmp_path: Path, monkeypatch) -> Registry:
    monkeypatch.setattr(field_problem, "task_solutions", solitons)
    monkeypatch.setattr(field_scores, "task_solutions", solitons)
    data = {split: {"equation": "kdv", "size": 16} for split in ("train", "validation", "test")}
    training = {
        "task": "pde", "data": data, "seed": 0, "replicas": [1], "epochs": 1, "batch_size": 8, "average": None,
        "lr": 0.01, "inner": [1, 2],
    }  # fmt: skip
    config = {"coordinates": ["x", "t", "u"], "count": 3, "trunk": [8], "head": 4, "periodic": {"x": LENGTH}}
    entry = {"kind": "discoverer", "family": "flow", "summary": "of the tests", "task": "pde", "config": config}
    entries = {
        "finder": {**entry, "training": training},
        "wrong": {**entry, "training": {**training, "heads": 2}},
    }
    (tmp_path / "zoo" / "weights").mkdir(parents=True)
    path = tmp_path / "zoo" / "registry.yaml"
    path.write_text(plain_yaml.dump({"schema": 1, "entries": entries}))
    return Registry.load(path)


def test_from_a_recipe_to_measured_fields(registry: Registry) -> None:
    options = {"registry": registry, "device": "cpu", "progress": False, "write": True}
    made = train("finder", **options)
    train("finder", seed=1, **options)
    registry = Registry.load(registry.path)
    entry = registry.entries["finder"]
    assert entry.symmetry_fingerprint == made.fingerprint and len(entry.replicas) == 1
    loaded = zoo.load("finder", registry=registry)
    assert loaded.report["verdict"] == made.report["verdict"] and isinstance(loaded.symmetry, SomeFields)
    assert verify(registry).ok

    found = zoo.evaluate("finder", registry=registry, write=True)
    assert found["seeds"] == 2 and found["generators"] + found["spare"] == 3
    assert max(found[f"adds_{name}"] for name in ("x", "t", "boost")) == found["adds_most"] < 1e-3
    for name in ("x", "t", "boost", "least"):
        assert 0 <= found[f"r2_{name}"] <= 1 and "r2_" + name + "_random" in found
    stored = Registry.load(registry.path).entries["finder"].metrics
    assert stored["seeds"] == [0, 1] and stored["r2_boost"]["value"] == pytest.approx(found["r2_boost"])


def test_true_fields_score_as_such(registry: Registry) -> None:
    train("finder", registry=registry, device="cpu", progress=False, write=True)
    registry = Registry.load(registry.path)
    module = zoo.load("finder", registry=registry)

    truth = field_scores.fields_of(EQUATIONS["kdv"], ["x", "t", "boost"])
    turn = torch.tensor([[1.0, 1, 0], [0, 2, 1], [1, 0, 3]], dtype=torch.float64)
    known = SimpleNamespace(field=module.field, report={}, symmetry=zoo.symmetry(lambda p: truth(p) @ turn, n=3))
    data = solitons(None, "test", {"size": 8})
    points = points_of(data.u, X, T)[:2000]
    scores = field_scores._scores(known, EQUATIONS["kdv"], points)
    assert scores["r2_least"] > 1 - 1e-6 and scores["angle_degrees"] < 0.1 and scores["closing"] < 1e-4
    assert scores["r2_boost_random"] < scores["r2_boost"]
    known.symmetry = SomeFields(module.field, [])
    scores = field_scores._scores(known, EQUATIONS["kdv"], points)
    assert scores["generators"] == scores["r2_least"] == 0 and "angle_degrees" not in scores


def test_the_columns_of_fields() -> None:
    figures = {
        "generators": 3.0,
        "spare": 1.0,
        "r2_x": 1.0,
        "r2_t": 0.99994,
        "r2_boost": 0.9912,
        "r2_least_random": 0.4,
    }
    metrics = {name: {"value": value} for name, value in figures.items()}
    metrics["r2_boost"] |= {"mean": 0.98, "std": 0.01, "low": 0.97, "high": 0.9912}
    entry = Entry(kind="discoverer", family="flow", summary="s", task="pde", metrics=metrics)
    cells = {title: cell(entry) for title, cell in discoverer_columns()}
    assert cells["found"] == "3 generators, 1 slot to spare"
    assert cells["of the boost (worst seed)"] == "0.9912 (0.9700)" and cells["in t (worst seed)"] == "0.9999"
    assert cells["least of random fields (worst seed)"] == "0.4000" and cells["cosine (worst seed)"] == ""


def test_errors(registry: Registry) -> None:
    options = {"registry": registry, "device": "cpu", "progress": False}
    with pytest.raises(ConfigError, match=r"training\.heads: unknown field"):
        train("wrong", **options)
    with pytest.raises(ConfigError, match=r"use zoo\.discover"):
        train("finder", data=(1, 2), **options)
    train("finder", write=True, **options)
    registry = Registry.load(registry.path)
    with pytest.raises(ConfigError, match="leave out data"):
        zoo.evaluate("finder", {"size": 3}, registry=registry)


def test_no_option_of_learning_has_the_name_of_another_in_a_recipe() -> None:
    assert not set(Flow.learner_options()) & (set(Discovery.model_fields) | set(Schedule.__dataclass_fields__))


def test_what_is_only_nearly_a_symmetry_adds_to_the_residual() -> None:
    """A boost that fades, and one of u alone."""
    solutions = solitons(None, "test", {"size": 8})
    fading = lambda p: torch.stack([p[:, 1] - p[:, 1] ** 2 / 160, 0 * p[:, 1], 1 - p[:, 1] / 80], 1)  # noqa: E731
    alone = lambda p: torch.stack([0 * p[:, 1], 0 * p[:, 1], torch.ones_like(p[:, 1])], 1)  # noqa: E731
    kdv = SimpleNamespace(
        residual=EQUATIONS["kdv"].residual,
        symmetries={"boost": EQUATIONS["kdv"].symmetries["boost"], "fading": fading, "alone": alone},
    )
    adds = field_scores._added(kdv, solutions, 1.0)
    assert adds["adds_boost"] < 1e-3 and min(adds["adds_fading"], adds["adds_alone"]) > 0.05, adds
    assert adds["adds_most"] == max(adds["adds_fading"], adds["adds_alone"])
