"""Particles of many events in flat arrays, and the little kinematics that is needed of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Particles:
    """Stable visible particles of a batch of events, one a row, sorted by event.

    Attributes
    ----------
    event : ndarray, shape (n,), int64
    pdg : ndarray, shape (n,)
    charge : ndarray, shape (n,)
        In units of the proton's.
    momentum : ndarray, shape (n, 3)
        GeV.
    energy : ndarray, shape (n,)
    vertex : ndarray, shape (n, 3)
        Where the particle came into being, in metres.
    """

    event: np.ndarray
    pdg: np.ndarray
    charge: np.ndarray
    momentum: np.ndarray
    energy: np.ndarray
    vertex: np.ndarray

    def __len__(self) -> int:
        return len(self.event)

    def __getitem__(self, rows: np.ndarray) -> Particles:
        return Particles(
            self.event[rows],
            self.pdg[rows],
            self.charge[rows],
            self.momentum[rows],
            self.energy[rows],
            self.vertex[rows],
        )


@dataclass(frozen=True, eq=False)
class Objects:
    """Massless objects of a batch of events: `event` (n,) and `momentum` (n, 3) in GeV, sorted by event."""

    event: np.ndarray
    momentum: np.ndarray

    def __len__(self) -> int:
        return len(self.event)


def transverse(momentum: np.ndarray) -> np.ndarray:
    """Transverse momentum of the last axis."""
    return np.hypot(momentum[..., 0], momentum[..., 1])


def pseudorapidity(momentum: np.ndarray) -> np.ndarray:
    """Pseudorapidity of the last axis; finite (at most about 700) however close to the beam."""
    return np.arcsinh(momentum[..., 2] / np.maximum(transverse(momentum), 1e-300))


def azimuth(momentum: np.ndarray) -> np.ndarray:
    """Azimuth of the last axis, from -pi to pi."""
    return np.arctan2(momentum[..., 1], momentum[..., 0])


def separation(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Distance ``dR = sqrt(d eta^2 + d phi^2)`` of directions."""
    turn = np.abs(azimuth(first) - azimuth(second))
    return np.hypot(pseudorapidity(first) - pseudorapidity(second), np.minimum(turn, 2 * np.pi - turn))


def direction(energy: np.ndarray, eta: np.ndarray, phi: np.ndarray) -> np.ndarray:
    """Massless momenta (n, 3) of the given energies and directions."""
    pt = energy / np.cosh(eta)
    return np.stack([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)], axis=-1)
