"""`Repairs`: what was changed in a user's jets, how often, and where first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

FIRST = 5  # row numbers that are kept of each repair

MEANINGS: Mapping[str, str] = {
    "units": "momenta were converted to GeV",
    "gaps": "zeros stood between constituents; the constituents behind were moved up",
    "rounding": "energies were below |p| by rounding and were set to |p|",
    "massless": "energies were set to |p|, as asked",
    "unsorted": "constituents were not in the order of falling pT and were sorted",
    "cut": "jets had more constituents than are kept; those of the lowest pT were left out",
    "empty": "jets without a constituent were kept, as asked",
    "massive": (
        "constituents have masses, which was left as it is; taggers trained on massless constituents misjudge them "
        "(massless=True sets E = |p|)"
    ),
}


@dataclass(frozen=True)
class Repair:
    """One kind of repair.

    Attributes
    ----------
    name : str
        A key of `MEANINGS`.
    jets, constituents : int
        How many it touched; constituents is 0 where the repair concerns whole jets.
    first : tuple of int
        Rows of the first few jets that it touched, counted from 0.
    """

    name: str
    jets: int
    constituents: int
    first: tuple[int, ...]

    def __str__(self) -> str:
        touched = f"{self.jets} {'jet' if self.jets == 1 else 'jets'}"
        if self.constituents:
            touched = f"{self.constituents} {'constituent' if self.constituents == 1 else 'constituents'} of {touched}"
        rows = ", ".join(map(str, self.first)) + (", ..." if self.jets > len(self.first) else "")
        return f"{self.name}: {MEANINGS[self.name]} ({touched}; rows {rows})"


class Repairs:
    """Fills while a file is read; empty if the file was as it should be.

    Iterating gives a `Repair` of each kind, `lines()` a sentence of each.
    """

    def __init__(self) -> None:
        self._kinds: dict[str, Repair] = {}

    def __iter__(self) -> Iterator[Repair]:
        return iter([self._kinds[name] for name in MEANINGS if name in self._kinds])

    def __len__(self) -> int:
        return len(self._kinds)

    def __getitem__(self, name: str) -> Repair:
        """The repair of that name; one that touched nothing if there was none."""
        return self._kinds.get(name) or Repair(name, 0, 0, ())

    def __contains__(self, name: object) -> bool:
        return name in self._kinds

    def __str__(self) -> str:
        return "\n".join(self.lines()) or "nothing was repaired"

    def lines(self) -> list[str]:
        """A sentence for each kind."""
        return [str(repair) for repair in self]

    def add(self, name: str, rows: np.ndarray, constituents: int = 0) -> None:
        """Count one more chunk's repairs: the `rows` `(n,)` of its jets in the file, rising; none is no repair."""
        if name not in MEANINGS:
            raise KeyError(name)
        if len(rows):
            old = self[name]
            first = (*old.first, *map(int, rows[: FIRST - len(old.first)]))[:FIRST]
            self._kinds[name] = Repair(name, old.jets + len(rows), old.constituents + constituents, first)
