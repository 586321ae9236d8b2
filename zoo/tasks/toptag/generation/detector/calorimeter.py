"""Energies in the cells of a calorimeter, and what of them no track explains."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..particles import direction
from .settings import Calorimeter
from .tracks import lognormal, region_of


@dataclass(frozen=True, eq=False)
class Deposits:
    """What reaches a calorimeter, one particle or track a row: its event, direction, energy and error in GeV."""

    event: np.ndarray
    eta: np.ndarray
    phi: np.ndarray
    energy: np.ndarray
    sigma: np.ndarray


def error(energy: np.ndarray, eta: np.ndarray, calorimeter: Calorimeter) -> np.ndarray:
    """Standard deviation of a cell's energy, GeV."""
    region, _ = region_of(eta, tuple(region.eta_max for region in calorimeter.regions))
    constant, stochastic, noise = (
        np.array([getattr(region, name) for region in calorimeter.regions])
        for name in ("constant", "stochastic", "noise")
    )
    return np.sqrt((constant[region] * energy) ** 2 + stochastic[region] ** 2 * energy + noise[region] ** 2)


def neutral_excess(
    particles: Deposits, tracks: Deposits, calorimeter: Calorimeter, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """What the cells see beyond the tracks that point at them.

    The energy of a cell is smeared, and nothing below `energy_min` or `significance` sigma is seen. What is left of
    it after the tracks' energies counts as a neutral particle if it passes the same two thresholds, the error being
    that of cell and tracks together. Its direction is drawn evenly within the cell.

    Returns
    -------
    event : ndarray, shape (m,)
    momentum : ndarray, shape (m, 3)
        GeV, sorted by event.
    """
    particle_cell, covered = _cells(particles, calorimeter)
    cells, owner = np.unique(particle_cell[covered], return_inverse=True)
    deposited = np.bincount(owner, particles.energy[covered], len(cells))
    event, eta_cell, phi_cell = _unpack(cells, calorimeter)
    eta = (eta_cell + 0.5) * calorimeter.eta_width
    energy = lognormal(deposited, error(deposited, eta, calorimeter), random)
    sigma = error(energy, eta, calorimeter)
    energy = np.where(_seen(energy, sigma, calorimeter), energy, 0.0)
    tracked, track_variance = _tracks_in(cells, tracks, calorimeter)
    excess = np.maximum(energy - tracked, 0.0)
    kept = _seen(excess, np.sqrt(sigma**2 + track_variance), calorimeter)
    within = random.random((2, len(cells)))[:, kept]
    phi = 2 * np.pi / calorimeter.phi_cells * (phi_cell[kept] + within[1])
    return event[kept], direction(excess[kept], (eta_cell[kept] + within[0]) * calorimeter.eta_width, phi)


def _seen(energy: np.ndarray, sigma: np.ndarray, calorimeter: Calorimeter) -> np.ndarray:
    return (energy > calorimeter.energy_min) & (energy > calorimeter.significance * sigma)


def _tracks_in(cells: np.ndarray, tracks: Deposits, calorimeter: Calorimeter) -> tuple[np.ndarray, np.ndarray]:
    """Energy of the tracks that point at each of the sorted cells, and its variance."""
    track_cell, covered = _cells(tracks, calorimeter)
    place = np.searchsorted(cells, track_cell)
    covered &= place < len(cells)
    covered[covered] = cells[place[covered]] == track_cell[covered]
    place = place[covered]
    return (
        np.bincount(place, tracks.energy[covered], len(cells)),
        np.bincount(place, tracks.sigma[covered] ** 2, len(cells)),
    )


def _cells(deposits: Deposits, calorimeter: Calorimeter) -> tuple[np.ndarray, np.ndarray]:
    """Number of the cell each deposit falls into, ascending with the event, and whether there is a cell at all."""
    covered = (np.abs(deposits.eta) < calorimeter.eta_max) & (deposits.energy > 0)
    half = _eta_cells(calorimeter)
    eta = np.floor(np.where(covered, deposits.eta, 0.0) / calorimeter.eta_width).astype(np.int64) + half
    phi = np.floor(np.mod(deposits.phi, 2 * np.pi) / (2 * np.pi) * calorimeter.phi_cells).astype(np.int64)
    phi = np.minimum(phi, calorimeter.phi_cells - 1)
    return (deposits.event * (2 * half) + eta) * calorimeter.phi_cells + phi, covered


def _unpack(cells: np.ndarray, calorimeter: Calorimeter) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Event, and place in eta (signed) and phi, of numbered cells."""
    rest, phi = np.divmod(cells, calorimeter.phi_cells)
    event, eta = np.divmod(rest, 2 * _eta_cells(calorimeter))
    return event, eta - _eta_cells(calorimeter), phi


def _eta_cells(calorimeter: Calorimeter) -> int:
    """Cells between the middle and the end."""
    return int(np.ceil(calorimeter.eta_max / calorimeter.eta_width))
