"""`Jets`: labelled jets of unequal length in flat arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np


@dataclass(frozen=True, eq=False)
class Jets:
    """Labelled jets.

    Attributes
    ----------
    values : ndarray, shape (M, 4), float32
        (E, px, py, pz) in GeV of all constituents, jet after jet, descending in pT within a jet, E = |p|.
    counts : ndarray, shape (jets,), int64
        Constituents of each jet.
    labels : ndarray, shape (jets,), int64
        0 for QCD, 1 for top.
    truth : ndarray, shape (jets, 4), float32
        (E, px, py, pz) in GeV of the parton-level top, zeros for QCD.
    """

    values: np.ndarray
    counts: np.ndarray
    labels: np.ndarray
    truth: np.ndarray

    def __len__(self) -> int:
        return len(self.counts)

    def take(self, rows: np.ndarray) -> Jets:
        """The jets of the given numbers, in that order."""
        counts = self.counts[rows]
        shifts = (np.cumsum(self.counts) - self.counts)[rows] - (np.cumsum(counts) - counts)
        index = np.repeat(shifts, counts) + np.arange(counts.sum())
        return Jets(self.values[index], counts, self.labels[rows], self.truth[rows])

    def first(self, size: int) -> Jets:
        """The first jets, without a copy."""
        end = int(self.counts[:size].sum())
        return Jets(self.values[:end], self.counts[:size], self.labels[:size], self.truth[:size])

    def total(self) -> np.ndarray:
        """Momenta (E, px, py, pz) of the jets, shape (jets, 4), float64."""
        ends = np.cumsum(self.counts)
        return np.add.reduceat(self.values.astype(np.float64), ends - self.counts, axis=0)


def join(parts: Sequence[Jets]) -> Jets:
    """Jets one after another."""
    return Jets(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Jets)))
