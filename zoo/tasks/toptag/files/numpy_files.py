""".npz and .npy files, read piece by piece from the front: numpy itself would take a whole array at once."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from math import prod
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy

from ....errors import DataError
from .arrays import Reader, array_source
from .source import Source, damage_named

_SUFFIX = ".npy"
_UNNAMED = "momenta"


def npz_source(path: Path) -> Source:
    """The jets of a .npz archive, whose arrays are named as `arrays.EXPECTED` says; errors as `array_source`."""
    with damage_named(path), zipfile.ZipFile(path) as archive:
        shapes = {}
        for member in archive.namelist():
            if member.endswith(_SUFFIX):
                with archive.open(member) as stream:
                    shapes[member[: -len(_SUFFIX)]] = _header(stream, path)[:2]
    return array_source(path, shapes, _open_npz)


def npy_source(path: Path) -> Source:
    """The jets of a single array `(B, N, 4)`; errors as `array_source`."""
    with damage_named(path), path.open("rb") as stream:
        shapes = {_UNNAMED: _header(stream, path)[:2]}
    return array_source(path, shapes, _open_npy)


@contextmanager
def _open_npz(path: Path, names: list[str]) -> Iterator[Mapping[str, Reader]]:
    with ExitStack() as stack:
        archive = stack.enter_context(zipfile.ZipFile(path))
        yield {name: _reader(stack.enter_context(archive.open(name + _SUFFIX)), path) for name in names}


@contextmanager
def _open_npy(path: Path, names: list[str]) -> Iterator[Mapping[str, Reader]]:
    with path.open("rb") as stream:
        yield {name: _reader(stream, path) for name in names}


def _header(stream: IO[bytes], path: Path) -> tuple[tuple[int, ...], np.dtype, bool]:
    """Shape, dtype, and whether the first index runs fastest."""
    version = npy.read_magic(stream)
    if version not in ((1, 0), (2, 0)):
        raise DataError(f"{path}: arrays of the .npy version {version} are not plain numbers; write floats")
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, fortran, dtype = read(stream)
    if dtype.hasobject:
        raise DataError(f"{path}: it holds Python objects, which are never unpickled; write plain arrays of numbers")
    return shape, dtype, fortran


def _reader(stream: IO[bytes], path: Path) -> Reader:
    shape, dtype, fortran = _header(stream, path)
    if fortran and len(shape) > 1:  # rows are scattered over the file
        whole = _exactly(stream, prod(shape) * dtype.itemsize).view(dtype).reshape(shape, order="F")
        position = 0

        def take_scattered(count: int) -> np.ndarray:
            nonlocal position
            position += count
            return whole[position - count : position]

        return take_scattered

    def take(count: int) -> np.ndarray:
        return _exactly(stream, count * prod(shape[1:]) * dtype.itemsize).view(dtype).reshape(count, *shape[1:])

    return take


def _exactly(stream: IO[bytes], size: int) -> np.ndarray:
    data = stream.read(size)
    if len(data) != size:
        raise EOFError(f"it ends {size - len(data)} bytes too early")
    return np.frombuffer(data, np.uint8)
