"""Equal point masses attracting each other in the plane, G = m = 1."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from ..errors import DataError, require


def accelerations(positions: np.ndarray) -> np.ndarray:
    """What the bodies feel from each other, `(..., bodies, 2) -> (..., bodies, 2)`."""
    # a point of the plane as a complex number: one fast operation on each pair for all systems
    points = np.ascontiguousarray(positions, dtype=float).view(complex)[..., 0]
    total = np.zeros_like(points)
    for first, second in combinations(range(points.shape[-1]), 2):
        separation = points[..., second] - points[..., first]
        squared = np.real(separation) ** 2 + np.imag(separation) ** 2
        pull = separation / (squared * np.sqrt(squared))
        total[..., first] += pull
        total[..., second] -= pull
    return total.view(float).reshape(positions.shape)


def energy(states: np.ndarray) -> np.ndarray:
    """Total energy `(...)` of states `(..., 4 bodies)`, each body as (x, y, px, py)."""
    bodies = states.reshape(*states.shape[:-1], -1, 4)
    positions, momenta = bodies[..., :2], bodies[..., 2:]
    first, second = np.triu_indices(bodies.shape[-2], 1)
    distance = np.sqrt(np.sum((positions[..., first, :] - positions[..., second, :]) ** 2, axis=-1))
    return np.sum(momenta**2, axis=(-2, -1)) / 2 - np.sum(1 / distance, axis=-1)


def record_with_scipy(states: np.ndarray, times: np.ndarray, **settings) -> np.ndarray:
    """Orbits `(N, T, 4 bodies)` by scipy's `solve_ivp`, an integrator that nobody here wrote.

    By default with the settings of the generator behind the published orbits (Hamiltonian neural networks,
    experiments with two and three bodies): RK45 with rtol 1e-9 and scipy's atol of 1e-6. `settings` go to
    `solve_ivp`. A few milliseconds an orbit.

    Raises
    ------
    MissingExtra
        If scipy is not installed.
    DataError
        If an orbit cannot be integrated.
    """
    solve_ivp = require("scipy.integrate", "train").solve_ivp
    settings = {"rtol": 1e-9, **settings}
    orbits = []
    for number, state in enumerate(states):
        solution = solve_ivp(_rate, (times[0], times[-1]), state, t_eval=times, **settings)
        if not solution.success:
            raise DataError(f"scipy could not integrate orbit {number}: {solution.message}")
        orbits.append(solution.y.T)
    return np.stack(orbits)


def _rate(_: float, state: np.ndarray) -> np.ndarray:
    bodies = state.reshape(-1, 4)
    return np.concatenate([bodies[:, 2:], accelerations(bodies[:, :2])], axis=1).ravel()
