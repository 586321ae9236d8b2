"""Training data beside which stands what a symmetry makes of them."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor

import zoo
from zoo.actions.moved_data import moving_field, with_moved
from zoo.actions.recipe import Moved
from zoo.actions.solution_fields import SolutionsOnGrid
from zoo.actions.train import train
from zoo.discoverers.flow import Flow
from zoo.discoverers.flow.objective import points_of
from zoo.errors import ConfigError
from zoo.registry import Registry, plain_yaml
from zoo.tasks.pde import EQUATIONS
from zoo.tasks.samples import Arrays
from zoo.weights import file_hash

KDV = EQUATIONS["kdv"]
X = torch.arange(256, dtype=torch.float64) * KDV.length / 256


def soliton(x: Tensor, t: Tensor, speed: float) -> Tensor:
    away = x - speed * (t - 50) - 30
    away = away - KDV.length * torch.round(away / KDV.length)
    return 3 * speed / torch.cosh(math.sqrt(speed) / 2 * away) ** 2


@pytest.fixture
def arrays() -> Arrays:
    u = torch.stack([soliton(X, KDV.times[:, None], speed) for speed in (0.3, 0.4, 0.5, 0.6)]).float()
    return Arrays(u[:, :20], u[:, 20:])


@pytest.fixture
def registry(tmp_path: Path, arrays: Arrays) -> Registry:
    """With fields that no one trained, two of three of which are taken for symmetries."""
    torch.manual_seed(0)
    config = {"coordinates": ["x", "t", "u"], "count": 3, "trunk": [8], "head": 4, "periodic": {"x": KDV.length}}
    made: Flow = zoo.build("flow", None, **config)
    points = torch.stack([X.expand(140, 256), KDV.times[:, None].expand(140, 256), arrays.x.new_ones(140, 256)], 2)
    made.field.place(points.flatten(0, 1).float() + torch.rand(140 * 256, 3))
    made.real.copy_(torch.tensor([True, False, True]))
    (tmp_path / "zoo" / "weights").mkdir(parents=True)
    path = tmp_path / "zoo" / "weights" / "finder.safetensors"
    zoo.save(made, path, name="finder")
    found = file_hash(path)
    entry = {"kind": "discoverer", "family": "flow", "summary": "of the tests", "task": "pde", "config": made.config}
    weights = {"file": "weights/finder.safetensors", "sha256": found.sha256, "bytes": found.bytes}
    given = {**entry, "weights": weights, "symmetry_fingerprint": made.fingerprint}
    text = plain_yaml.dump({"schema": 1, "entries": {"finder": given}})
    (tmp_path / "zoo" / "registry.yaml").write_text(text)
    return Registry.load(tmp_path / "zoo" / "registry.yaml")


def test_closed_form_makes_solutions(arrays: Arrays, registry: Registry) -> None:
    spec = Moved(symmetry="finder", kind="known", reach=0.1)
    more = with_moved(arrays, spec, "kdv", registry, samples=16, seed=3, progress=False)
    assert more.x.shape == (16, 20, 256) and more.y.shape == (16, 120, 256)
    torch.testing.assert_close(more.x[:8], arrays.x.repeat(2, 1, 1))
    moved = torch.cat([more.x, more.y], 1)[8:]
    known = torch.isfinite(moved[:, :, 0])
    assert known.sum(1).min() >= 60 and not known.all()
    # what is moved solves the equation: height over its surroundings and speed belong together
    for one, rows in zip(moved.double(), known, strict=True):
        height = one[rows].amax(1) - one[rows][:, :8].mean(1)
        assert height.std() / height.mean() < 0.05
    again = with_moved(arrays, spec, "kdv", registry, samples=16, seed=3, progress=False)
    assert torch.equal(again.y.nan_to_num(), more.y.nan_to_num())


def test_between_times_the_equation_says_how_solutions_change(arrays: Arrays, registry: Registry) -> None:
    plain, by_rate = (
        with_moved(
            arrays,
            Moved(symmetry="finder", kind="known", reach=0.1, by_rate=by_rate),
            "kdv",
            registry,
            samples=16,
            seed=3,
            progress=False,
        )
        for by_rate in (False, True)
    )
    assert torch.equal(plain.x[:8], by_rate.x[:8]) and not torch.equal(plain.y.nan_to_num(), by_rate.y.nan_to_num())
    both = torch.isfinite(plain.y) & torch.isfinite(by_rate.y)
    assert (torch.isfinite(plain.y) ^ torch.isfinite(by_rate.y)).float().mean() < 0.01
    assert (plain.y - by_rate.y)[both].norm() < 2e-3 * plain.y[both].norm()


def test_learned_and_random_fields(arrays: Arrays, registry: Registry) -> None:
    solutions = SolutionsOnGrid(torch.cat([arrays.x, arrays.y], 1), X, KDV.times)
    points = points_of(solutions.u, X, KDV.times).double()
    learned = moving_field(Moved(symmetry="finder"), KDV, solutions, registry)
    wanted = zoo.load("finder", registry=registry).symmetry(points).detach()
    assert learned.c == 2 and (learned(points) - wanted).norm() < 1e-3 * wanted.norm()
    known = (
        moving_field(Moved(symmetry="finder", kind="known"), KDV, solutions, registry)(points) / points.std(0)[:, None]
    )
    products = torch.einsum("pnc,pnd->cd", known, known) / len(points)
    torch.testing.assert_close(products, torch.eye(3, dtype=torch.float64), atol=0.02, rtol=0)
    first, same, other = (
        moving_field(Moved(symmetry="finder", kind="random", seed=seed), KDV, solutions, registry) for seed in (1, 1, 2)
    )
    assert first.c == 2 and torch.equal(first(points), same(points)) and not torch.equal(first(points), other(points))


def test_the_most_valid_fields_alone(arrays: Arrays, registry: Registry, monkeypatch) -> None:
    solutions = SolutionsOnGrid(torch.cat([arrays.x, arrays.y], 1), X, KDV.times)
    points = points_of(solutions.u, X, KDV.times).double()
    finder = zoo.load("finder", registry=registry)
    finder.report["violation"] = [0.04 if number == finder.symmetry.numbers[0] else 0.01 for number in range(4)]
    monkeypatch.setattr("zoo.factory.loading.load", lambda *_, **__: finder)
    second = moving_field(Moved(symmetry="finder", count=1), KDV, solutions, registry)
    wanted = finder.symmetry(points).detach()[..., 1:]
    assert second.c == 1 and (second(points) - wanted).norm() < 1e-3 * wanted.norm()
    assert moving_field(Moved(symmetry="finder", kind="random", count=1), KDV, solutions, registry).c == 1
    with pytest.raises(ConfigError, match=r"finder has learned 2 symmetries; training.moved.count asks for 3"):
        moving_field(Moved(symmetry="finder", count=3), KDV, solutions, registry)
    with pytest.raises(ConfigError, match=r"training.moved.count: the most valid are chosen of learned fields"):
        moving_field(Moved(symmetry="finder", kind="known", count=2), KDV, solutions, registry)


def test_a_network_is_trained_on_them(arrays: Arrays, registry: Registry, monkeypatch, tmp_path: Path) -> None:
    pytest.importorskip("neuralop")
    u = torch.cat([arrays.x, arrays.y], 1)
    monkeypatch.setattr("zoo.tasks.pde.task.solutions", lambda name, split, size, *_, **options: u[:size].double())
    data = {split: {"equation": "kdv", "size": 4, "every": 2} for split in ("train", "validation", "test")}
    training = {
        "task": "pde", "data": data, "seed": 0, "epochs": 2, "batch_size": 8, "rollout": True, "blocks": 2,
        "validate_every": 1, "best": "min nmse", "moved": {"symmetry": "finder", "kind": "known"}, "samples": 24,
    }  # fmt: skip
    config = {"input_shape": [20, 128], "output_shape": [120, 128], "modes": 4, "width": 4, "layers": 1}
    row = {"kind": "model", "family": "fno", "summary": "s", "task": "pde", "config": config, "training": training}
    gaps = {**row, "training": {**training, "rollout": False, "blocks": 1}}
    alone = {**row, "training": {**training, "rollout": False, "moved": None}}
    finder = plain_yaml.load(registry.path.read_text(), "registry")["entries"]["finder"]
    text = plain_yaml.dump({"schema": 1, "entries": {"finder": finder, "fno": row, "gaps": gaps, "alone": alone}})
    registry.path.write_text(text)
    registry = Registry.load(registry.path)
    options = {"registry": registry, "out": tmp_path, "device": "cpu", "progress": False}
    made = train("fno", **options)
    assert all(torch.isfinite(parameter).all() for parameter in made.parameters())
    assert float(made.scale) == pytest.approx(float(arrays.x.square().mean().sqrt()), rel=1e-5)
    assert made(arrays.x).shape == (4, 120, 256) and made(arrays.x[..., ::2]).shape == (4, 120, 128)
    with pytest.raises(ConfigError, match="rollout: true leaves out"):
        train("gaps", **options)
    with pytest.raises(ConfigError, match=r"field training.blocks: blocks follow one another where rollout: true"):
        train("alone", **options)


def test_what_has_no_fields_is_refused(arrays: Arrays, registry: Registry) -> None:
    with pytest.raises(ConfigError, match="has learned no symmetries"):
        with_moved(arrays, Moved(symmetry="liegan-2body"), "kdv", Registry.load(), progress=False)
