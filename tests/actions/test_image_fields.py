"""Fields on images: found by `zoo.discover` and from a recipe, in images that a network takes for the same."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import Tensor
from typer.testing import CliRunner

import zoo
from zoo.actions import field_problem, image_fields
from zoo.actions import image_field_scores as scores_of
from zoo.actions.image_fields import FeaturesOf, are_images, image_problem
from zoo.actions.train import train
from zoo.cli import app
from zoo.errors import ConfigError, DataError
from zoo.registry import Registry, plain_yaml
from zoo.symmetries import Grid

SIDE = 16
POINTS = Grid((SIDE, SIDE)).points.float()
RING = torch.exp(-((POINTS.norm(dim=1)[:, None] - torch.linspace(0.05, 0.95, 14)) ** 2) / 0.006)


def spots(count: int) -> Tensor:
    middles = 1.2 * (torch.rand(count, 3, 1, 2, generator=torch.Generator().manual_seed(0)) - 0.5)
    return torch.exp(-((POINTS - middles) ** 2).sum(-1) / 0.03).sum(1).view(-1, 1, SIDE, SIDE)


def rings(images: Tensor) -> Tensor:
    """Sums over rings: nothing changes in them but by blurring when an image is turned."""
    return images.flatten(1) @ (RING / RING.sum(0))


class Classifier(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.output = torch.nn.Linear(14, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.output(rings(x))


def test_a_turn_is_found_and_the_spare_slots_are_named() -> None:
    found = zoo.discover(
        "flow", (spots(160), torch.zeros(160)), score=rings, count=3, trunk=[32, 32], head=16, epochs=10, lr=0.01,
        reach=1.5, progress=False,
    )  # fmt: skip
    assert found.report["symmetries"] == 1 and found.report["spare"] == 2, found.report
    assert "field2-" in found.fingerprint and found.config["coordinates"] == ["x", "y"]
    field = found.symmetry
    part = field.affine_part(POINTS.double())
    turn = part.matrices[0] / part.matrices[0].norm()
    assert float(part.affineness) > 0.95 and abs(turn[0, 1] - turn[1, 0]) > 1.3, part
    net = zoo.build("lconv", field, input_shape=(1, SIDE, SIDE), output_shape=(3,))
    assert net(spots(2)).shape == (2, 3)


def test_a_network_is_asked_for_its_features_or_its_answers_and_left_as_it_is() -> None:
    network, images = Classifier().train(), spots(12)
    answers = FeaturesOf(network)
    torch.testing.assert_close(answers(images).mean(1), torch.zeros(12), atol=1e-6, rtol=0)
    assert network.training and network.output.weight.requires_grad
    problem = image_problem(images, network)
    assert problem.data.shape == images.shape and problem.of(images).weight.shape == (SIDE * SIDE,)
    torch.testing.assert_close(problem.of(images).middle, answers(images).mean(0))
    pooling = zoo.build("resnet", None, input_shape=(1, SIDE, SIDE), hidden=[4], blocks=1).eval()
    torch.testing.assert_close(FeaturesOf(pooling)(images), pooling.features(images))
    torch.testing.assert_close(pooling.output(pooling.features(images)), pooling(images))


def test_what_are_images() -> None:
    images = spots(4)
    assert are_images(images) and are_images((images.numpy(), [0, 1, 2, 3]))
    assert not are_images((torch.zeros(2, 3, 4), torch.zeros(4), torch.zeros(3))) and not are_images("solutions.h5")


def test_errors() -> None:
    with pytest.raises(DataError, match="there are 4 images; give 10"):
        zoo.discover("flow", spots(4), score=rings)
    with pytest.raises(ConfigError, match="score is a classifier"):
        zoo.discover("flow", spots(12), score=3)
    with pytest.raises(ConfigError, match="inner: no option for such data; there are step, least, apart"):
        zoo.discover("flow", spots(12), score=rings, inner=(1, 2), epochs=1, progress=False)


def test_from_a_recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def images(task, split, options) -> Tensor:
        asked.append((task.name, split, dict(options)))
        return spots(24)

    monkeypatch.setattr(field_problem, "task_images", images)
    monkeypatch.setattr(image_fields, "features_of", lambda score, registry: rings if score == "judge" else None)
    training = {
        "task": "mnist", "data": {split: {"variant": "rotated", "size": 24} for split in ("train", "validation")},
        "features": "judge", "epochs": 1, "batch_size": 8, "average": None,
    }  # fmt: skip
    entry = {
        "kind": "discoverer", "family": "flow", "summary": "of the tests", "task": "mnist",
        "config": {"coordinates": ["x", "y"], "count": 2, "trunk": [8], "head": 4},
    }  # fmt: skip
    nobody = {key: value for key, value in training.items() if key != "features"}
    entries = {"finder": {**entry, "training": training}, "nobody": {**entry, "training": nobody}}
    (tmp_path / "registry.yaml").write_text(plain_yaml.dump({"schema": 1, "entries": entries}))
    registry = Registry.load(tmp_path / "registry.yaml")
    options = SimpleNamespace(registry=registry, device="cpu", progress=False, out=tmp_path).__dict__
    made = train("finder", **options)
    assert asked == [("mnist", split, training["data"][split]) for split in ("train", "validation")]
    assert zoo.load(tmp_path / "finder.safetensors").fingerprint == made.fingerprint
    with pytest.raises(ConfigError, match=r"need training\.features"):
        train("nobody", **options)


def test_scores_beside_the_affine_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    points = torch.tensor([[0.5, 2.0], [1.0, -1.0]], dtype=torch.float64)
    wanted = [[1, 0, 0.5, 0, 2, 0], [0, 1, 0, 2, 0, 0.5]]
    torch.testing.assert_close(scores_of.affine_fields()(points)[0], torch.tensor(wanted, dtype=torch.float64))
    torch.manual_seed(0)
    made = zoo.build("flow", None, coordinates=["x", "y"], count=7, trunk=[16], head=8)
    made.field.place(POINTS)
    with torch.no_grad():  # waves instead of what is nearly linear
        made.field.trunk[0].weight[:, 0] *= 30
    made.field.normalise(POINTS)
    made.real.copy_(torch.arange(7) < 6)
    monkeypatch.setattr(scores_of, "task_images", lambda task, split, options: spots(12))
    monkeypatch.setattr(scores_of, "features_of", lambda name: rings)
    subject = SimpleNamespace(
        task=SimpleNamespace(located=lambda data: None), label="made", recipe={"features": "judge"},
        members=lambda: [(0, made)],
    )  # fmt: skip
    ((seed, found),) = scores_of.image_field_scores(subject, None)
    assert seed == 0 and (found["generators"], found["spare"]) == (6, 1)
    assert found["affine_least"] < found["affine_random"] and 0 < found["affine_spare"] < 1
    assert 0 < found["r2_affine"] <= min(found[f"r2_{name}"] for name in scores_of.AFFINE)
    assert 0 < found["angle_degrees"] < 90 and found["r2_least_random"] < 1


def test_on_the_command_line(tmp_path: Path) -> None:
    np.savez(tmp_path / "spots.npz", x=spots(12).numpy(), y=np.zeros(12))
    network = zoo.build("cnn", None, input_shape=(1, SIDE, SIDE), output_shape=(2,), hidden=[2])
    zoo.save(network, tmp_path / "judge.safetensors")
    settings = {"score": str(tmp_path / "judge.safetensors"), "count": 2, "trunk": [4], "head": 2, "batch_size": 4}
    arguments = ["discover", "flow", "--data", str(tmp_path / "spots.npz"), "--out", str(tmp_path), "--quiet"]
    done = CliRunner().invoke(app, [*arguments, "--config", json.dumps({**settings, "average": None})])
    assert done.exit_code == 0, done.output
    assert "of 2 fields are symmetries" in done.output.replace("\n", " ") and (tmp_path / "flow.safetensors").is_file()
