"""Jets into a file that every reader of the published dataset reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np

from ....atomic import open_atomically
from ....errors import DataError, require
from .chunk import Chunk, join
from .columns import CONSTITUENTS, LABEL, SPLIT, TRUTH, constituent_columns
from .hdf5_writing import write_table

ROWS = 8192  # written at a time, so that the bytes do not depend on how the jets arrive


def write_jets(path: str | Path, chunks: Iterable[Chunk] | Chunk, *, ttv: int = 0) -> int:
    """Write jets a chunk at a time; the file appears when it is complete.

    Parameters
    ----------
    path : str or Path
        .h5: the published form, `pandas.read_hdf(path, key="table")` reads it. .parquet: the same columns.
        .npz: "values", "counts", "labels" and "truth", which is held in memory.
    chunks : iterable of Chunk, or Chunk
        All of them with labels, or none; then there is no column of labels. Without truth, its columns are zeros.
    ttv : int
        The column of that name, by which the published dataset tells its splits apart; 0 in its training set.

    Returns
    -------
    int
        Jets written. The same jets give the same bytes, however they are cut into chunks.

    Raises
    ------
    DataError
        If there are no jets, one has more than 200 constituents, or the file cannot be written.
    MissingExtra
        If the kind of file needs a package that is not installed.
    """
    path = Path(path).expanduser()
    encode = _ENCODERS.get(path.suffix.lower())
    if encode is None:
        known = ", ".join(_ENCODERS)
        raise DataError(f"{path}: cannot write {path.suffix or 'a file without suffix'!r}; expected one of {known}")
    chunks = iter([chunks] if isinstance(chunks, Chunk) else chunks)
    try:
        with open_atomically(path) as stream:
            return encode(stream, _blocks(chunks, path), ttv)
    except OSError as error:
        raise DataError(
            f"{path}: the file cannot be written ({error.strerror or error}); choose another folder"
        ) from error


def _blocks(chunks: Iterator[Chunk], path: Path) -> Iterator[Chunk]:
    """The same jets, `ROWS` at a time."""
    waiting: list[Chunk] = []
    have, form = 0, None
    for chunk in chunks:
        form = _checked(chunk, form, path)
        start = 0
        while start < len(chunk):
            piece = chunk.between(start, start + ROWS - have)
            waiting.append(piece)
            start, have = start + len(piece), have + len(piece)
            if have == ROWS:
                yield join(waiting)
                waiting, have = [], 0
    if waiting:
        yield join(waiting)
    elif form is None:
        raise DataError(f"{path}: there are no jets to write; expected at least one")


def _checked(chunk: Chunk, form: tuple[bool, bool] | None, path: Path) -> tuple[bool, bool] | None:
    """Whether a chunk has labels and truth, which must be as in the chunks before it."""
    if not len(chunk):
        return form
    if int(chunk.counts.max()) > CONSTITUENTS:
        raise DataError(f"{path}: a jet has {int(chunk.counts.max())} constituents; at most {CONSTITUENTS} can be kept")
    found = (chunk.labels is not None, chunk.truth is not None)
    if form not in (None, found):
        raise DataError(f"{path}: some chunks have labels or truth and others have none; give them to all or to none")
    return found


def _hdf5(stream: IO[bytes], blocks: Iterator[Chunk], ttv: int) -> int:
    jets = 0
    with require("h5py", "hep").File(stream, "w") as file:
        for block in blocks:
            integers = {SPLIT: np.full(len(block), ttv), **_labels(block)}
            write_table(file, jets, _momenta(block), (*constituent_columns(), *TRUTH), integers)
            jets += len(block)
    return jets


def _parquet(stream: IO[bytes], blocks: Iterator[Chunk], ttv: int) -> int:
    arrow, parquet = require("pyarrow", "hep"), require("pyarrow.parquet", "hep")
    jets, writer = 0, None
    try:
        for block in blocks:
            columns: dict[str, Any] = dict(zip((*constituent_columns(), *TRUTH), _momenta(block).T, strict=True))
            table = arrow.table({**columns, SPLIT: np.full(len(block), ttv), **_labels(block)})
            writer = writer or parquet.ParquetWriter(stream, table.schema, compression="zstd")
            writer.write_table(table)
            jets += len(block)
    finally:
        if writer is not None:
            writer.close()
    return jets


def _npz(stream: IO[bytes], blocks: Iterator[Chunk], ttv: int) -> int:
    jets = join(blocks)
    arrays = {"values": jets.values, "counts": jets.counts, "labels": jets.labels, "truth": jets.truth}
    np.savez_compressed(stream, **{name: array for name, array in arrays.items() if array is not None})  # type: ignore[arg-type]
    return len(jets)


def _momenta(block: Chunk) -> np.ndarray:
    """The float columns `(B, 804)`."""
    truth = np.zeros((len(block), 4)) if block.truth is None else block.truth
    momenta = block.dense(CONSTITUENTS).reshape(len(block), -1)
    return np.concatenate([momenta, truth], axis=1, dtype=np.float32)


def _labels(block: Chunk) -> dict[str, np.ndarray]:
    return {} if block.labels is None else {LABEL: block.labels.astype(np.int64)}


_ENCODERS: Mapping[str, Callable[[IO[bytes], Iterator[Chunk], int], int]] = {
    ".h5": _hdf5,
    ".hdf5": _hdf5,
    ".parquet": _parquet,
    ".npz": _npz,
}
