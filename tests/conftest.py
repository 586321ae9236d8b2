"""Fixtures for more than one test file: a toy family of another package, and a small registry of its own."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:  # tests side by side: a thread each, before torch is imported
    os.environ.setdefault("OMP_NUM_THREADS", "1")

TOY = Path(__file__).parent / "toy"


@pytest.fixture
def toy(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The package zoo-toy as if it were installed: its module, and the metadata with its entry points."""
    import importlib

    site = tmp_path_factory.mktemp("site")
    info = site / "zoo_toy-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: zoo-toy\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text("[zoo.families]\ntoy = zoo_toy:Toy\ntoy-finder = zoo_toy:ToyFinder\n")
    monkeypatch.syspath_prepend(str(TOY))
    monkeypatch.syspath_prepend(str(site))
    return importlib.import_module("zoo_toy")


@pytest.fixture
def toy_jets(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Jets out of a formula in place of generated ones: three prongs (label 1) or one, easy to tell apart."""
    from zoo.tasks.toptag import task

    monkeypatch.setattr(task, "_generated", _toy_jets)
    return _toy_jets


def _toy_jets(split: str, size: int, seed: int, spec: str = "nominal", workers: int | None = None) -> tuple:
    import torch

    from zoo.tasks.ragged import Ragged
    from zoo.tasks.task import random_stream

    stream = random_stream(f"toy jets {spec}", split, seed)
    clouds, truths = [], []
    for number in range(size):
        top = number % 2
        n = int(stream.integers(5, 30 if spec == "nominal" else 20))
        direction = stream.normal(size=(3 if top else 1, 3)) * (0.35 if top else 0.1) + (1.0, 0.0, 0.3)
        momentum = direction[stream.integers(0, len(direction), n)] + stream.normal(size=(n, 3)) * 0.08
        momentum *= stream.exponential(600 / n, (n, 1))
        momentum = torch.from_numpy(momentum[(-(momentum[:, :2] ** 2).sum(1)).argsort()].copy()).float()
        clouds.append(torch.cat([momentum.norm(dim=1, keepdim=True), momentum], dim=1))
        truths.append(clouds[-1].sum(0) * top)
    counts = torch.tensor([len(cloud) for cloud in clouds])
    labels = torch.arange(size, dtype=torch.float64) % 2
    return Ragged(torch.cat(clouds), counts), labels, torch.stack(truths)


@pytest.fixture
def make_registry(toy: ModuleType, tmp_path: Path) -> Callable[..., Path]:
    """Writes a registry of one discoverer, `finder`, and two networks, `child` and `plain`, and gives its path.

    Keyword arguments replace fields: ``make_registry(child={"family": "nonsense"})``.
    """

    def make(**changes: dict[str, Any]) -> Path:
        return _write_registry(toy, tmp_path / "registry", changes)

    return make


def _write_registry(toy: ModuleType, root: Path, changes: dict[str, dict[str, Any]]) -> Path:
    import torch

    from zoo.factory import save
    from zoo.registry import plain_yaml
    from zoo.symmetries import LieAlgebra

    (root / "weights").mkdir(parents=True)
    finder = toy.ToyFinder(c=3)
    with torch.no_grad():
        finder.basis.copy_(LieAlgebra.so(3).basis)
    torch.manual_seed(0)
    modules = {"finder": finder, "child": toy.Toy(finder.symmetry), "plain": toy.Toy(LieAlgebra.so(3), copies=3)}
    entries: dict[str, Any] = {}
    for name, module in modules.items():
        found = save(module, root / "weights" / f"{name}.safetensors", name=name, training={"epochs": 3})
        entries[name] = {
            "kind": getattr(module, "kind", "model"),
            "family": module.family,
            "summary": f"The {name} of the tests",
            "task": "two_body",
            "symmetry": {"finder": None, "child": "finder", "plain": "so(3)"}[name],
            "symmetry_fingerprint": module.symmetry.fingerprint,
            "config": dict(module.config),
            "weights": {"file": f"weights/{name}.safetensors", "sha256": found.sha256, "bytes": found.bytes},
        } | changes.get(name, {})
    path = root / "registry.yaml"
    head = "# The head of the file.\n# It stays.\n\n"
    path.write_text(head + plain_yaml.dump({"schema": 1, "deprecated": {"parent": "finder"}, "entries": entries}))
    return path
