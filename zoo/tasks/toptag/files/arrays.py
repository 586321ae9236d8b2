"""Jets as plain arrays: which array says what, whatever kind of file it lies in, read piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ....errors import DataError
from .source import Block, Source, damage_named

Reader = Callable[[int], np.ndarray]  # the next entries along the first axis
Shapes = Mapping[str, tuple[tuple[int, ...], np.dtype]]
Opener = Callable[[Path, list[str]], AbstractContextManager[Mapping[str, Reader]]]

MOMENTA = ("momenta", "x", "Pmu")
LABELS = ("labels", "label", "y", "is_signal_new", "is_signal")
EXPECTED = (
    '"momenta" (or "x") of shape (B, N, 4), or "values" (M, 4) and "counts" (B,); '
    '"labels" (or "label", "y", "is_signal_new") (B,), "mask" (B, N) and "truth" (B, 4) may be there'
)


@dataclass(frozen=True)
class _Layout:
    """Names of the arrays; either `momenta`, or `values` and `counts`."""

    momenta: str | None
    labels: str | None
    others: tuple[str, ...]  # of values, counts, mask, truth

    @property
    def names(self) -> list[str]:
        return [name for name in (self.momenta, self.labels, *self.others) if name is not None]


def array_source(path: Path, shapes: Shapes, opener: Opener) -> Source:
    """The jets in the arrays of a file.

    Parameters
    ----------
    path : Path
    shapes : mapping
        Shape and dtype of each array by name.
    opener : callable
        ``opener(path, names)`` opens the file; the context is a reader of each of these arrays.

    Raises
    ------
    DataError
        If the arrays that are needed are missing or have other shapes.
    """
    layout = _layout(path, shapes)
    _require_shapes(path, shapes, layout)
    counts = None
    if layout.momenta is None:
        with damage_named(path), opener(path, ["counts"]) as readers:
            counts = _checked_counts(readers["counts"](shapes["counts"][0][0]), shapes["values"][0][0], path)
    length, width = shapes[str(layout.momenta)][0][:2] if counts is None else (len(counts), int(counts.max(initial=0)))
    dtype = shapes[layout.momenta or "values"][1]

    def blocks(rows: int) -> Iterator[Block]:
        with damage_named(path), opener(path, [name for name in layout.names if name != "counts"]) as readers:
            for start in range(0, length, rows):
                here = min(rows, length - start)
                if counts is None:
                    momenta = readers[str(layout.momenta)](here)
                    if "mask" in layout.others:
                        momenta = np.where(readers["mask"](here).astype(bool)[..., None], momenta, 0)
                else:
                    momenta = _padded(readers["values"], counts[start : start + here])
                labels = readers[layout.labels](here).reshape(-1) if layout.labels else None
                yield Block(momenta, labels, readers["truth"](here) if "truth" in layout.others else None)

    return Source(length, max(width, 1) * 4 * dtype.itemsize, layout.labels is not None, blocks)


def _layout(path: Path, shapes: Shapes) -> _Layout:
    momenta = [name for name in MOMENTA if name in shapes]
    labels = [name for name in LABELS if name in shapes]
    ragged = {"values", "counts"} <= set(shapes)
    if len(momenta) + ragged != 1:
        found = ", ".join(sorted(shapes)) or "none"
        what = "no array of four-momenta" if not momenta else "several arrays that may be the four-momenta"
        raise DataError(f"{path}: {what} (found: {found}); expected {EXPECTED}")
    if len(labels) > 1:
        raise DataError(f"{path}: several arrays may be the labels ({', '.join(labels)}); keep one of them")
    others = ("values", "counts", "truth") if ragged else ("mask", "truth")
    return _Layout(
        None if ragged else momenta[0],
        labels[0] if labels else None,
        tuple(name for name in others if name in shapes),
    )


def _require_shapes(path: Path, shapes: Shapes, layout: _Layout) -> None:
    leading = shapes[layout.momenta or "counts"][0]
    jets, width = (*leading, None, None)[:2]
    expected: dict[str, list[tuple[int | None, ...]]] = {
        "values": [(None, 4)],
        "counts": [(jets,)],
        "mask": [(jets, width)],
        "truth": [(jets, 4)],
        str(layout.momenta): [(jets, width, 4)],
        str(layout.labels): [(jets,), (jets, 1)],
    }
    for name in layout.names:
        shape, dtype = shapes[name]
        if dtype.kind not in "fiub":
            raise DataError(f"{path}, {name}: the dtype is {dtype}; expected floating point numbers or integers")
        if not any(_fits(shape, wanted) for wanted in expected[name]):
            raise DataError(f"{path}, {name}: the shape is {shape}; expected {EXPECTED}")


def _fits(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    return len(shape) == len(wanted) and all(w in (None, n) for n, w in zip(shape, wanted, strict=True))


def _checked_counts(counts: np.ndarray, values: int, path: Path) -> np.ndarray:
    if counts.dtype.kind not in "iu" or counts.min(initial=0) < 0 or int(counts.sum()) != values:
        raise DataError(
            f'{path}: "counts" must be integers from 0 on that add up to the {values} rows of "values"; got '
            f"{counts.dtype} with the sum {counts.sum()}"
        )
    return counts.astype(np.int64)


def _padded(values: Reader, counts: np.ndarray) -> np.ndarray:
    rows = values(int(counts.sum()))
    momenta = np.zeros((len(counts), int(counts.max(initial=0)), 4), rows.dtype)
    momenta[np.arange(momenta.shape[1]) < counts[:, None]] = rows
    return momenta
