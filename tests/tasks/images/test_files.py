"""Reading images: every form gives the same arrays, and what is wrong is said."""

from __future__ import annotations

import gzip
import pickle
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from zoo.errors import DataError, MissingData
from zoo.tasks.images import CIFAR10, MNIST
from zoo.tasks.images.files import Kind, Part, Samples, find_data, holds_parts, open_part, read_samples

DIGITS, THINGS = MNIST.kind, CIFAR10.kind


def whole(part: Part) -> np.ndarray:
    return part.take(np.arange(len(part)))


def all_samples(path: Path, kind: Kind) -> Samples:
    total, chunks = read_samples(path, kind)
    (found,) = chunks
    assert len(found) == total
    return found


FORMS = [
    ("keras", DIGITS, "a.npz"),
    ("keras", THINGS, "a.npz"),
    ("idx", DIGITS, "idx"),
    ("batches", THINGS, "cifar"),
    ("folders", DIGITS, "pictures"),
    ("folders", THINGS, "pictures"),
]


@pytest.mark.parametrize(("form", "kind", "name"), FORMS)
def test_every_form_gives_the_same_arrays(made, form, kind, name, tmp_path):
    expected = getattr(made, form)(tmp_path / name, kind)
    assert holds_parts(tmp_path / name)
    for part, (x, y) in expected.items():
        found = open_part(tmp_path / name, part, kind)
        assert found.labels.dtype == np.int64 and np.array_equal(found.labels, y)
        assert whole(found).dtype == np.uint8 and np.array_equal(whole(found), x)
        rows = np.array([5, 0, 5])
        assert np.array_equal(found.take(rows), x[rows])
    samples = all_samples(tmp_path / name, kind)
    assert np.array_equal(samples.images, expected["test"][0]) and np.array_equal(samples.labels, expected["test"][1])


def test_compressed_idx(made, tmp_path):
    expected = made.idx(tmp_path / "idx", DIGITS, compressed=True)
    assert np.array_equal(whole(open_part(tmp_path / "idx", "train", DIGITS)), expected["train"][0])
    single = all_samples(tmp_path / "idx" / "t10k-images-idx3-ubyte.gz", DIGITS)
    assert np.array_equal(single.images, expected["test"][0]) and single.labels is None


@pytest.mark.parametrize("kind", [DIGITS, THINGS])
def test_jpeg_files_end_to_end(made, kind, tmp_path):
    expected = made.jpeg(tmp_path / "a.npz", kind)
    for part, (x, y) in expected.items():
        found = open_part(tmp_path / "a.npz", part, kind)
        assert np.array_equal(found.labels, y)
        error = np.abs(whole(found).astype(int) - x)
        assert error.mean() < 3 and whole(found).shape == x.shape
        assert np.array_equal(found.take(np.array([3])), whole(found)[3:4])


def test_the_hash_changes_with_images_labels_and_order(made, tmp_path):
    arrays = made.keras(tmp_path / "a.npz", DIGITS)
    made.idx(tmp_path / "idx", DIGITS)
    first = open_part(tmp_path / "a.npz", "train", DIGITS).sha256()
    assert first == open_part(tmp_path / "idx", "train", DIGITS).sha256(), "of whatever file"
    x, y = arrays["train"]
    found = {first, open_part(tmp_path / "a.npz", "test", DIGITS).sha256()}
    changed = x.copy()
    changed[3, 0, 5, 5] ^= 1
    for number, (images, labels) in enumerate([(changed, y), (x, (y + 1) % 10), (x[::-1], y[::-1])]):
        np.savez(tmp_path / f"{number}.npz", x_train=images, y_train=labels)
        found.add(open_part(tmp_path / f"{number}.npz", "train", DIGITS).sha256())
    assert len(found) == 5


def test_single_pictures_and_flat_folders(made, tmp_path):
    x, _ = made.some(DIGITS, 3, 5)
    for number, (image, form) in enumerate(zip(x, ("PNG", "BMP", "TIFF"), strict=True)):
        (tmp_path / f"{number}.{form.lower()}").write_bytes(made.encoded(image, form))
    (tmp_path / ".hidden.png").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("nothing")
    found = all_samples(tmp_path, DIGITS)
    assert np.array_equal(found.images, x) and found.labels is None and found.names == ("0.png", "1.bmp", "2.tiff")
    alone = all_samples(tmp_path / "1.bmp", DIGITS)
    assert np.array_equal(alone.images, x[1:2]) and alone.names == ("1.bmp",)


def test_colour_becomes_grey_and_grey_colour(made, tmp_path):
    grey = np.full((3, 28, 28), 77, dtype=np.uint8)
    (tmp_path / "a.png").write_bytes(made.encoded(grey, "PNG"))
    assert (all_samples(tmp_path / "a.png", DIGITS).images == 77).all()
    (tmp_path / "b.png").write_bytes(made.encoded(np.full((1, 32, 32), 9, dtype=np.uint8), "PNG"))
    assert all_samples(tmp_path / "b.png", THINGS).images.shape == (1, 3, 32, 32)


