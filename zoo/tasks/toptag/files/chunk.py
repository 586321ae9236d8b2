"""`Chunk`: jets that lie next to each other in a file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ....errors import DataError

FORM = "values (M, 4), counts (B,), labels (B,) or None, truth (B, 4) or None"


@dataclass(frozen=True, eq=False)
class Chunk:
    """B jets without padding.

    Attributes
    ----------
    values : ndarray
        Four-momenta (E, px, py, pz) `(M, 4)` in GeV, the constituents of the first jet first, each jet's by falling pT.
    counts : ndarray
        Constituents of each jet, `(B,)` int64.
    labels : ndarray or None
        1 for a top, 0 for QCD, `(B,)` int64.
    truth : ndarray or None
        Four-momentum of the generated top quark in GeV, zeros for QCD, `(B, 4)`.
    """

    values: np.ndarray
    counts: np.ndarray
    labels: np.ndarray | None = None
    truth: np.ndarray | None = None

    def __post_init__(self) -> None:
        jets = len(self.counts)
        fits = (
            self.values.ndim == 2
            and self.values.shape[1] == 4
            and self.counts.ndim == 1
            and int(self.counts.sum()) == len(self.values)
            and (self.labels is None or self.labels.shape == (jets,))
            and (self.truth is None or self.truth.shape == (jets, 4))
        )
        if not fits:
            shapes = [None if a is None else a.shape for a in (self.values, self.counts, self.labels, self.truth)]
            raise DataError(f"jets are {FORM}, with counts that add up to M; got the shapes {shapes}")

    def __len__(self) -> int:
        return len(self.counts)

    def __repr__(self) -> str:
        return f"Chunk({len(self)} jets, {len(self.values)} constituents, labels: {self.labels is not None})"

    @property
    def starts(self) -> np.ndarray:
        """Where each jet begins in `values`, and the end of the last one: `(B + 1,)`."""
        return np.concatenate([[0], np.cumsum(self.counts)])

    def dense(self, width: int | None = None) -> np.ndarray:
        """Zero padded `(B, N, 4)`, N the largest count of these jets unless `width` says otherwise."""
        longest = int(self.counts.max(initial=0))
        width = longest if width is None else width
        if width < longest:
            raise DataError(f"a jet has {longest} constituents, more than the width {width}")
        padded = np.zeros((len(self), width, 4), self.values.dtype)
        padded[np.arange(width) < self.counts[:, None]] = self.values
        return padded

    def between(self, start: int, stop: int) -> Chunk:
        """The jets from `start` up to and without `stop`, without a copy."""
        rows, ends = slice(start, stop), self.starts
        labels = None if self.labels is None else self.labels[rows]
        truth = None if self.truth is None else self.truth[rows]
        first, last = ends[min(start, len(self))], ends[min(stop, len(self))]
        return Chunk(self.values[first:last], self.counts[rows], labels, truth)


def join(chunks: Iterable[Chunk]) -> Chunk:
    """All jets in one chunk; needs the room of the result and of one chunk, not twice the result.

    Raises
    ------
    DataError
        If some chunks have labels or truth and others have none, or there is no chunk.
    """
    counts, labels, truth = [], [], []
    values = np.empty((0, 4), np.float32)
    for chunk in chunks:
        if chunk.values.dtype != values.dtype:
            values = values.astype(np.result_type(values, chunk.values) if counts else chunk.values.dtype)
        # a list of arrays and its concatenation would take the room twice; nothing else refers to these values yet
        values.resize((len(values) + len(chunk.values), 4), refcheck=False)
        values[len(values) - len(chunk.values) :] = chunk.values
        counts.append(chunk.counts)
        labels.append(chunk.labels)
        truth.append(chunk.truth)
    if not counts:
        raise DataError("there are no jets to join; expected at least one chunk")
    return Chunk(values, np.concatenate(counts), _all_or_none(labels, "labels"), _all_or_none(truth, "truth"))


def _all_or_none(parts: list[np.ndarray | None], name: str) -> np.ndarray | None:
    there = [part for part in parts if part is not None]
    if len(there) not in (0, len(parts)):
        raise DataError(f"some chunks have {name} and others have none; give them to all jets or to none")
    return np.concatenate(there) if there else None
