"""The binary version of CIFAR-10: for each image a byte for the class, then red, green and blue, row by row."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ....errors import DataError
from .checks import as_labels
from .kind import Kind
from .part import Part, of_arrays
from .samples import Samples

_SHAPE = (3, 32, 32)
_RECORD = 1 + 3 * 32 * 32
_TRAIN = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
_FILES = {"train": _TRAIN, "test": ("test_batch.bin",)}


def holds_parts(path: Path) -> bool:
    """Whether a folder holds batches, of the binary version or pickled."""
    if not path.is_dir():
        return False
    return any((path / name).is_file() or (path / name.removesuffix(".bin")).is_file() for name in _names())


def part(path: Path, name: str, kind: Kind) -> Part:
    """The images and labels of a part in a folder; the training part is of the batches that are there."""
    found = [path / file for file in _FILES[name] if (path / file).is_file()]
    pickled = [file for file in _FILES[name] if (path / file.removesuffix(".bin")).is_file()]
    if not found and pickled:
        raise pickles(path / pickled[0].removesuffix(".bin"))
    if not found:
        raise DataError(f"{path}: there is no file {_FILES[name][0]}; expected {', '.join(_FILES[name])}")
    batches = [samples(file, kind) for file in found]
    labels = [batch.labels for batch in batches if batch.labels is not None]
    return of_arrays(np.concatenate([batch.images for batch in batches]), np.concatenate(labels), str(path))


def is_batch(path: Path) -> bool:
    """Whether a file is called as a batch is."""
    return path.suffix.lower() == ".bin"


def is_pickled(path: Path) -> bool:
    """Whether a file is one of the version for Python, which is pickled, or any other pickle."""
    named = path.name in {name.removesuffix(".bin") for name in _names()} | {"batches.meta"}
    return named or path.suffix.lower() in (".pkl", ".pickle")


def pickles(path: Path) -> DataError:
    """What to say of them."""
    return DataError(
        f"{path}: this is a pickle, which can run any code when it is read, and is never read; get the binary version "
        "of CIFAR-10 (cifar-10-batches-bin), or write the arrays x_train, y_train, x_test, y_test with numpy.savez"
    )


def samples(path: Path, kind: Kind) -> Samples:
    """The images and labels of a single batch.

    Raises
    ------
    DataError
        If the task takes other images, or the file does not consist of whole records.
    """
    if kind.shape != _SHAPE:
        raise DataError(f"{path}: CIFAR-10 holds colour images of 32 x 32 pixels, {kind.name} takes {kind.size} grey")
    data = np.fromfile(path, dtype=np.uint8)
    if not len(data) or len(data) % _RECORD:
        raise DataError(
            f"{path}: {len(data)} bytes are no whole number of records of {_RECORD} (a class, then 32 x 32 pixels in "
            "three colours); get the file again"
        )
    records = data.reshape(-1, _RECORD)
    labels = as_labels(records[:, 0], str(path), kind)
    return Samples(records[:, 1:].reshape(-1, *_SHAPE), labels)


def _names() -> tuple[str, ...]:
    return (*_TRAIN, *_FILES["test"])
