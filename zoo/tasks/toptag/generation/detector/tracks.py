"""Which charged particles leave a track, and with what transverse momentum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..particles import Particles, pseudorapidity, transverse
from .settings import Tracker


@dataclass(frozen=True, eq=False)
class Tracks:
    """Measured tracks.

    Attributes
    ----------
    particle : ndarray, shape (t,)
        Row of the particle that left it.
    momentum : ndarray, shape (t, 3)
        Measured, GeV, at the vertex.
    sigma : ndarray, shape (t,)
        Error of the energy, GeV.
    """

    particle: np.ndarray
    momentum: np.ndarray
    sigma: np.ndarray

    @property
    def energy(self) -> np.ndarray:
        """Energy of massless tracks, GeV."""
        return np.linalg.norm(self.momentum, axis=-1)


def efficiency(pt: np.ndarray, eta: np.ndarray, tracker: Tracker) -> np.ndarray:
    """Probability of a track."""
    region, covered = region_of(eta, tuple(region.eta_max for region in tracker.regions))
    soft, hard = (
        np.array([getattr(region, name) for region in tracker.regions]) for name in ("soft_efficiency", "efficiency")
    )
    chance = np.where(pt > tracker.pt_hard, hard[region], soft[region])
    return np.where(covered & (pt > tracker.pt_min), chance, 0.0)


def resolution(pt: np.ndarray, eta: np.ndarray, tracker: Tracker) -> np.ndarray:
    """Relative error of the transverse momentum."""
    region, _ = region_of(eta, tuple(region.eta_max for region in tracker.regions))
    constant, slope = (
        np.array([getattr(region, name) for region in tracker.regions]) for name in ("constant", "slope")
    )
    return np.hypot(constant[region], slope[region] * pt)


def measure_tracks(particles: Particles, tracker: Tracker, random: np.random.Generator) -> Tracks:
    """Tracks of the charged ones among the particles: some are missed, all are smeared in pT with direction kept."""
    pt, eta = transverse(particles.momentum), pseudorapidity(particles.momentum)
    seen = random.random(len(particles)) < efficiency(pt, eta, tracker)
    rows = np.flatnonzero(seen & (particles.charge != 0))
    relative = resolution(pt[rows], eta[rows], tracker)
    momentum = particles.momentum[rows] * lognormal(np.ones(len(rows)), relative, random)[:, None]
    return Tracks(rows, momentum, relative * np.linalg.norm(momentum, axis=-1))


def region_of(eta: np.ndarray, edges: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Index of the region that |eta| lies in (the last one beyond all), and whether it lies in any."""
    region = np.searchsorted(edges, np.abs(eta), side="left")
    return np.minimum(region, len(edges) - 1), region < len(edges)


def lognormal(mean: np.ndarray, sigma: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Positive random numbers of the given means and standard deviations."""
    width = np.sqrt(np.log1p((sigma / mean) ** 2))
    return mean * np.exp(width * random.standard_normal(len(mean)) - width**2 / 2)
