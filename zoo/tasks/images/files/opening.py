"""Which reader takes a path."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

import numpy as np

from ....errors import DataError
from ...arrays.files import read_file
from . import archives, cifar, idx, pictures
from .checks import as_images, as_labels
from .kind import Kind
from .part import PARTS, Part
from .samples import Samples

_DATA_SETS: Sequence[ModuleType] = (archives, idx, cifar, pictures)
_EXPECTED = (
    "a picture, a folder of pictures or of a folder for each class, .npz, .npy or .h5, IDX files, or a binary batch "
    "of CIFAR-10"
)


def holds_parts(path: Path) -> bool:
    """Whether there is a data set with a training or a test part at a path."""
    return path.exists() and _reader(path) is not None


def open_part(path: Path, name: str, kind: Kind) -> Part:
    """The part "train" or "test" of a data set.

    Raises
    ------
    DataError
        If there is none, or its files are missing, damaged, or hold other images.
    """
    reader = _reader(path)
    if reader is None:
        _refuse_unreadable(path)
        raise DataError(
            f"{path}: this is no data set with a training and a test part; expected .npz with x_train, y_train, x_test "
            "and y_test (or jpeg_train, offset_train, ...), or a folder of the IDX files of MNIST, of the binary "
            "version of CIFAR-10, or of train and test with a folder of pictures for each class"
        )
    found: Part = reader.part(path, name, kind)
    if not len(found):
        raise DataError(f"{path}: the part {name} holds no image")
    return found


def read_samples(path: Path, kind: Kind, part: str = "test") -> tuple[int, Iterator[Samples]]:
    """How many images there are at a path, and these, some at a time; of a data set those of a part.

    Raises
    ------
    DataError
        If there are none, or they are damaged or others.
    """
    _refuse_unreadable(path)
    if holds_parts(path):
        found = open_part(path, part, kind)
        return len(found), iter([Samples(found.take(np.arange(len(found))), found.labels)])
    if path.is_dir() or pictures.is_picture(path):
        return pictures.stream(path, kind)
    read = _single(path, kind)
    return len(read), iter([read])


def _reader(path: Path) -> ModuleType | None:
    return next((reader for reader in _DATA_SETS if reader.holds_parts(path)), None)


def _single(path: Path, kind: Kind) -> Samples:
    if cifar.is_batch(path):
        return cifar.samples(path, kind)
    if path.suffix.lower() in (".npz", ".npy", ".h5", ".hdf5"):
        content = read_file(path)
        images = content.arrays.get("", content.arrays.get("x"))
        if images is None:
            found = ", ".join(sorted(content.arrays)) or "none"
            wanted = '"x" and "y", or x_train, y_train, x_test and y_test'
            raise DataError(f"{path}: no array holds the images (found: {found}); expected {wanted}")
        pixels = as_images(images, f"{path}, x", kind)
        y = content.arrays.get("y")
        return Samples(pixels, None if y is None else as_labels(y, f"{path}, y", kind, len(pixels)))
    if idx.is_idx(path):
        return idx.samples(path, kind)
    raise DataError(f"{path}: cannot read {path.suffix or 'a file without suffix'!r}; expected {_EXPECTED}")


def _refuse_unreadable(path: Path) -> None:
    if not path.exists():
        raise DataError(f"{path}: there is no such file; check the path, the working directory is {Path.cwd()}")
    if path.is_dir():
        return
    if cifar.is_pickled(path):
        raise cifar.pickles(path)
    if path.suffixes[-2:] == [".tar", ".gz"] or path.suffix in (".tgz", ".tar", ".zip"):
        raise DataError(f"{path}: this is a packed folder; unpack it and give the path of the folder")
    if not path.stat().st_size:
        raise DataError(f"{path}: the file is empty; get it again")


__all__ = ["PARTS", "holds_parts", "open_part", "read_samples"]
