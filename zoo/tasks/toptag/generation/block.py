"""One block of jets: events, detector, jets, until enough have been accepted."""

from __future__ import annotations

import numpy as np

from ....errors import ConfigError, DataError
from .detector import energy_flow
from .events import Batch, collide
from .leading import leading_jets
from .particles import Objects
from .ragged_jets import Jets, join
from .spec import Spec, get_spec, seeds_of

# About one event in ten has a jet that is accepted; settings that give far fewer, of enough events, are a mistake.
_LEAST_ACCEPTANCE = 1e-3
_ENOUGH_EVENTS = 5000


def generate_block(spec: Spec | str, label: int, block: int, *, seed: int = 0, split: str = "train") -> Jets:
    """The accepted jets of one block; the same whenever and wherever it is made.

    Parameters
    ----------
    spec : Spec or str
    label : {0, 1}
        QCD or top.
    block : int
        Number of the block, from 0 on.
    seed : int
    split : str
        Splits with the same seed are independent of each other.

    Raises
    ------
    MissingExtra
        If Pythia, FastJet or awkward is not installed.
    ConfigError
        If the spec is unknown or the label is neither 0 nor 1.
    DataError
        If hardly any event is accepted.
    """
    spec = get_spec(spec)
    if label not in (0, 1):
        raise ConfigError(f"jets are QCD (label 0) or top (label 1), got label {label!r}")
    seeds = seeds_of(spec, split, seed, label, block)
    random = np.random.default_rng(seeds.detector)
    parts, accepted, events = [], 0, 0
    for batch in collide(spec.pythia(label), seeds.pythia, spec.batch, tops=label == 1):
        parts.append(leading_jets(_reconstruct(batch, spec, random), batch.events, batch.tops, spec.selection))
        accepted, events = accepted + len(parts[-1]), events + batch.events
        if accepted >= spec.block:
            break
        if events >= _ENOUGH_EVENTS and accepted < _LEAST_ACCEPTANCE * events:
            raise DataError(f"{accepted} jets of {events} events pass the selection of the spec {spec.name}: widen it")
    return join(parts).first(spec.block)


def _reconstruct(batch: Batch, spec: Spec, random: np.random.Generator) -> Objects:
    if spec.detector is None:
        return Objects(batch.particles.event, batch.particles.momentum)
    return energy_flow(batch.particles, spec.detector, random)
