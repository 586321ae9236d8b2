"""Are these jets? Block after block, each fault is named by its row, and what can be repaired is reported."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....errors import DataError
from .chunk import Chunk
from .repairs import FIRST, Repairs
from .source import Block

GEV = {"GeV": 1.0, "MeV": 1e-3, "TeV": 1e3}  # how many GeV the unit is

# The nearest float32 of |p| is half a unit in the last place away; four units are what a few float32 operations leave.
FLOAT32 = 4 * 2.0**-23
# Up to here (|p| - E) / |p| is taken for rounding (four or five digits of a text file), beyond for a wrong momentum.
ROUNDING = 1e-4
# Two constituents of the same pT may swap places by rounding; that is no disorder.
ORDER = 1e-6
# Median jet pT in GeV beyond which no collider is: the benchmark's jets have 550 to 650 GeV, in MeV 550 000.
LARGEST, SMALLEST = 1e4, 1.0


@dataclass(frozen=True)
class Rules:
    """What is done about jets that are not as expected; the arguments of `read_jets`."""

    source: str
    units: str | None
    empty: str
    massless: bool
    max_constituents: int
    dtype: np.dtype


def check_block(block: Block, start: int, rules: Rules, repairs: Repairs) -> Chunk:
    """The jets of a block without padding, in GeV, by falling pT.

    Parameters
    ----------
    block : Block
        Momenta `(B, N, 4)`.
    start : int
        Row of its first jet in the file.
    rules : Rules
    repairs : Repairs
        Takes what was repaired.

    Raises
    ------
    DataError
        If a number is not finite, an energy negative or far below |p|, a jet empty, or the unit is not GeV.
    """
    there = np.logical_or.reduce([block.momenta[..., i] != 0 for i in range(4)])
    counts = there.sum(-1)
    values = block.momenta[there].astype(np.float64)
    tolerance = max(ROUNDING, 4 * _eps(block.momenta.dtype))
    rows = np.repeat(np.arange(len(counts)), counts)
    jets = _Jets(values, rows, np.arange(start, start + len(counts)), rules, repairs)
    jets.require_finite()
    scale = GEV[rules.units or "GeV"]
    if scale != 1.0:
        jets.values *= scale
        repairs.add("units", jets.numbers)
    jets.require_gev(len(counts))
    jets.require_energies(tolerance)
    repairs.add("gaps", jets.numbers[(there[:, 1:] & ~there[:, :-1]).any(-1)])
    jets.sort()
    counts = jets.cut(counts)
    empty = jets.numbers[counts == 0]
    if len(empty) and rules.empty == "error":
        jets.refuse(empty, "jets without a constituent", 'remove them, or keep them with empty="keep"')
    repairs.add("empty", empty)
    truth = None if block.truth is None else _truth(block.truth, scale, jets)
    return Chunk(jets.values.astype(rules.dtype), counts, _labels(block.labels, jets), truth)


@dataclass(eq=False)
class _Jets:
    """Constituents `values` `(M, 4)` in float64 while they are checked; `rows` `(M,)` are their jets in this block."""

    values: np.ndarray
    rows: np.ndarray
    numbers: np.ndarray  # (B,) rows in the file
    rules: Rules
    repairs: Repairs

    def refuse(self, jets: np.ndarray, what: str, advice: str) -> None:
        some = ", ".join(map(str, jets[:FIRST])) + (f" and {len(jets) - FIRST} more" if len(jets) > FIRST else "")
        raise DataError(f"{self.rules.source}: {what} in the rows {some} (counted from 0); {advice}")

    def touched(self, constituents: np.ndarray) -> np.ndarray:
        """Rows in the file of the jets of some constituents `(M,)`, given by a mask."""
        return self.numbers[np.unique(self.rows[constituents])]

    def report(self, name: str, constituents: np.ndarray) -> None:
        self.repairs.add(name, self.touched(constituents), int(constituents.sum()))

    def require_finite(self) -> None:
        with np.errstate(over="ignore"):
            bad = np.isfinite(self.values.astype(self.rules.dtype)).sum(axis=1) < 4
        if bad.any():
            self.refuse(self.touched(bad), "NaN or infinite numbers", "remove or repair them")

    def require_gev(self, jets: int) -> None:
        """Whether jets have the pT of jets, unless the caller says that it is GeV."""
        if self.rules.units == "GeV" or not len(self.values):
            return
        total = np.stack([np.bincount(self.rows, self.values[:, i], jets) for i in (1, 2)])
        typical = float(np.median(np.hypot(*total)[np.unique(self.rows)]))
        if SMALLEST <= typical <= LARGEST:
            return
        given = self.rules.units or "GeV"
        guess = ("MeV" if typical > LARGEST else "TeV") if given == "GeV" else "GeV"
        raise DataError(
            f"{self.rules.source}: read in {given}, the median jet pT is {typical:.3g} GeV, in the jets from row "
            f"{self.numbers[0]} on; expected {SMALLEST:g} to {LARGEST:g} GeV. If they are in {guess}, pass "
            f'units="{guess}"' + ("" if guess == "GeV" else '; if they are in GeV all the same, units="GeV"')
        )

    def require_energies(self, tolerance: float) -> None:
        """No negative energy, none far below |p|; a little below becomes |p|."""
        energy = self.values[:, 0]
        if (energy < 0).any():
            self.refuse(self.touched(energy < 0), "negative energies", "expected (E, px, py, pz), E first")
        momentum = np.sqrt((self.values[:, 1:] ** 2).sum(-1))
        spacelike = energy < momentum * (1 - tolerance)
        if spacelike.any():
            worst = float((momentum[spacelike] - energy[spacelike]).max())
            self.refuse(
                self.touched(spacelike),
                f"spacelike constituents, E < |p| by up to {worst:.3g} GeV,",
                "expected (E, px, py, pz), E first",
            )
        if self.rules.massless:
            off = np.abs(energy - momentum) > momentum * FLOAT32
            self.report("massless", off)
        else:
            off = energy < momentum * (1 - FLOAT32)
            self.report("rounding", off)
            self.report("massive", energy > momentum * (1 + tolerance))
        energy[off] = momentum[off]

    def sort(self) -> None:
        """By falling pT within each jet."""
        pt = np.hypot(self.values[:, 1], self.values[:, 2])
        rising = (pt[1:] > pt[:-1] * (1 + ORDER)) & (self.rows[1:] == self.rows[:-1])
        if not rising.any():
            return
        disordered = np.zeros(len(self.numbers), bool)
        disordered[self.rows[1:][rising]] = True
        places = np.flatnonzero(disordered[self.rows])
        order = np.lexsort((-pt[places], self.rows[places]))  # stable: equal pT keep their order
        self.values[places] = self.values[places[order]]
        self.repairs.add("unsorted", self.numbers[disordered])

    def cut(self, counts: np.ndarray) -> np.ndarray:
        """Leaves the leading constituents; the counts that are left."""
        most = self.rules.max_constituents
        if counts.max(initial=0) <= most:
            return counts
        starts = np.cumsum(counts) - counts
        kept = np.arange(len(self.values)) - starts[self.rows] < most
        self.report("cut", ~kept)
        self.values, self.rows = self.values[kept], self.rows[kept]
        return np.minimum(counts, most)


def _labels(labels: np.ndarray | None, jets: _Jets) -> np.ndarray | None:
    if labels is None:
        return None
    bad = ~((labels == 0) | (labels == 1))
    if bad.any():
        jets.refuse(jets.numbers[bad], "labels that are neither 0 (QCD) nor 1 (top)", "give each jet one of them")
    return labels.astype(np.int64)


def _truth(truth: np.ndarray, scale: float, jets: _Jets) -> np.ndarray:
    bad = ~np.isfinite(truth).all(-1)
    if bad.any():
        jets.refuse(jets.numbers[bad], "truth momenta that are NaN or infinite", "expected numbers, zeros for QCD")
    return (truth * scale).astype(jets.rules.dtype)


def _eps(dtype: np.dtype) -> float:
    return float(np.finfo(dtype).eps) if dtype.kind == "f" else 0.0
