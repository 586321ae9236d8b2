"""Jets out of a file, by its suffix, a chunk at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ....errors import ConfigError, DataError
from .checking import GEV, Rules, check_block
from .chunk import Chunk
from .columns import CONSTITUENTS
from .hdf5 import hdf5_source
from .numpy_files import npy_source, npz_source
from .parquet import parquet_source
from .repairs import Repairs
from .source import Source

CHUNK = 20_000
_BLOCK_BYTES = 1 << 26  # of one block as it lies in the file

_SOURCES: Mapping[str, Callable[[Path], Source]] = {
    ".h5": hdf5_source,
    ".hdf5": hdf5_source,
    ".hdf": hdf5_source,
    ".npz": npz_source,
    ".npy": npy_source,
    ".parquet": parquet_source,
}
SUFFIXES = ", ".join(_SOURCES)


def read_jets(
    path: str | Path,
    *,
    max_constituents: int = CONSTITUENTS,
    units: str | None = None,
    empty: str = "error",
    massless: bool = False,
    labels: bool = False,
    dtype: Any = np.float32,
    chunk_size: int = CHUNK,
    report: Repairs | None = None,
) -> Iterator[Chunk]:
    """Every jet of a file, in its order, checked.

    The Top Quark Tagging Reference Dataset as published, the files of `write_jets`, .npz and .npy arrays, and .parquet
    files with the same columns. A chunk is read at a time; nothing is unpickled.

    Parameters
    ----------
    path : str or Path
    max_constituents : int
        Of a jet with more, those of the highest pT are kept (repair "cut").
    units : str, optional
        "GeV", "MeV" or "TeV" (repair "units"). By default it is GeV, and an error if jets then have a pT that no jet
        has; "GeV" does without that check.
    empty : str
        Jets without a constituent: "error", or "keep".
    massless : bool
        Set E = |p| for all constituents, as they are in the published dataset (repair "massless"). By default only
        energies that rounding left below |p| are set (repair "rounding").
    labels : bool
        Whether a file without labels is an error.
    dtype : dtype
        Of the momenta, float32 or float64.
    chunk_size : int
        Jets in a chunk, at most; fewer where jets are wide.
    report : Repairs, optional
        Filled with what was repaired as the chunks are read.

    Returns
    -------
    iterator of Chunk
        Constituents ordered by falling pT; jets in the order of the file, none left out.

    Raises
    ------
    ConfigError
        If an argument is none of these.
    DataError
        Here, if the file is missing, damaged, or lacks columns; while reading, if numbers are not finite, energies
        negative or far below |p|, jets empty, the unit is not GeV, or labels are neither 0 nor 1, naming the rows.
    MissingExtra
        If the kind of file needs a package that is not installed.
    """
    rules = Rules(str(path), units, empty, massless, max_constituents, np.dtype(dtype))
    _check_arguments(rules, chunk_size)
    source = open_source(path)
    if labels and not source.labelled:
        raise DataError(f'{path}: it does not say which jets are tops; expected a column "is_signal_new" or labels')
    rows = max(1, min(chunk_size, _BLOCK_BYTES // max(source.row_bytes, 1)))
    return _chunks(source, rows, rules, Repairs() if report is None else report)


def count_jets(path: str | Path) -> int:
    """How many jets a file holds, without reading them; errors as `read_jets` raises them at once."""
    return open_source(path).length


def open_source(path: str | Path) -> Source:
    """What `read_jets` reads from; errors as it raises them at once."""
    path = Path(path).expanduser()
    opener = _SOURCES.get(path.suffix.lower())
    if opener is None:
        raise DataError(f"{path}: cannot read {path.suffix or 'a file without suffix'!r}; expected one of {SUFFIXES}")
    if path.is_dir():
        raise DataError(f"{path}: this is a directory; expected a file, one of {SUFFIXES}")
    if not path.exists():
        raise DataError(f"{path}: there is no such file; check the path, the working directory is {Path.cwd()}")
    if not path.stat().st_size:
        raise DataError(f"{path}: the file is empty; write it again")
    source = opener(path)
    if not source.length:
        raise DataError(f"{path}: there are no jets in it; expected at least one")
    return source


def _chunks(source: Source, rows: int, rules: Rules, repairs: Repairs) -> Iterator[Chunk]:
    start = 0
    for block in source.blocks(rows):
        yield check_block(block, start, rules, repairs)
        start += len(block.momenta)


def _check_arguments(rules: Rules, chunk_size: int) -> None:
    if rules.units is not None and rules.units not in GEV:
        raise ConfigError(f"units must be one of {', '.join(GEV)}, got {rules.units!r}")
    if rules.empty not in ("error", "keep"):
        raise ConfigError(f'empty must be "error" or "keep", got {rules.empty!r}')
    if rules.dtype not in (np.float32, np.float64):
        raise ConfigError(f"dtype must be float32 or float64, got {rules.dtype}")
    for name, value in (("max_constituents", rules.max_constituents), ("chunk_size", chunk_size)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ConfigError(f"{name} must be an integer from 1 on, got {value!r}")
