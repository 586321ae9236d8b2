"""Parquet files with the columns of the published dataset."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ....errors import DataError, require
from .columns import find_columns
from .source import Block, Source, damage_named

# pyarrow otherwise holds a whole row group, and pandas writes a million rows into one
_STREAMED = {"pre_buffer": False, "buffer_size": 1 << 16}


def parquet_source(path: Path) -> Source:
    """The jets of a .parquet file.

    Raises
    ------
    DataError
        If the file is damaged, or columns are missing or no numbers.
    MissingExtra
        If pyarrow is not installed.
    """
    parquet, arrow = require("pyarrow.parquet", "hep"), require("pyarrow", "hep")
    with damage_named(path), parquet.ParquetFile(path) as file:
        schema, length = file.schema_arrow, file.metadata.num_rows
    columns = find_columns(schema.names, str(path))
    label = () if columns.label is None else (columns.label,)
    names = [*columns.momenta, *columns.truth, *label]
    for name in names:
        kind = schema.field(name).type
        if not (arrow.types.is_floating(kind) or arrow.types.is_integer(kind) or arrow.types.is_boolean(kind)):
            raise DataError(f"{path}, column {name}: it holds {kind}; expected floating point numbers or integers")
    # float64 only where the file has it
    wide = any(schema.field(name).type == arrow.float64() for name in columns.momenta)
    dtype = np.dtype(np.float64 if wide else np.float32)

    def blocks(rows: int) -> Iterator[Block]:
        with damage_named(path), parquet.ParquetFile(path, **_STREAMED) as file:
            for batch in file.iter_batches(rows, columns=names):
                momenta = _matrix(batch, columns.momenta, dtype).reshape(-1, columns.width, 4)
                labels = _matrix(batch, label, np.dtype(np.float64))[:, 0] if label else None
                truth = _matrix(batch, columns.truth, dtype) if columns.truth else None
                yield Block(momenta, labels, truth)

    return Source(length, len(names) * dtype.itemsize, columns.label is not None, blocks)


def _matrix(batch: Any, names: tuple[str, ...], dtype: np.dtype) -> np.ndarray:
    """Those columns `(B, n)`; what is missing in the file becomes NaN."""
    matrix = np.empty((batch.num_rows, len(names)), dtype)
    for i, name in enumerate(names):
        matrix[:, i] = batch.column(name).to_numpy(zero_copy_only=False)
    return matrix
