"""Small data sets in every form, made on the spot."""

from __future__ import annotations

import gzip
import io
import struct
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from zoo.tasks.images.files import Kind

COUNTS = {"train": 50, "test": 12}


def some(kind: Kind, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Smooth images, and labels of every class."""
    stream = np.random.default_rng(seed)
    c, h, w = kind.shape
    y, x = np.mgrid[:h, :w] / h - 0.5
    phase = stream.uniform(0, 6, (count, c, 1, 1))
    waves = np.sin(stream.uniform(3, 9, (count, c, 1, 1)) * (x + 0.5 * y) + phase)
    return (127.5 * (1 + waves)).astype(np.uint8), np.resize(stream.permutation(10), count).astype(np.int64)


Arrays = dict[str, tuple[np.ndarray, np.ndarray]]


def arrays_of(kind: Kind) -> Arrays:
    """Both parts."""
    return {part: some(kind, count, seed) for seed, (part, count) in enumerate(COUNTS.items())}


def keras(path: Path, kind: Kind) -> Arrays:
    """An .npz as Keras writes it: channels last or none, labels of colour images in a column."""
    arrays = arrays_of(kind)
    grey = kind.shape[0] == 1
    named = {f"x_{part}": x[:, 0] if grey else x.transpose(0, 2, 3, 1) for part, (x, _) in arrays.items()}
    named |= {f"y_{part}": y.astype(np.uint8) if grey else y[:, None] for part, (_, y) in arrays.items()}
    np.savez(path, **named)
    return arrays


def idx_bytes(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def idx(folder: Path, kind: Kind, compressed: bool = False) -> Arrays:
    """The four files of MNIST."""
    folder.mkdir()
    arrays = arrays_of(kind)
    for part, (x, y) in arrays.items():
        prefix = {"train": "train", "test": "t10k"}[part]
        for name, array in (("images-idx3", x[:, 0]), ("labels-idx1", y.astype(np.uint8))):
            data = idx_bytes(array)
            path = folder / f"{prefix}-{name}-ubyte{'.gz' if compressed else ''}"
            path.write_bytes(gzip.compress(data) if compressed else data)
    return arrays


def batches(folder: Path, kind: Kind) -> Arrays:
    """The binary version of CIFAR-10, with two training batches."""
    folder.mkdir()
    arrays = arrays_of(kind)
    for part, names in {"train": ("data_batch_1.bin", "data_batch_2.bin"), "test": ("test_batch.bin",)}.items():
        x, y = arrays[part]
        records = np.concatenate([y[:, None].astype(np.uint8), x.reshape(len(x), -1)], axis=1)
        for name, piece in zip(names, np.array_split(records, len(names)), strict=True):
            (folder / name).write_bytes(piece.tobytes())
    return arrays


def jpeg(path: Path, kind: Kind) -> Arrays:
    """JPEG files end to end."""
    arrays, named = arrays_of(kind), {}
    for part, (x, y) in arrays.items():
        files = [encoded(image, "JPEG", quality=95, subsampling=0) for image in x]
        named[f"jpeg_{part}"] = np.frombuffer(b"".join(files), dtype=np.uint8)
        named[f"offset_{part}"] = np.cumsum([0, *map(len, files)])
        named[f"y_{part}"] = y
    np.savez(path, **named)
    return arrays


def encoded(image: np.ndarray, form: str, **options: object) -> bytes:
    """An image `(C, H, W)` as a file."""
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(image[0] if len(image) == 1 else image.transpose(1, 2, 0)).save(stream, form, **options)
    return stream.getvalue()


def folders(folder: Path, kind: Kind) -> Arrays:
    """train and test, with a folder of .png files for each class; the arrays are in the order of the names."""
    arrays = {}
    for part, (x, y) in arrays_of(kind).items():
        order = sorted(range(len(x)), key=lambda i, y=y: (kind.classes[y[i]], f"{i:03d}"))
        for i in order:
            place = folder / part / kind.classes[y[i]]
            place.mkdir(parents=True, exist_ok=True)
            (place / f"{i:03d}.png").write_bytes(encoded(x[i], "PNG"))
        arrays[part] = x[order], y[order]
    return arrays


@pytest.fixture(autouse=True)
def nothing_of_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No data set and no cache of whoever runs the tests."""
    monkeypatch.delenv("ZOO_DATA", raising=False)
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def mnist(tmp_path: Path) -> Path:
    """A small data set of the form of MNIST."""
    from zoo.tasks.images import MNIST

    keras(tmp_path / "digits.npz", MNIST.kind)
    return tmp_path / "digits.npz"


@pytest.fixture
def made() -> ModuleType:
    """This module: what writes data sets."""
    return sys.modules[__name__]
