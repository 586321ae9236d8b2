"""Where particles reach the calorimeters: helices in the magnetic field, straight lines for neutral ones."""

from __future__ import annotations

import numpy as np

from ..particles import Particles, transverse
from .settings import Tracker

# Transverse momentum in GeV of a unit charge that turns on a radius of one metre in a field of one tesla.
_GEV_PER_TESLA_METRE = 0.299792458
# Transverse momenta below this (GeV) count as none: the particle goes straight down the beam pipe.
_ALONG_BEAM = 1e-9


def bending_radius(pt: np.ndarray, charge: np.ndarray, field: float) -> np.ndarray:
    """Radius of the helix in metres, infinite for neutral particles."""
    with np.errstate(divide="ignore"):
        return pt / (_GEV_PER_TESLA_METRE * field * np.abs(charge))


def reach_calorimeter(particles: Particles, tracker: Tracker) -> tuple[np.ndarray, np.ndarray]:
    """Follow particles from their vertices to the surface of the tracker's cylinder.

    Returns
    -------
    point : ndarray, shape (n, 3)
        Metres. The field points along +z.
    inside : ndarray, shape (n,)
        False for particles that came into being outside the cylinder; `point` is of no meaning there.
    """
    vertex, pt = particles.vertex, np.maximum(transverse(particles.momentum), _ALONG_BEAM)
    inside = (transverse(vertex) < tracker.radius) & (np.abs(vertex[:, 2]) < tracker.half_length)
    slope = particles.momentum[:, 2] / pt
    with np.errstate(divide="ignore", invalid="ignore"):
        to_endcap = (np.copysign(tracker.half_length, slope) - vertex[:, 2]) / slope
    to_endcap = np.where(slope == 0, np.inf, to_endcap)
    heading = particles.momentum[:, :2] / pt[:, None]
    point = np.empty((len(particles), 3))
    bent = particles.charge != 0
    point[~bent, :2], length = _straight(vertex[~bent, :2], heading[~bent], to_endcap[~bent], tracker.radius)
    point[~bent, 2] = vertex[~bent, 2] + slope[~bent] * length
    radius = bending_radius(pt[bent], particles.charge[bent], tracker.field)
    # The force q v x B turns positive particles clockwise seen from +z.
    turn = -np.sign(particles.charge[bent])
    point[bent, :2], length = _bent(vertex[bent, :2], heading[bent], radius, turn, to_endcap[bent], tracker.radius)
    point[bent, 2] = vertex[bent, 2] + slope[bent] * length
    return point, inside


def _straight(start: np.ndarray, heading: np.ndarray, longest: np.ndarray, radius: float) -> tuple[np.ndarray, ...]:
    """Transverse end points and lengths of straight lines to a circle, or of length `longest`."""
    along = (start * heading).sum(-1)
    length = -along + np.sqrt(np.maximum(along**2 + radius**2 - (start**2).sum(-1), 0.0))
    length = np.minimum(length, longest)
    return start + length[:, None] * heading, length


def _bent(
    start: np.ndarray, heading: np.ndarray, bend: np.ndarray, turn: np.ndarray, longest: np.ndarray, radius: float
) -> tuple[np.ndarray, np.ndarray]:
    """The same for arcs of radius `bend` that turn left (+1) or right (-1); those that never leave go on to `longest`.

    The centre lies at distance d; the arc meets the circle where it has turned, about its centre, to the angles
    +-beta from the line through both centres, ``cos(beta) = (R^2 - d^2 - r^2) / (2 d r)``.
    """
    left = np.stack([-heading[:, 1], heading[:, 0]], axis=-1)
    centre = start + (turn * bend)[:, None] * left
    distance = np.hypot(centre[:, 0], centre[:, 1])
    with np.errstate(divide="ignore", invalid="ignore"):
        cosine = (radius**2 - distance**2 - bend**2) / (2 * distance * bend)
    leaves = np.abs(cosine) < 1
    beta = np.arccos(np.clip(np.where(leaves, cosine, 0.0), -1.0, 1.0))
    from_centre = start - centre
    begin = np.arctan2(from_centre[:, 1], from_centre[:, 0])
    middle = np.arctan2(centre[:, 1], centre[:, 0])
    arcs = [np.mod(turn * (middle + sign * beta - begin), 2 * np.pi) for sign in (1.0, -1.0)]
    angle = np.where(leaves, np.minimum(*arcs), np.inf)
    angle = np.minimum(angle, longest / bend)
    # Nothing moves without end: a particle that circles at rest along z stays where it is.
    angle = np.where(np.isfinite(angle), angle, 0.0)
    end = begin + turn * angle
    return centre + bend[:, None] * np.stack([np.cos(end), np.sin(end)], axis=-1), angle * bend
