"""The published form of a file of jets: what pandas writes by `to_hdf(format="table")`, without pandas or PyTables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ....errors import require
from .names import write_names

KEY = "table"
CHUNK_ROWS = 256  # compressed together; `write_table` appends multiples of it
_LEVEL = 4  # no shuffle of bytes: it makes rows that end in zeros larger, here by a tenth
_NONE = b"N."  # pickles of protocol 0, which is text: None, and an empty list
_EMPTY = write_names([])


def write_table(
    file: Any, start: int, floats: np.ndarray, names: tuple[str, ...], integers: Mapping[str, np.ndarray]
) -> None:
    """Append rows to the table of an h5py `file`; the first ones make it.

    Parameters
    ----------
    file : h5py.File
    start : int
        Rows that are there.
    floats : ndarray
        float32 `(B, n)`, the columns `names`.
    names : tuple of str
    integers : mapping
        Further columns `(B,)` by name.
    """
    rows = np.zeros(
        len(floats),
        [
            ("index", "<i8"),
            ("values_block_0", "<f4", (floats.shape[1],)),
            ("values_block_1", "<i8", (len(integers),)),
        ],
    )
    rows["index"] = np.arange(start, start + len(rows))
    rows["values_block_0"] = floats
    rows["values_block_1"] = np.stack(list(integers.values()), axis=1)
    if not start:
        _create(file, rows.dtype, list(names), list(integers))
    table = file[KEY][KEY]
    table.resize(start + len(rows), axis=0)
    table[start:] = rows
    table.attrs["NROWS"] = np.int64(len(table))


def _create(file: Any, dtype: np.dtype, floats: list[str], integers: list[str]) -> None:
    _set(file, CLASS="GROUP", PYTABLES_FORMAT_VERSION="2.1", TITLE="", VERSION="1.0")
    group = file.create_group(KEY)
    blocks = ["values_block_0", "values_block_1"]
    _set(group, CLASS="GROUP", TITLE="", VERSION="1.0", **_frame_attributes(blocks, floats + integers))
    table = group.create_dataset(
        KEY,
        shape=(0,),
        maxshape=(None,),
        dtype=dtype,
        chunks=(CHUNK_ROWS,),
        compression="gzip",
        compression_opts=_LEVEL,
    )
    fields = {}
    for i, field in enumerate(dtype.names or ()):
        fields[f"FIELD_{i}_NAME"] = field
        fields[f"FIELD_{i}_FILL"] = np.zeros((), dtype[field].base)[()]
    _set(table, CLASS="TABLE", TITLE="", VERSION="2.7", NROWS=np.int64(0), index_kind="integer", **fields)
    for block, names, kind in zip(blocks, (floats, integers), ("float32", "int64"), strict=True):
        _set(table, **{f"{block}_kind": write_names(names), f"{block}_dtype": kind, f"{block}_meta": _NONE})


def _frame_attributes(blocks: list[str], columns: list[str]) -> dict[str, Any]:
    """What pandas keeps about a frame, in text pickles as PyTables stores them."""
    return {
        "pandas_type": "frame_table",
        "pandas_version": "0.15.2",
        "table_type": "appendable_frame",
        "encoding": "UTF-8",
        "errors": "strict",
        "nan_rep": "nan",
        "levels": np.int64(1),
        "data_columns": _EMPTY,
        "index_cols": b"(l(I0\nVindex\nta.",  # [(0, "index")]
        "values_cols": write_names(blocks),
        "non_index_axes": b"(l(I1\n" + write_names(columns)[:-1] + b"ta.",  # [(1, columns)]
        "info": b"(dI1\n(dVtype\nVIndex\nsVnames\n(lNassVindex\n(ds.",  # {1: {type, names}, "index": {}}
    }


def _set(item: Any, **attributes: Any) -> None:
    """Text as PyTables marks it, UTF-8 of fixed length; pickles as plain bytes."""
    h5py = require("h5py", "hep")
    for name, value in attributes.items():
        if isinstance(value, str):
            item.attrs.create(name, value.encode(), dtype=h5py.string_dtype("utf-8", max(len(value), 1)))
        else:
            item.attrs[name] = np.bytes_(value) if isinstance(value, bytes) else value
