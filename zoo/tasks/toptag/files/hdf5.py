"""HDF5 files: tables of pandas and PyTables, or plain arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ....errors import DataError, require
from .arrays import Reader, array_source
from .codecs import decoder
from .columns import Columns, find_columns
from .names import read_names
from .source import Block, Source, damage_named

Place = tuple[str, int | None]  # field of the table, and position within it where it holds several columns


def hdf5_source(path: Path) -> Source:
    """The table of jets in an HDF5 file, by default called "table"; else the arrays of the file.

    Raises
    ------
    DataError
        If the file is damaged, or holds neither.
    MissingExtra
        If h5py is not installed, or blosc2 where the file needs it.
    """
    h5py = require("h5py", "hep")
    with damage_named(path), h5py.File(path, "r") as file:
        name = _table_name(h5py, file, path)
        if name is None:
            arrays = {key: item for key, item in file.items() if isinstance(item, h5py.Dataset)}
            shapes = {key: (item.shape, item.dtype) for key, item in arrays.items()}
            return array_source(path, shapes, _array_readers)
        table = file[name]
        places = _places(table, str(path))
        columns = find_columns(list(places), str(path))
        decoder(table, str(path))  # says now, not when reading, that a compressor is unknown

        def blocks(rows: int) -> Iterator[Block]:
            with damage_named(path), h5py.File(path, "r") as file:
                for block in _rows(file[name], rows, str(path)):
                    yield _block(block, places, columns)

        return Source(len(table), table.dtype.itemsize, columns.label is not None, blocks)


def _table_name(h5py: Any, file: Any, path: Path) -> str | None:
    """pandas puts a table called "table" into the group of the key; PyTables alone puts it anywhere."""
    found: list[str] = []

    def visit(name: str, item: Any) -> None:
        inside_index = any(part.startswith("_i_") for part in name.split("/"))
        if isinstance(item, h5py.Dataset) and item.dtype.names and item.ndim == 1 and not inside_index:
            found.append(name)

    file.visititems(visit)
    if len(found) > 1 and "table/table" in found:
        return "table/table"
    if len(found) > 1:
        raise DataError(f'{path}: several tables ({", ".join(found)}), none under the key "table"; store one of them')
    if not found and any("pandas_type" in item.attrs for item in file.values()):
        raise DataError(f'{path}: pandas stored this in its "fixed" form; write it with to_hdf(..., format="table")')
    return found[0] if found else None


def _places(table: Any, source: str) -> dict[str, Place]:
    """Where each column lies: a field of its own, or one of several in a block of pandas."""
    places: dict[str, Place] = {}
    for field in table.dtype.names:
        shape = table.dtype[field].shape
        stored = table.attrs.get(f"{field}_kind") if field.startswith("values_block_") else None
        if not shape and stored is None:
            places[field] = (field, None)
        elif stored is not None:
            names = read_names(bytes(stored), source)
            if len(names) != (shape[0] if shape else 1):
                raise DataError(f"{source}: {field} has {shape} columns but {len(names)} names; write the file again")
            twice = [name for name in names if name in places]
            if twice or len(set(names)) < len(names):
                raise DataError(f"{source}: some columns have the same name; expected each of them once")
            places.update({name: (field, i if shape else None) for i, name in enumerate(names)})
    return places


def _rows(table: Any, rows: int, source: str) -> Iterator[np.ndarray]:
    decode = decoder(table, source)
    if decode is None:
        for start in range(0, len(table), rows):
            yield table[start : start + rows]
        return
    step, left = table.chunks[0], np.empty(0, table.dtype)
    for start in range(0, len(table), rows):
        stop = min(start + rows, len(table))
        parts, have = [left], len(left)
        while have < stop - start:
            skipped, data = table.id.read_direct_chunk((start + have,))
            chunk = np.frombuffer(decode.decode(bytes(data), skipped), table.dtype)
            chunk = chunk[: len(table) - start - have]  # the last one is filled up
            parts.append(chunk)
            have += min(step, len(chunk))
        block = np.concatenate(parts)
        left = block[stop - start :].copy()
        yield block[: stop - start]


def _block(rows: np.ndarray, places: Mapping[str, Place], columns: Columns) -> Block:
    momenta = _gather(rows, [places[name] for name in columns.momenta]).reshape(len(rows), columns.width, 4)
    labels = _gather(rows, [places[columns.label]])[:, 0] if columns.label else None
    truth = _gather(rows, [places[name] for name in columns.truth]) if columns.truth else None
    return Block(momenta, labels, truth)


def _gather(rows: np.ndarray, places: list[Place]) -> np.ndarray:
    """Those columns `(B, n)`; a view where they lie side by side in one field, as in the published file."""
    field, first = places[0]
    if first is not None and places == [(field, first + i) for i in range(len(places))]:
        return rows[field][:, first : first + len(places)]
    return np.stack([rows[field] if i is None else rows[field][:, i] for field, i in places], axis=1)


def _array_readers(path: Path, names: list[str]) -> Any:
    return _OpenArrays(path, names)


class _OpenArrays:
    """The arrays of an HDF5 file, read piece by piece while it is open."""

    def __init__(self, path: Path, names: list[str]) -> None:
        self.file, self.names = require("h5py", "hep").File(path, "r"), names

    def __enter__(self) -> dict[str, Reader]:
        return {name: _reader(self.file[name]) for name in self.names}

    def __exit__(self, *_: object) -> None:
        self.file.close()


def _reader(dataset: Any) -> Reader:
    position = 0

    def take(count: int) -> np.ndarray:
        nonlocal position
        position += count
        return dataset[position - count : position]

    return take
