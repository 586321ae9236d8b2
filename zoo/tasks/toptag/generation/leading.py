"""The leading jet of each event, its constituents, and whether it is a top's."""

from __future__ import annotations

from typing import Any

import numpy as np

from ....errors import require
from .particles import Objects, pseudorapidity, separation, transverse
from .ragged_jets import Jets
from .spec import Selection


def leading_jets(objects: Objects, events: int, tops: np.ndarray, selection: Selection) -> Jets:
    """Cluster with anti-kT, and keep the leading jets that pass the selection.

    Parameters
    ----------
    objects : Objects
    events : int
    tops : ndarray, shape (events, t, 4, 4)
        As in `Batch`; with t = 0 the jets are QCD and no matching is asked for.
    selection : Selection
    """
    awkward = require("awkward", "hep")
    cluster = _cluster(objects, events, selection.radius)
    found = cluster.inclusive_jets(min_pt=selection.pt_min)
    flat = awkward.flatten(found)
    momentum = np.stack([awkward.to_numpy(flat[name]) for name in ("px", "py", "pz")], axis=-1)
    event = np.repeat(np.arange(events), awkward.to_numpy(awkward.num(found)))
    members = awkward.flatten(cluster.constituent_index(min_pt=selection.pt_min))
    index = awkward.to_numpy(awkward.flatten(members))
    offsets = np.concatenate([[0], np.cumsum(awkward.to_numpy(awkward.num(members)))])
    parts, truths = [], []
    starts = np.searchsorted(objects.event, np.arange(events))
    for jet in _leading(event, transverse(momentum)):
        truth = _match(momentum[jet], tops[event[jet]], selection)
        if truth is not None and _in_window(momentum[jet], selection):
            rows = starts[event[jet]] + index[offsets[jet] : offsets[jet + 1]]
            parts.append(_constituents(objects.momentum[rows], selection.constituents))
            truths.append(truth)
    values = np.concatenate(parts) if parts else np.zeros((0, 4), np.float32)
    counts = np.array([len(part) for part in parts], np.int64)
    labels = np.full(len(parts), int(tops.shape[1] > 0), np.int64)
    return Jets(values, counts, labels, np.array(truths, np.float32).reshape(-1, 4))


def massless(momentum: np.ndarray) -> np.ndarray:
    """(E, px, py, pz) in float32 with E = |p| of the rounded momenta, so that masses vanish to rounding."""
    rounded = momentum.astype(np.float32)
    energy = np.linalg.norm(rounded.astype(np.float64), axis=-1, keepdims=True)
    return np.concatenate([energy.astype(np.float32), rounded], axis=-1)


def _cluster(objects: Objects, events: int, radius: float) -> Any:
    awkward, fastjet = require("awkward", "hep"), require("fastjet", "hep")
    _silence_banner()
    energy = np.linalg.norm(objects.momentum, axis=-1)
    columns = dict(zip(("px", "py", "pz"), objects.momentum.T.copy(), strict=True)) | {"E": energy}
    flat = awkward.zip(columns, with_name="Momentum4D")
    rows = awkward.unflatten(flat, np.bincount(objects.event, minlength=events))
    return fastjet.ClusterSequence(rows, fastjet.JetDefinition(fastjet.antikt_algorithm, radius))


def _silence_banner() -> None:
    """FastJet otherwise writes its banner into standard output, where a program's own results belong."""
    require("fastjet._swig", "hep").ClusterSequence.set_fastjet_banner_stream(None)


def _leading(event: np.ndarray, pt: np.ndarray) -> np.ndarray:
    """Row of the jet of highest pT in each event that has one."""
    order = np.lexsort((-pt, event))
    return order[np.flatnonzero(np.diff(event[order], prepend=-1))]


def _in_window(momentum: np.ndarray, selection: Selection) -> bool:
    inside = selection.pt_min < transverse(momentum) < selection.pt_max
    return bool(inside and abs(pseudorapidity(momentum)) < selection.eta_max)


def _match(momentum: np.ndarray, tops: np.ndarray, selection: Selection) -> np.ndarray | None:
    """The top (E, px, py, pz) that the jet holds with all its decay quarks; zeros where there are no tops."""
    if len(tops) == 0:
        return np.zeros(4)
    held = (separation(momentum, tops[..., 1:]) < selection.matching).all(axis=-1)
    return tops[np.argmax(held), 0] if held.any() else None


def _constituents(momentum: np.ndarray, most: int) -> np.ndarray:
    values = massless(momentum)
    order = np.argsort(-transverse(values[:, 1:].astype(np.float64)), kind="stable")
    return values[order[:most]]