def test_class_folders_by_name_and_number(made, tmp_path):
    x, _ = made.some(THINGS, 3, 1)
    for folder, image in zip(("Cat", "7", "airplane"), x, strict=True):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.png").write_bytes(made.encoded(image, "PNG"))
    found = all_samples(tmp_path, THINGS)
    assert found.labels is not None and found.labels.tolist() == [7, 3, 0]
    assert found.names == ("7/a.png", "Cat/a.png", "airplane/a.png")


def test_arrays_x_and_y(made, tmp_path):
    x, y = made.some(DIGITS, 6, 2)
    np.savez(tmp_path / "a.npz", x=x[:, 0] / 255, y=y)
    np.save(tmp_path / "b.npy", x.astype(np.int64))
    found, alone = all_samples(tmp_path / "a.npz", DIGITS), all_samples(tmp_path / "b.npy", DIGITS)
    assert np.array_equal(found.images, x / 255) and np.array_equal(found.labels, y)
    assert alone.images.dtype == np.uint8 and np.array_equal(alone.images, x) and alone.labels is None


def test_the_folder_of_the_environment(made, tmp_path, monkeypatch):
    with pytest.raises(MissingData, match="--data PATH"):
        find_data(None, DIGITS)
    monkeypatch.setenv("ZOO_DATA", str(tmp_path))
    with pytest.raises(MissingData, match=r"ZOO_DATA is .* mnist.npz"):
        find_data(None, DIGITS)
    made.keras(tmp_path / "mnist.npz", DIGITS)
    assert find_data(None, DIGITS) == find_data(tmp_path, DIGITS) == tmp_path / "mnist.npz"
    with pytest.raises(DataError, match="no such file"):
        find_data(tmp_path / "nothing", DIGITS)


def _cut_idx(made: ModuleType, folder: Path) -> Path:
    made.idx(folder, DIGITS)
    path = folder / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-5])
    return folder


def _without_labels(made: ModuleType, folder: Path) -> Path:
    made.idx(folder, DIGITS)
    (folder / "train-labels-idx1-ubyte").unlink()
    return folder


def _damaged_gzip(made: ModuleType, folder: Path) -> Path:
    made.idx(folder, DIGITS, compressed=True)
    path = folder / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:200])
    return folder


def _too_few_labels(made: ModuleType, folder: Path) -> Path:
    x, y = made.some(DIGITS, 6, 2)
    np.savez(folder.with_suffix(".npz"), x_train=x, y_train=y[:5])
    return folder.with_suffix(".npz")


def _other_size(made: ModuleType, folder: Path) -> Path:
    np.savez(folder.with_suffix(".npz"), x_train=np.zeros((4, 20, 20), np.uint8), y_train=np.zeros(4, int))
    return folder.with_suffix(".npz")


def _floats(made: ModuleType, folder: Path) -> Path:
    np.savez(folder.with_suffix(".npz"), x_train=np.zeros((4, 28, 28)), y_train=np.zeros(4, int))
    return folder.with_suffix(".npz")


def _objects(made: ModuleType, folder: Path) -> Path:
    path = folder.with_suffix(".npz")
    np.savez(path, allow_pickle=True, x_train=np.array([{}, 1], dtype=object), y_train=np.zeros(2, int))
    return path


def _no_archive(made: ModuleType, folder: Path) -> Path:
    folder.with_suffix(".npz").write_bytes(b"nothing of the kind")
    return folder.with_suffix(".npz")


def _no_test_part(made: ModuleType, folder: Path) -> Path:
    return _npz(folder, x_test=np.zeros((4, 28, 28), np.uint8), y_test=np.zeros(4, int))


def _npz(folder: Path, **arrays: np.ndarray) -> Path:
    np.savez(folder.with_suffix(".npz"), **arrays)
    return folder.with_suffix(".npz")


def _bad_offsets(made: ModuleType, folder: Path) -> Path:
    zeros = np.zeros(2, int)
    return _npz(folder, jpeg_train=np.zeros(9, np.uint8), offset_train=np.array([0, 5, 8]), y_train=zeros)


def _class_11(made: ModuleType, folder: Path) -> Path:
    return _npz(folder, x_train=np.zeros((2, 28, 28), np.uint8), y_train=np.array([3, 10]))


def _unknown_class(made: ModuleType, folder: Path) -> Path:
    (folder / "train" / "zebra").mkdir(parents=True)
    return folder


