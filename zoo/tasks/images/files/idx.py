"""IDX files, the form in which MNIST was published: a magic number, the lengths of the axes, the bytes."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np

from ....errors import DataError
from .checks import as_images, as_labels
from .kind import Kind
from .part import PARTS, Part, of_arrays
from .samples import Samples

_PREFIX = {"train": "train", "test": "t10k"}
_UINT8 = 8


def holds_parts(path: Path) -> bool:
    """Whether a folder holds the images of a part."""
    return path.is_dir() and any(_find(path, part, "images") is not None for part in PARTS)


def part(path: Path, name: str, kind: Kind) -> Part:
    """The images and labels of a part in a folder."""
    images, labels = _required(path, name, "images"), _required(path, name, "labels")
    pixels = as_images(read_idx(images), str(images), kind)
    return of_arrays(pixels, as_labels(read_idx(labels), str(labels), kind, len(pixels)), str(images))


def is_idx(path: Path) -> bool:
    """Whether a file begins as an IDX file of bytes does, compressed or not."""
    with path.open("rb") as file:
        head = file.read(4)
    if head[:2] == b"\x1f\x8b":
        try:
            with gzip.open(path) as file:
                head = file.read(4)
        except (OSError, EOFError, zlib.error):
            return False
    return len(head) == 4 and head[:3] == bytes([0, 0, _UINT8]) and 1 <= head[3] <= 4


def samples(path: Path, kind: Kind) -> Samples:
    """The images of a single file."""
    return Samples(as_images(read_idx(path), str(path), kind))


def read_idx(path: Path) -> np.ndarray:
    """The array of a file of bytes; of another shape for each file.

    Raises
    ------
    DataError
        If it is no IDX file of bytes, or is cut off.
    """
    data = path.read_bytes()
    if data[:2] == b"\x1f\x8b":
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(f"{path}: the compressed file is damaged ({error}); get it again") from error
    if len(data) < 4 or data[:3] != bytes([0, 0, _UINT8]):
        raise DataError(f"{path}: this is no IDX file of bytes: it begins with {data[:4].hex(' ') or 'nothing'}")
    axes = data[3]
    if len(data) < 4 + 4 * axes:
        raise DataError(f"{path}: the file is cut off in its head; get it again")
    shape = struct.unpack(f">{axes}I", data[4 : 4 + 4 * axes])
    body = data[4 + 4 * axes :]
    if len(body) != math.prod(shape):
        raise DataError(f"{path}: its head announces {shape} bytes, but {len(body)} follow; get the file again")
    return np.frombuffer(body, dtype=np.uint8).reshape(shape)


def _find(folder: Path, name: str, what: str) -> Path | None:
    axes = 3 if what == "images" else 1
    for join in ("-", "."):
        for suffix in ("", ".gz"):
            path = folder / f"{_PREFIX[name]}-{what}{join}idx{axes}-ubyte{suffix}"
            if path.is_file():
                return path
    return None


def _required(folder: Path, name: str, what: str) -> Path:
    found = _find(folder, name, what)
    if found is None:
        wanted = f"{_PREFIX[name]}-{what}-idx{3 if what == 'images' else 1}-ubyte"
        raise DataError(f"{folder}: there is no file {wanted} (or {wanted}.gz); put all four IDX files into the folder")
    return found
