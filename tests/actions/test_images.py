"""Every verb on images: bands at ten heights in place of digits."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

import zoo
from zoo.actions import certify as certify_module
from zoo.actions.augmenting import augmentation
from zoo.actions.predict import predict_file
from zoo.actions.recipe import Augment
from zoo.actions.subject import subject_of
from zoo.actions.tables import markdown
from zoo.actions.train import train
from zoo.errors import ConfigError, DataError, MissingData, SymmetryError
from zoo.registry import Registry, plain_yaml
from zoo.tasks.images import MNIST
from zoo.weights import read_header

RECIPE = {
    "data": {"train": {"size": 60}, "validation": {"size": 20}, "test": {"size": 30}},
    "epochs": 6,
    "batch_size": 10,
    "lr": 1e-2,
    "loss": "cross_entropy",
    "smoothing": 0.05,
    "best": "max accuracy",
    "validate_every": 1,
    "replicas": [1],
}


def bands(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A bright band whose height is the class."""
    stream = np.random.default_rng(seed)
    labels = np.resize(np.arange(10), count)
    images = stream.integers(0, 60, (count, 28, 28)).astype(np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[4 + 2 * label : 6 + 2 * label, 4:24] = 255
    order = stream.permutation(count)
    return images[order], labels[order]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("ZOO_DATA", raising=False)
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    (x, y), (x_test, y_test) = bands(100, 0), bands(40, 1)
    (tmp_path / "data").mkdir()
    path = tmp_path / "data" / "mnist.npz"
    np.savez(path, x_train=x, y_train=y, x_test=x_test, y_test=y_test)
    return path


AUGMENTED = {"turned": {"symmetry": "so(2)", "reach": 0.2}, "flipped": {"symmetry": "flip_and_crop"}}


@pytest.fixture
def registry(tmp_path: Path, data: Path) -> Registry:
    plain = {"kind": "model", "family": "cnn", "summary": "of the tests", "task": "mnist"}
    config = {"input_shape": [1, 28, 28], "hidden": [4], "scramble": 3}
    recorded = {split: {**options, "sha256": MNIST.sha256(split, data)} for split, options in RECIPE["data"].items()}
    rotated = {split: {**options, "variant": "rotated"} for split, options in RECIPE["data"].items()}
    entries = {
        "bands": {**plain, "config": config, "training": RECIPE},
        "bands-dense": {**plain, "family": "dense_image", "config": {"input_shape": [1, 28, 28]}, "training": RECIPE},
        "bands-known": {**plain, "config": config, "training": {**RECIPE, "data": recorded}},
        "bands-rotated": {**plain, "config": config, "training": {**RECIPE, "data": rotated}},
        **{
            f"bands-{name}": {**plain, "config": config, "training": {**RECIPE, "augment": augment}}
            for name, augment in AUGMENTED.items()
        },
        "bands-wrong": {**plain, "config": config, "training": {**RECIPE, "loss": "mse"}},
    }
    (tmp_path / "zoo" / "weights").mkdir(parents=True)
    path = tmp_path / "zoo" / "registry.yaml"
    path.write_text(plain_yaml.dump({"schema": 1, "entries": entries}))
    return Registry.load(path)


def run(name, registry, data, **changes):
    return train(name, data=data, **{"registry": registry, "device": "cpu", "progress": False, **changes})


def same(a, b) -> bool:
    return all(torch.equal(x, y) for x, y in zip(a.state_dict().values(), b.state_dict().values(), strict=True))


@pytest.fixture
def trained(registry: Registry, data: Path):
    """The registry with the trained row "bands", and its weights file."""
    run("bands", registry, data, write=True)
    registry = Registry.load(registry.path)
    return registry, registry.file(registry.entries["bands"].weights.file, "bands")


@pytest.mark.parametrize("name", ["bands", "bands-dense"])
def test_training_learns_and_can_be_repeated(name, registry, data, tmp_path):
    first = run(name, registry, data, out=tmp_path / "a")
    assert same(first, run(name, registry, data, out=tmp_path / "b"))
    header = read_header(tmp_path / "a" / f"{name}.safetensors")
    assert header.training["best_validation"]["value"] >= 0.8 and header.training["task"] == "mnist"
    loaded = zoo.load(tmp_path / "a" / f"{name}.safetensors")
    found = zoo.evaluate(loaded, data)
    assert found["accuracy"] >= 0.8, "the test split, as the file's recipe has it"
    assert found["accuracy_validation"] == pytest.approx(header.training["best_validation"]["value"])


def test_random_fields_stand_in_for_learned_ones() -> None:
    """As many as a discoverer found, and others by another seed: the null of augmentation."""
    network = zoo.build("cnn", None, input_shape=[1, 28, 28], output_shape=[10], hidden=[4])
    learned, *random = (
        augmentation(Augment(symmetry="flow-mnist", **more), network, Registry.load())
        for more in ({}, {"kind": "random"}, {"kind": "random", "seed": 1})
    )
    assert learned.c == random[0].c == random[1].c
    a = torch.full((1, learned.c), 0.1)
    first, other = (each.places(a) for each in random)
    assert not torch.allclose(first, other, atol=1e-2) and not torch.allclose(first, learned.places(a), atol=1e-2)
    with pytest.raises(ConfigError, match="liegan-2body has learned none on a plane"):
        augmentation(Augment(symmetry="liegan-2body", kind="random"), network, Registry.load())
    vectors = zoo.load("mlp-2body")
    for given in ({"flip": True}, {"cubic": True}, {"share": 0.5}, {"evenly": True}):
        with pytest.raises(ConfigError, match="only images are reflected"):
            augmentation(Augment(symmetry="so(2)", **given), vectors, Registry.load())
    with pytest.raises(ConfigError, match="no further settings but pixels"):
        augmentation(Augment(symmetry="flip_and_crop", cubic=True), network, Registry.load())
    with pytest.raises(ConfigError, match="pixels are those of flip_and_crop"):
        augmentation(Augment(symmetry="flow-mnist", pixels=2), network, Registry.load())
    cropped = [
        augmentation(Augment(symmetry="flip_and_crop", **more), network, Registry.load()).most
        for more in ({}, {"pixels": 2}, {"pixels": 0})
    ]
    assert cropped == [4, 2, 0]
    given = Augment(symmetry="flow-mnist", cubic=True, share=0.5)
    made = augmentation(given, network, Registry.load())
    assert made.cubic and made.share == 0.5


def test_images_are_augmented_by_a_recipe(registry, data, tmp_path):
    plain = run("bands", registry, data, out=tmp_path, epochs=1)
    for name in AUGMENTED:
        moved = run(f"bands-{name}", registry, data, out=tmp_path, epochs=1)
        assert not same(plain, moved)
        assert same(moved, run(f"bands-{name}", registry, data, out=tmp_path, epochs=1))
        found = zoo.evaluate(zoo.load(tmp_path / f"bands-{name}.safetensors"), data)
        assert 0 <= found["accuracy"] <= 1 and "accuracy_averaged" not in found
    with pytest.raises(SymmetryError, match=r"R\^4"):
        run("bands", registry, data, out=tmp_path, augment={"symmetry": "lorentz"})


def test_the_folder_of_the_environment_does_as_well(registry, data, tmp_path, monkeypatch):
    with pytest.raises(MissingData, match="--data PATH"):
        run("bands", registry, None, out=tmp_path)
    expected = run("bands", registry, data, out=tmp_path, epochs=1)
    monkeypatch.setenv("ZOO_DATA", str(data.parent))
    assert same(run("bands", registry, None, out=tmp_path, epochs=1), expected)


def test_an_interrupted_training_goes_on(registry, data, tmp_path, monkeypatch):
    expected = run("bands", registry, data, out=tmp_path / "whole", checkpoint_seconds=0)
    from zoo.engine.supervised import Supervised

    step = Supervised.step
    stopped = {"at": 15}

    def interrupted(self, batch, fit):
        if fit.step == stopped["at"]:
            raise KeyboardInterrupt
        return step(self, batch, fit)

    monkeypatch.setattr(Supervised, "step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run("bands", registry, data, out=tmp_path / "a", checkpoint_seconds=0)
    stopped["at"] = -1
    x, y = bands(100, 7)
    np.savez(tmp_path / "other.npz", x_train=x, y_train=y)
    with pytest.raises(ConfigError, match="digest was"):
        run("bands", registry, tmp_path / "other.npz", out=tmp_path / "a", resume=True)
    assert same(run("bands", registry, data, out=tmp_path / "a", resume=True), expected)


def test_training_on_arrays_of_ones_own(registry, data, tmp_path, monkeypatch):
    monkeypatch.setenv("ZOO_DATA", str(data.parent))  # for the validation
    x, y = bands(30, 5)
    for images in (x, x / 255):
        assert run("bands", registry, (images, y), out=tmp_path, epochs=1).training is False


def test_what_is_written_is_made_from_the_recorded_data(registry, data, tmp_path):
    run("bands-known", registry, data, write=True)
    x, y = bands(100, 7)
    other = tmp_path / "other.npz"
    np.savez(other, x_train=x, y_train=y, x_test=x[:40], y_test=y[:40])
    registry = Registry.load(registry.path)
    with pytest.raises(DataError, match="not comparable"):
        run("bands-known", registry, other, write=True)
    with pytest.raises(DataError, match="not comparable"):
        zoo.evaluate("bands-known", other, registry=registry, write=True)
    assert zoo.evaluate("bands-known", other, registry=registry)["accuracy"] > 0.5
    np.savez(tmp_path / "mine.npz", x=x, y=y)
    for refused in (
        lambda: run("bands", registry, tmp_path / "mine.npz", write=True),
        lambda: run("bands", registry, data, write=True, epochs=2),
    ):
        with pytest.raises(ConfigError, match="with write, weights come from the registry's recipe"):
            refused()


def test_evaluation_reports_test_and_validation(trained, data, tmp_path):
    registry, _ = trained
    found = zoo.evaluate("bands", data, registry=registry, write=True)
    assert found["accuracy"] >= 0.8 and found["accuracy_validation"] >= 0.8 and found["cross_entropy"] < 1
    assert found["parameters"] == sum(p.numel() for p in zoo.load("bands", registry=registry).parameters())
    metrics = Registry.load(registry.path).entries["bands"].metrics
    assert metrics["accuracy"]["value"] == found["accuracy"] and metrics["data"] == {"split": "test", "size": 30}
    table = markdown(Registry.load(registry.path))
    assert "best validation accuracy" in table and f"{found['accuracy']:.4f}" in table and "27,0" in table
    x, y = bands(20, 9)
    own = zoo.evaluate("bands", (x, y), registry=registry)
    np.savez(tmp_path / "mine.npz", x=x / 255, y=y)
    assert zoo.evaluate("bands", tmp_path / "mine.npz", registry=registry) == pytest.approx(own)
    assert own["accuracy"] >= 0.8 and "accuracy_validation" not in own
    with pytest.raises(ConfigError, match="recipe's test split alone"):
        zoo.evaluate("bands", (x, y), registry=registry, write=True)


def test_rotated_images_are_measured_as_the_recipe_has_them(registry, data):
    run("bands-rotated", registry, data, write=True)
    registry = Registry.load(registry.path)
    found = zoo.evaluate("bands-rotated", data, registry=registry, write=True)
    assert 0 < found["accuracy"] <= 1
    registry = Registry.load(registry.path)
    assert registry.entries["bands-rotated"].metrics["data"]["variant"] == "rotated"
    assert "| images |" in markdown(registry) and "| rotated |" in markdown(registry)


def test_predictions_of_pictures(trained, data, tmp_path):
    from PIL import Image

    _, path = trained
    x, _ = bands(4, 3)
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, image in zip("abcd", x, strict=True):
        Image.fromarray(image).save(folder / f"{name}.png")
    found = predict_file(str(path), folder, out=tmp_path / "scores.csv")
    assert found.y.shape == (4, 10) and found.truth is None and found.names == ["a.png", "b.png", "c.png", "d.png"]
    expected = zoo.predict(zoo.load(path), torch.from_numpy(x[:, None] / 255).float())
    torch.testing.assert_close(found.y, expected)
    assert torch.equal(zoo.predict(zoo.load(path), x[:, None]), found.y), "bytes are numbers from 0 to 1"
    with open(tmp_path / "scores.csv", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["image", "class", "probability", *(f"p_{i}" for i in range(10))]
    assert [row[0] for row in rows] == found.names
    shares = torch.tensor([[float(cell) for cell in row[3:]] for row in rows], dtype=torch.float64)
    torch.testing.assert_close(shares, expected.double().softmax(1), rtol=1e-6, atol=1e-9)
    assert [row[1] for row in rows] == [str(i) for i in expected.argmax(1).tolist()]
    assert [float(row[2]) for row in rows] == shares.max(1).values.tolist()
    answers = CliRunner().invoke(zoo_app(), ["predict", str(path), str(folder / "a.png"), "--quiet"])
    assert answers.exit_code == 0 and "a.png" in answers.output and f"{shares[0].max():.4f}" in answers.output


def test_predictions_of_a_data_set_are_scored(trained, data, tmp_path):
    pytest.importorskip("matplotlib")
    _, path = trained
    found = predict_file(str(path), data, out=tmp_path / "a.csv", plot=tmp_path / "a.png")
    assert (
        found.scores["accuracy"] >= 0.8 and len(found.y) == 40 and found.scores.keys() == {"accuracy", "cross_entropy"}
    )
    with open(tmp_path / "a.csv", newline="") as file:
        header, *rows = csv.reader(file)
    assert header[-1] == "label" and [row[0] for row in rows] == [str(i) for i in range(40)]
    assert (tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"
    predict_file(str(path), data, out=tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as written:
        assert written["y"].shape == (40, 10)


def test_fine_tuning_classifies(trained, tmp_path):
    _, path = trained
    x, y = bands(60, 11)
    x = 255 - x
    before = zoo.evaluate(zoo.load(path), (x, y))["accuracy"]
    tuned = zoo.finetune(zoo.load(path), (x, y), epochs=8, lr=1e-2, progress=False, out=tmp_path / "t.safetensors")
    assert zoo.evaluate(tuned, (x, y))["accuracy"] >= max(0.8, before + 0.2)
    assert zoo.evaluate(zoo.load(tmp_path / "t.safetensors"), (x, y))["accuracy"] >= 0.8


def test_a_network_of_no_task_learns_classes():
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    y = torch.randint(0, 3, (90,), generator=generator)
    x = torch.rand(90, 2, 6, 6, generator=generator) + y[:, None, None, None] / 3
    network = zoo.build("dense_image", None, input_shape=[2, 6, 6], output_shape=[3], activation="tanh")
    tuned = zoo.finetune(network, (x, y), loss="cross_entropy", epochs=20, lr=1e-2, batch_size=9, progress=False)
    found = zoo.evaluate(tuned, (x, y))
    assert found["accuracy"] > 0.8 and found.keys() == {"accuracy", "cross_entropy"}
    with pytest.raises(DataError, match="whole numbers from 0 to 2"):
        zoo.evaluate(tuned, (x, y + 1))


def test_certificates_take_inputs_from_the_data(trained, data):
    registry, _ = trained
    known = zoo.certify("bands", registry=registry, data=data, samples=3)
    assert known.inputs == "the test distribution of mnist" and known.checks.keys() == {"true"}
    assert known.checks["true"].worst("float64") > 1e-3, "a convolution on scrambled pixels keeps no rotation"
    subject = subject_of("bands", registry)
    x, source = certify_module._inputs(subject, 5, 0)
    assert source == "N(0, 1)" and x.shape == (5, 1, 28, 28), "where no data are found"
    expected = MNIST.make("test", data=data, size=5, dtype=torch.float64).x.dense()
    assert torch.equal(certify_module._inputs(subject, 5, 0, {"data": data})[0], expected)


def test_smoothing_belongs_to_cross_entropy(registry, data, tmp_path):
    with pytest.raises(ConfigError, match="smoothed with the loss cross_entropy alone, not with mse"):
        run("bands-wrong", registry, data, out=tmp_path)


def test_the_command_line_writes_images(data, tmp_path):
    to = tmp_path / "rotated.npz"
    options = ["--data", str(data), "--variant", "rotated", "--size", "7", "--out", str(to)]
    answer = CliRunner().invoke(zoo_app(), ["data", "mnist", *options])
    assert answer.exit_code == 0, answer.output
    with np.load(to) as found:
        assert found["x"].shape == (7, 1, 28, 28) and found["x"].dtype == np.uint8 and found["y"].shape == (7,)


def zoo_app():
    from zoo.cli import app

    return app
