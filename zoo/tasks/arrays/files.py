"""Arrays out of a file, by its suffix."""

from __future__ import annotations

import csv
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...errors import DataError, require

UNNAMED = ""


@dataclass(frozen=True)
class Content:
    """What a file held.

    Attributes
    ----------
    source : str
        The path, for messages.
    arrays : mapping
        By name; the one array of a .npy or .csv file is called "".
    header : tuple of str or None
        Names of the columns, where a .csv file gives them.
    """

    source: str
    arrays: Mapping[str, np.ndarray]
    header: tuple[str, ...] | None = None

    @property
    def is_table(self) -> bool:
        """Whether it was a .csv file."""
        return self.source.lower().endswith(".csv")

    def array(self, name: str, purpose: str) -> np.ndarray:
        """The array of that name, or a `DataError` that says what there is; `purpose` says what was expected."""
        if name not in self.arrays:
            found = ", ".join(sorted(self.arrays)) or "none"
            raise DataError(f'{self.source}: no array is called "{name}" (found: {found}); expected {purpose}')
        return self.arrays[name]


def read_file(path: str | Path) -> Content:
    """Read a .npz, .npy, .csv or .h5 file; the arrays are not checked yet.

    Raises
    ------
    DataError
        If the file is missing, empty, damaged, or of another kind.
    MissingExtra
        If it is HDF5 and h5py is not installed.
    """
    path = Path(path).expanduser()
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise DataError(f"{path}: cannot read {path.suffix or 'a file without suffix'!r}; expected {_SUFFIXES}")
    if path.is_dir():
        raise DataError(f"{path}: this is a directory; expected a file, {_SUFFIXES}")
    if not path.exists():
        raise DataError(f"{path}: there is no such file; check the path, the working directory is {Path.cwd()}")
    try:
        if not path.stat().st_size:
            raise DataError(f"{path}: the file is empty; write it again")
        return reader(path)
    except OSError as error:
        raise DataError(f"{path}: the file cannot be read ({error}); is it complete, and may you read it?") from error


def _read_npy(path: Path) -> Content:
    loaded = _unpickled(path)
    if isinstance(loaded, dict):
        raise DataError(f"{path}: this is an .npz archive under another name; rename it to {path.stem}.npz")
    return Content(str(path), {UNNAMED: loaded})


def _read_npz(path: Path) -> Content:
    loaded = _unpickled(path)
    if not isinstance(loaded, dict):
        raise DataError(f"{path}: this is not an .npz archive; write it with numpy.savez")
    return Content(str(path), loaded)


def _unpickled(path: Path) -> np.ndarray | dict[str, np.ndarray]:
    try:
        with path.open("rb") as file:
            loaded = np.load(file, allow_pickle=False)
            return loaded if isinstance(loaded, np.ndarray) else {name: loaded[name] for name in loaded.files}
    except (ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(
            f"{path}: numpy cannot read it without unpickling, which is never done ({error}); write plain arrays of "
            "numbers with numpy.save or numpy.savez"
        ) from error


def _read_hdf5(path: Path) -> Content:
    h5py = require("h5py", "train")
    with h5py.File(path, "r") as file:
        return Content(str(path), {name: item[()] for name, item in file.items() if isinstance(item, h5py.Dataset)})


def _read_csv(path: Path) -> Content:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file)
            lines = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if any(map(str.strip, row))]
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: this is not a text file of comma separated numbers ({error})") from error
    header = None
    if lines and not all(map(_is_number, lines[0][1])):
        header = tuple(cell.lstrip("# ") for cell in lines.pop(0)[1])
    if not lines:
        raise DataError(f"{path}: the file holds no numbers; expected a row of comma separated numbers a line")
    width = len(header or lines[0][1])
    for number, row in lines:
        if len(row) != width:
            raise DataError(f"{path}, line {number}: {len(row)} columns, but the lines before have {width}")
        for column, cell in enumerate(row, start=1):
            if not _is_number(cell):
                raise DataError(f"{path}, line {number}, column {column}: {cell!r} is not a number")
    return Content(str(path), {UNNAMED: np.array([row for _, row in lines], dtype=np.float64)}, header)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


_READERS = {
    ".npz": _read_npz,
    ".npy": _read_npy,
    ".csv": _read_csv,
    ".h5": _read_hdf5,
    ".hdf5": _read_hdf5,
}
_SUFFIXES = "one of .npz, .npy, .csv, .h5"