def _empty_class(made: ModuleType, folder: Path) -> Path:
    (folder / "train" / "3").mkdir(parents=True)
    return folder


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (_cut_idx, r"announces \(50, 28, 28\) bytes, but 39195 follow"),
        (_without_labels, "there is no file train-labels-idx1-ubyte"),
        (_damaged_gzip, "compressed file is damaged"),
        (_too_few_labels, "there are 5 labels but 6 images"),
        (_other_size, r"the shape is \(4, 20, 20\), expected \(N, 1, 28, 28\).* or \(N, 28, 28\)"),
        (_floats, "uint8 from 0 to 255, got float64"),
        (_objects, "without unpickling, which is never done"),
        (_no_archive, "not an .npz archive"),
        (_no_test_part, 'no array is called "x_train"'),
        (_bad_offsets, "must rise from 0 to the 9 bytes of jpeg_train"),
        (_class_11, "whole numbers from 0 to 9"),
        (_unknown_class, "mnist has no class of that name; folders are called 0, 1,"),
        (_empty_class, "there is no picture in the folder"),
    ],
)
def test_damaged_data_sets(made, write, message, tmp_path):
    with pytest.raises(DataError, match=message):
        open_part(write(made, tmp_path / "data"), "train", DIGITS)


def test_cifar_in_other_forms(made, tmp_path):
    made.batches(tmp_path / "cifar", THINGS)
    with pytest.raises(DataError, match="colour images of 32 x 32 pixels, mnist takes 28 x 28"):
        open_part(tmp_path / "cifar", "train", DIGITS)
    path = tmp_path / "cifar" / "test_batch.bin"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError, match="no whole number of records of 3073"):
        open_part(tmp_path / "cifar", "test", THINGS)


def test_pickles_are_refused_unopened(tmp_path):
    class Trap:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "sprung",))

    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    for name in ("data_batch_1", "test_batch"):
        (folder / name).write_bytes(pickle.dumps(Trap()))
    for attempt in (
        lambda: open_part(folder, "train", THINGS),
        lambda: read_samples(folder / "data_batch_1", THINGS),
        lambda: read_samples(folder, THINGS),
    ):
        with pytest.raises(DataError, match=r"pickle, which can run any code .* binary version"):
            attempt()
    assert not (tmp_path / "sprung").exists()


def _text(made: ModuleType, path: Path) -> None:
    path.write_text("hello")


def _large(made: ModuleType, path: Path) -> None:
    path.write_bytes(made.encoded(np.zeros((1, 40, 30), np.uint8), "PNG"))


def _deep(made: ModuleType, path: Path) -> None:
    from PIL import Image

    Image.fromarray(np.zeros((28, 28), np.uint16)).save(path)


def _cut_picture(made: ModuleType, path: Path) -> None:
    stream = np.random.default_rng(0).integers(0, 256, (1, 28, 28), dtype=np.uint8)
    path.write_bytes(made.encoded(stream, "PNG")[:300])


@pytest.mark.parametrize(
    ("name", "write", "message"),
    [
        ("a.png", _text, "no picture that Pillow can read"),
        ("a.png", _large, r"30 x 40 pixels, and networks of mnist take 28 x 28; crop or resize .*\(28, 28\)"),
        ("a.png", _deep, "more than 8 bits"),
        ("a.png", _cut_picture, "no picture that Pillow can read"),
        ("a.tar.gz", _text, "unpack it"),
        ("a.xyz", _text, "cannot read '.xyz'"),
        ("a.png", lambda _, path: path.touch(), "the file is empty"),
        ("b.npz", lambda _, path: np.savez(path, z=np.zeros(3)), r"no array holds the images \(found: z\)"),
        ("b.npy", lambda _, path: np.save(path, np.full((2, 28, 28), 3.0)), "divide by 255"),
        ("b.npy", lambda _, path: np.save(path, np.full((2, 28, 28), -3.0)), "undo their normalisation"),
        ("b.npy", lambda _, path: np.save(path, np.full((2, 28, 28), np.nan)), "NaN"),
        ("b.npy", lambda _, path: np.save(path, np.full((2, 28, 28), 300)), "integers must lie between 0 and 255"),
        ("b.npy", lambda _, path: np.save(path, np.zeros((28, 28))), "a single image; add a first axis"),
        ("b.npy", lambda _, path: np.save(path, np.zeros((0, 28, 28))), "there is no image"),
        ("b.npy", lambda _, path: np.save(path, np.zeros((2, 28, 28), bool)), "the pixels are bool"),
        ("b.npz", lambda _, path: np.savez(path, x=np.zeros((2, 28, 28)), y=np.zeros((2, 10))), "argmax of one-hot"),
    ],
)
def test_damaged_samples(made, name, write, message, tmp_path):
    write(made, tmp_path / name)
    with pytest.raises(DataError, match=message):
        list(read_samples(tmp_path / name, DIGITS)[1])


def test_what_is_no_data_set(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((2, 28, 28)))
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "a.npy", tmp_path / "empty"):
        assert not holds_parts(path)
        with pytest.raises(DataError, match="no data set with a training and a test part"):
            open_part(path, "train", DIGITS)
    with pytest.raises(DataError, match="there is no picture in the folder"):
        read_samples(tmp_path / "empty", DIGITS)
    with pytest.raises(DataError, match="no such file"):
        read_samples(tmp_path / "nothing.png", DIGITS)
    assert gzip.compress(b"x")[:2] == b"\x1f\x8b", "how compressed files are told apart"
