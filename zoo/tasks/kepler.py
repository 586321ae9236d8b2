"""The relative motion of two bodies, solved exactly."""

from __future__ import annotations

import numpy as np

from ..errors import DataError

_NEWTON_STEPS = 50  # an eccentricity of 0.99 takes about ten, the orbits of the two_body task take three


def propagate(position: np.ndarray, velocity: np.ndarray, times: np.ndarray, mu: float):
    """Bound motion under the acceleration -mu r / |r|^3, by the coefficients of Lagrange.

    Newton's method solves Kepler's equation for the increment dE of the eccentric anomaly in the form
    ``n t = dE - c sin dE + s (1 - cos dE)``, c = e cos E_0 and s = e sin E_0, which stays regular for circles.

    Parameters
    ----------
    position, velocity : ndarray
        `(N, 2)` at time 0.
    times : ndarray
        `(T,)`, or `(N, T)` for times of each orbit's own.
    mu : float
        Strength of the attraction.

    Returns
    -------
    tuple of ndarray
        Positions and velocities, `(N, T, 2)` each.

    Raises
    ------
    DataError
        If an orbit is not bound.
    """
    radius = np.sqrt(np.sum(position**2, axis=1))[:, None]
    axis = 1.0 / (2.0 / radius - np.sum(velocity**2, axis=1)[:, None] / mu)
    if not np.all((axis > 0) & np.isfinite(axis)):
        raise DataError("the orbits must be bound: some have the speed of escape or more, give smaller velocities")
    rate = np.sqrt(mu / axis**3)
    c = 1.0 - radius / axis
    s = np.sum(position * velocity, axis=1)[:, None] / np.sqrt(mu * axis)
    anomaly = _solve_kepler(rate * np.broadcast_to(times, (len(position), np.shape(times)[-1])), c, s)
    cos, sin = np.cos(anomaly), np.sin(anomaly)
    distance = axis * (1.0 - c * cos + s * sin)
    f = 1.0 - axis / radius * (1.0 - cos)
    g = (radius * sin + axis * s * (1.0 - cos)) / (rate * axis)
    f_rate = -np.sqrt(mu * axis) / (distance * radius) * sin
    g_rate = 1.0 - axis / distance * (1.0 - cos)
    start, speed = position[:, None], velocity[:, None]
    return (
        f[..., None] * start + g[..., None] * speed,
        f_rate[..., None] * start + g_rate[..., None] * speed,
    )


def _solve_kepler(mean: np.ndarray, c: np.ndarray, s: np.ndarray) -> np.ndarray:
    anomaly = mean.copy()
    for _ in range(_NEWTON_STEPS):
        cos, sin = np.cos(anomaly), np.sin(anomaly)
        step = (anomaly - c * sin + s * (1.0 - cos) - mean) / (1.0 - c * cos + s * sin)
        anomaly -= step
        # the last steps only shuffle rounding errors, which grow with the number of revolutions
        if np.all(np.abs(step) <= 4 * np.finfo(float).eps * np.maximum(1.0, np.abs(mean))):
            return anomaly
    raise DataError("Kepler's equation was not solved: the orbits are too eccentric")
