"""Files that the readers beside it read."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from ...atomic import write_atomically
from ...errors import DataError, require


def write_arrays(path: str | Path, arrays: Mapping[str, np.ndarray], table: tuple[Sequence[str], np.ndarray]) -> None:
    """Write a .npz, .h5 or .csv file, all at once or not at all.

    Parameters
    ----------
    path : str or Path
    arrays : mapping
        What a .npz or .h5 file holds.
    table : tuple
        Names of the columns and rows of a .csv file: the same numbers.

    Raises
    ------
    DataError
        If the suffix is another one, or the folder is missing or cannot be written.
    """
    path = Path(path).expanduser()
    encode = _ENCODERS.get(path.suffix.lower())
    if encode is None:
        raise DataError(f"{path}: cannot write {path.suffix or 'a file without suffix'!r}; expected .npz, .csv or .h5")
    try:
        write_atomically(path, encode(arrays, table))
    except OSError as error:
        raise DataError(f"{path}: the file cannot be written ({error.strerror}); choose another folder") from error


def _npz(arrays: Mapping[str, np.ndarray], _: tuple[Sequence[str], np.ndarray]) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **dict(arrays))  # type: ignore[arg-type]
    return stream.getvalue()


def _hdf5(arrays: Mapping[str, np.ndarray], _: tuple[Sequence[str], np.ndarray]) -> bytes:
    h5py, stream = require("h5py", "train"), io.BytesIO()
    with h5py.File(stream, "w") as file:
        for name, array in arrays.items():
            file[name] = array
    return stream.getvalue()


def _csv(_: Mapping[str, np.ndarray], table: tuple[Sequence[str], np.ndarray]) -> bytes:
    """Every digit, so that float64 comes back unchanged; whole numbers without a point."""
    columns, rows = table
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([int(v) if v == int(v) else repr(v) for v in row] for row in rows.tolist())
    return stream.getvalue().encode()


_ENCODERS: Mapping[str, Callable[..., bytes]] = {".npz": _npz, ".csv": _csv, ".h5": _hdf5, ".hdf5": _hdf5}
