"""Energy flow: from stable particles to the objects that a detector reconstructs."""

from __future__ import annotations

import numpy as np

from ..particles import Objects, Particles, azimuth, pseudorapidity
from .calorimeter import Deposits, neutral_excess
from .flight import reach_calorimeter
from .settings import Detector
from .tracks import Tracks, measure_tracks

_MUON = 13


def energy_flow(particles: Particles, detector: Detector, random: np.random.Generator) -> Objects:
    """Tracks, photons, and the neutral energy of hadronic cells: all massless, sorted by event.

    Parameters
    ----------
    particles : Particles
        Stable and visible: no neutrinos.
    detector : Detector
    random : numpy Generator
    """
    point, inside = reach_calorimeter(particles, detector.tracker)
    particles, point = particles[inside], point[inside]
    tracks = measure_tracks(particles, detector.tracker, random)
    share = _ecal_share(particles.pdg, detector)
    stopped = np.abs(particles.pdg) != _MUON
    found = [(particles.event[tracks.particle], tracks.momentum)]
    for calorimeter, part in ((detector.ecal, share), (detector.hcal, 1.0 - share)):
        deposits = _deposits(particles, point, np.where(stopped, part, 0.0))
        found.append(neutral_excess(deposits, _pointing(tracks, deposits, part), calorimeter, random))
    event, momentum = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
    order = np.argsort(event, kind="stable")
    return Objects(event[order], momentum[order])


def _ecal_share(pdg: np.ndarray, detector: Detector) -> np.ndarray:
    share = np.zeros(len(pdg))
    for number, part in detector.ecal_share:
        share[np.abs(pdg) == number] = part
    return share


def _deposits(particles: Particles, point: np.ndarray, share: np.ndarray) -> Deposits:
    return Deposits(
        particles.event,
        pseudorapidity(point),
        azimuth(point),
        particles.energy * share,
        np.zeros(len(particles)),
    )


def _pointing(tracks: Tracks, deposits: Deposits, share: np.ndarray) -> Deposits:
    """The tracks of particles that the calorimeter sees, where they meet it."""
    rows = tracks.particle
    part = np.where(deposits.energy[rows] > 0, share[rows], 0.0)
    return Deposits(
        deposits.event[rows], deposits.eta[rows], deposits.phi[rows], part * tracks.energy, part * tracks.sigma
    )
