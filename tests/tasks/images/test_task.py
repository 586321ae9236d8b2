"""The tasks mnist and cifar10, on small data sets."""

from __future__ import annotations

import logging

import numpy as np
import pytest
import torch

from zoo.errors import ConfigError, DataError, MissingData
from zoo.symmetries import Rep
from zoo.tasks import get_task
from zoo.tasks.images import CIFAR10, MNIST, Pixels


def key(images: torch.Tensor) -> set[bytes]:
    return {image.numpy().tobytes() for image in images}


def test_the_splits_share_no_image(made, mnist):
    arrays = made.arrays_of(MNIST.kind)
    splits = {split: MNIST.make(split, data=mnist) for split in ("train", "validation", "test")}
    assert [len(found) for found in splits.values()] == [40, 10, 12]
    first, second = key(splits["train"].x.values), key(splits["validation"].x.values)
    assert not first & second and first | second == key(torch.from_numpy(arrays["train"][0]))
    x, y = arrays["test"]
    assert np.array_equal(splits["test"].x.values.numpy(), x) and splits["test"].y.tolist() == y.tolist()
    by_image = {image.tobytes(): label for image, label in zip(*arrays["train"], strict=True)}
    for image, label in zip(splits["train"].x.values, splits["train"].y, strict=True):
        assert by_image[image.numpy().tobytes()] == label


@pytest.mark.parametrize("variant", ["default", "rotated"])
def test_same_numbers_again_and_a_prefix(mnist, variant):
    whole = MNIST.make("train", data=mnist, variant=variant)
    again = MNIST.make("train", data=mnist, variant=variant, size=9)
    assert isinstance(whole.x, Pixels) and whole.x.dtype == torch.float32 and whole.y.dtype == torch.int64
    assert torch.equal(again.x.values, whole.x.values[:9]) and torch.equal(again.y, whole.y[:9])
    double = MNIST.make("train", data=mnist, variant=variant, dtype=torch.float64)
    assert double.x.dense().dtype == torch.float64 and torch.equal(double.x.values, whole.x.values)


def test_rotated_images_are_those_of_their_seed(mnist):
    plain, rotated, other = (
        MNIST.make("test", data=mnist, **options)
        for options in ({}, {"variant": "rotated"}, {"variant": "rotated", "seed": 9})
    )
    assert torch.equal(plain.y, rotated.y) and torch.equal(plain.y, other.y)
    assert not key(plain.x.values) & key(rotated.x.values) and not key(other.x.values) & key(rotated.x.values)
    scrambled = MNIST.make("test", data=mnist, variant="scrambled")
    assert torch.equal(scrambled.x.values, rotated.x.values), "networks scramble the pixels, images stay natural"


def test_discovery_pairs_are_tensors(mnist):
    pairs = MNIST.make_discovery("test", data=mnist, dtype=torch.float64)
    assert isinstance(pairs.x, torch.Tensor) and pairs.x.dtype == torch.float64 and pairs.y.dtype == torch.int64
    assert torch.equal(pairs.x, MNIST.make("test", data=mnist, dtype=torch.float64).x.dense())


def test_the_hash_of_other_data_is_noticed(mnist, tmp_path, caplog):
    recorded = MNIST.sha256("train", mnist)
    assert recorded == MNIST.sha256("validation", mnist) != MNIST.sha256("test", mnist)
    with caplog.at_level(logging.WARNING):
        MNIST.make("train", data=mnist, sha256=recorded)
        MNIST.check_source("train", {"data": mnist, "sha256": recorded})
        MNIST.check_source("train", {})
        assert not caplog.records
        MNIST.make("test", data=mnist, sha256=recorded)
    assert "others than those that the recipe records" in caplog.text
    with pytest.raises(DataError, match="not comparable"):
        MNIST.check_source("test", {"data": mnist, "sha256": recorded})


def test_where_the_data_are(mnist, tmp_path, monkeypatch):
    assert MNIST.located(mnist) == {"data": str(mnist)}
    np.save(tmp_path / "a.npy", np.zeros((2, 28, 28)))
    assert MNIST.located(tmp_path / "a.npy") is None
    with pytest.raises(MissingData, match="images of mnist are files of your own"):
        MNIST.make("test")
    monkeypatch.setenv("ZOO_DATA", str(tmp_path))
    mnist.rename(tmp_path / "mnist.npz")
    assert len(MNIST.make("test")) == 12 and MNIST.located(tmp_path) == {"data": str(tmp_path)}
    assert get_task("two_body").located("anything") is None


