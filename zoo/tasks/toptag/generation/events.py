"""Proton collisions from Pythia 8, a batch of events at a time, as flat arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ....errors import DataError, require
from .particles import Particles

_TOP, _W = 6, 24
_NEUTRINOS = (12, 14, 16)
_METRES_PER_MILLIMETRE = 1e-3
# Batches that Pythia may fail altogether before giving up.
_PATIENCE = 3


@dataclass(frozen=True, eq=False)
class Batch:
    """Events.

    Attributes
    ----------
    events : int
    particles : Particles
        Stable and visible.
    tops : ndarray, shape (events, 2, 4, 4)
        Momenta (E, px, py, pz) of top and antitop before they decay, each with its three decay quarks behind it;
        of shape (events, 0, 4, 4) for events without tops. NaN where a record does not hold exactly one of each.
    """

    events: int
    particles: Particles
    tops: np.ndarray


def collide(settings: Sequence[str], seed: int, size: int, tops: bool) -> Iterator[Batch]:
    """Batches of `size` events without end (fewer where Pythia gave up on an event).

    Raises
    ------
    MissingExtra
        If Pythia is not installed.
    DataError
        If Pythia refuses a setting or cannot make events.
    """
    pythia = _start(settings, seed)
    failures = 0
    while failures < _PATIENCE:
        events = pythia.nextBatch(size)
        failures = 0 if len(events) else failures + 1
        if len(events):
            yield _unpack(events, pythia.particleData, tops)
    raise DataError("Pythia makes no events with these settings: see what it prints without 'Print:quiet = on'")


def _start(settings: Sequence[str], seed: int) -> Any:
    require("awkward", "hep")
    pythia = require("pythia8mc", "hep").Pythia("", False)
    for line in ("Print:quiet = on", "Random:setSeed = on", f"Random:seed = {seed}", *settings):
        if not pythia.readString(line):
            raise DataError(f"Pythia does not know the setting {line!r}")
    if not pythia.init():
        raise DataError("Pythia cannot start with these settings: see what it prints without 'Print:quiet = on'")
    return pythia


def _unpack(events: Any, particle_data: Any, tops: bool) -> Batch:
    awkward = require("awkward", "hep")
    records = events.prt
    counts = awkward.to_numpy(awkward.num(records))
    flat = awkward.flatten(records)
    event = np.repeat(np.arange(len(counts)), counts)
    pdg = awkward.to_numpy(flat.id)
    rows = np.flatnonzero((awkward.to_numpy(flat.status) > 0) & ~np.isin(np.abs(pdg), _NEUTRINOS))
    momentum = np.stack([awkward.to_numpy(flat.p[name]) for name in ("e", "px", "py", "pz")], axis=-1)
    origin = flat.vProd[rows]
    vertex = np.stack([awkward.to_numpy(awkward.fill_none(origin[name], 0.0)) for name in ("px", "py", "pz")], axis=-1)
    particles = Particles(
        event[rows],
        pdg[rows],
        _charges(pdg[rows], particle_data),
        momentum[rows, 1:],
        momentum[rows, 0],
        vertex * _METRES_PER_MILLIMETRE,
    )
    daughters = np.stack([awkward.to_numpy(flat.daughter1), awkward.to_numpy(flat.daughter2)], axis=-1)
    daughters = daughters + (np.cumsum(counts) - counts)[event, None]
    found = _tops(event, pdg, daughters, momentum) if tops else np.zeros((len(counts), 0, 4, 4))
    return Batch(len(counts), particles, found)


def _charges(pdg: np.ndarray, particle_data: Any) -> np.ndarray:
    numbers, place = np.unique(pdg, return_inverse=True)
    return np.array([particle_data.charge(int(number)) for number in numbers])[place]


def _tops(event: np.ndarray, pdg: np.ndarray, daughters: np.ndarray, momentum: np.ndarray) -> np.ndarray:
    """Top, its other decay quark and the two quarks of its W, for top and antitop; NaN where there is not one each."""
    found = []
    for sign in (1, -1):
        top, one_top = _last_copy(event, pdg, daughters, sign * _TOP)
        boson, one_boson = _last_copy(event, pdg, daughters, sign * _W)
        # The W is one of the two daughters of the top; the other is the quark.
        first = pdg[daughters[top, 0]] == sign * _W
        quark = np.where(first, daughters[top, 1], daughters[top, 0])
        decay = momentum[np.stack([top, quark, daughters[boson, 0], daughters[boson, 1]], axis=-1)]
        found.append(np.where((one_top & one_boson)[:, None, None], decay, np.nan))
    return np.stack(found, axis=1)


def _last_copy(event: np.ndarray, pdg: np.ndarray, daughters: np.ndarray, number: int) -> tuple[np.ndarray, np.ndarray]:
    """For each event, the row of the particle of that number that decays, and whether there is exactly one.

    The copies before it only recoil or radiate.
    """
    rows = np.flatnonzero(pdg == number)
    rows = rows[(pdg[daughters[rows]] != number).all(axis=1)]
    place = np.zeros(event[-1] + 1, np.int64)
    place[event[rows]] = rows
    return place, np.bincount(event[rows], minlength=len(place)) == 1