def test_write_and_read(mnist, tmp_path):
    path = tmp_path / "some.npz"
    assert MNIST.write(path, "test", size=5, data=mnist, variant="rotated") == 5
    written, expected = MNIST.read(path), MNIST.make("test", size=5, data=mnist, variant="rotated")
    assert torch.equal(written.x.values, expected.x.values) and torch.equal(written.y, expected.y)
    assert torch.equal(MNIST.read_discovery(path).x, expected.x.dense())
    assert torch.equal(MNIST.read_inputs(path).values, expected.x.values)
    with pytest.raises(DataError, match="not written as tables"):
        MNIST.write(tmp_path / "some.csv", "test", data=mnist)
    np.save(tmp_path / "x.npy", np.zeros((2, 28, 28)))
    with pytest.raises(DataError, match="images but no classes"):
        MNIST.read(tmp_path / "x.npy")
    assert torch.equal(MNIST.read_inputs(tmp_path / "x.npy"), torch.zeros(2, 1, 28, 28))


def test_streams(made, mnist, tmp_path):
    (whole,) = MNIST.stream(mnist)
    assert len(whole) == 12 and whole.y is not None and whole.names is None
    assert sum(map(len, MNIST.stream(mnist, part="train"))) == 50
    dark, bright = (made.encoded(np.full((1, 28, 28), value, np.uint8), "PNG") for value in (3, 250))
    (tmp_path / "digits").mkdir()
    for name, data in (("dark", dark), ("bright", bright)):
        (tmp_path / "digits" / f"{name}.png").write_bytes(data)
    stream = MNIST.stream(tmp_path / "digits")
    (piece,) = stream
    assert piece.names == ("bright.png", "dark.png") and piece.y is None and stream.total == 2
    assert "1 of 2 images have a bright ground" in stream.remarks()[0] and "invert: true" in stream.remarks()[0]
    inverted = MNIST.stream(tmp_path / "digits" / "bright.png", invert=True)
    (piece,) = inverted
    assert (piece.x.values == 5).all() and not inverted.remarks()
    for options, message in (({"units": 3}, "no option 'units'"), ({"part": "all"}, "part is train or test")):
        with pytest.raises(ConfigError, match=message):
            MNIST.stream(mnist, **options)


def test_check_takes_arrays(made, mnist):
    x, y = made.some(CIFAR10.kind, 4, 0)
    for images in (x, x.transpose(0, 2, 3, 1), torch.from_numpy(x), Pixels(torch.from_numpy(x))):
        found = CIFAR10.check(images, y)
        assert torch.equal(found.x.values, torch.from_numpy(x)) and found.y.tolist() == y.tolist()
    floats = CIFAR10.check(x / 255, y[:, None], dtype=torch.float64)
    assert torch.equal(floats.x, torch.from_numpy(x / 255)) and isinstance(
        CIFAR10.check_discovery(x, y).x, torch.Tensor
    )
    with pytest.raises(DataError, match="3 labels but 4 images"):
        CIFAR10.check(x, y[:3])
    with pytest.raises(DataError, match="whole numbers from 0 to 9"):
        CIFAR10.check(x, [0.5, 1, 2, 3])


def test_what_they_are_judged_by(mnist):
    for task in (MNIST, CIFAR10):
        assert task.best == "max accuracy" and not task.decides and len(task.classes) == 10
        assert task.reference().recognise().name == "so(2)" and task.reference().k == task.k
        assert Rep.parse(task.rep_in, task.k).dim == np.prod(task.input_shape)
        assert task.name in repr(task) and get_task(task.name) is task
    assert [MNIST.splits[name].size for name in ("train", "validation", "test")] == [50_000, 10_000, 10_000]
    labels = MNIST.make("test", data=mnist).y
    assert MNIST.metric(torch.nn.functional.one_hot(labels, 10).float(), labels)["accuracy"] == 1


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("tests",), {}, "no split 'tests'"),
        (("train",), {"size": 0}, "size .* must be an integer from 1 on"),
        (("train",), {"size": 41}, "holds 40 images, size asks for 41"),
        (("train",), {"variant": "turned"}, "one of default, rotated, scrambled, got 'turned'"),
        (("train",), {"spec": "coarse"}, "the options are size, seed, dtype, variant, data, sha256"),
    ],
)
def test_bad_requests(mnist, arguments, options, message):
    for make in (MNIST.make, MNIST.make_discovery):
        with pytest.raises(ConfigError, match=message):
            make(*arguments, data=mnist, **options)


def test_too_few_images_for_a_validation(made, tmp_path):
    x, y = made.some(MNIST.kind, 3, 0)
    np.savez(tmp_path / "a.npz", x_train=x, y_train=y)
    assert len(MNIST.make("train", data=tmp_path / "a.npz")) == 3
    with pytest.raises(DataError, match="too few to keep some"):
        MNIST.make("validation", data=tmp_path / "a.npz")
    with pytest.raises(DataError, match='no array is called "x_test"'):
        MNIST.make("test", data=tmp_path / "a.npz")
