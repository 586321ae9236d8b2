"""Exact two-body motion against scipy, conservation laws and composition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from zoo.errors import DataError
from zoo.tasks.kepler import propagate

# float64 rounding, times the few revolutions over which it accumulates
ROUNDING = 1e-12


def _orbits(n=8, seed=0, eccentric=0.6):
    random = np.random.default_rng(seed)
    position = random.standard_normal((n, 2)) + np.array([2.0, 0.0])
    speed = np.sqrt(1 / np.linalg.norm(position, axis=1)) * (1 + eccentric * (random.random(n) - 0.8))
    turn = np.stack([-position[:, 1], position[:, 0]], axis=1) / np.linalg.norm(position, axis=1)[:, None]
    return position, turn * speed[:, None]


def test_agrees_with_scipy():
    position, velocity = _orbits()
    times = np.linspace(0, 30, 7)
    q, v = propagate(position, velocity, times, 1.0)
    for i in range(len(position)):
        solution = solve_ivp(
            lambda _, s: np.r_[s[2:], -s[:2] / np.hypot(*s[:2]) ** 3],
            (0, 30),
            np.r_[position[i], velocity[i]],
            t_eval=times,
            method="DOP853",
            rtol=1e-13,
            atol=1e-14,
        )
        np.testing.assert_allclose(np.concatenate([q[i], v[i]], axis=1), solution.y.T, atol=2e-10)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.0, 0.9), st.floats(0.01, 100.0))
def test_conserves_and_composes(seed, eccentric, time):
    position, velocity = _orbits(4, seed, eccentric)
    q, v = propagate(position, velocity, np.array([0.0, time / 2, time]), 1.0)
    np.testing.assert_allclose(q[:, 0], position, atol=ROUNDING)
    momentum = q[..., 0] * v[..., 1] - q[..., 1] * v[..., 0]
    energy = np.sum(v**2, axis=-1) / 2 - 1 / np.linalg.norm(q, axis=-1)
    np.testing.assert_allclose(momentum, np.repeat(momentum[:, :1], 3, axis=1), atol=ROUNDING)
    np.testing.assert_allclose(energy, np.repeat(energy[:, :1], 3, axis=1), atol=100 * ROUNDING)
    halfway, _ = propagate(q[:, 1], v[:, 1], np.array([time / 2]), 1.0)
    np.testing.assert_allclose(halfway[:, 0], q[:, 2], atol=1e-8)


def test_circle_returns_after_its_period():
    position, velocity = np.array([[2.0, 0.0]]), np.array([[0.0, np.sqrt(0.5)]])
    q, v = propagate(position, velocity, np.array([2 * np.pi * 2**1.5]), 1.0)
    np.testing.assert_allclose(q[:, 0], position, atol=ROUNDING)
    np.testing.assert_allclose(v[:, 0], velocity, atol=ROUNDING)


def test_each_orbit_may_have_its_own_times():
    position, velocity = _orbits(3)
    times = np.array([[1.0], [2.0], [3.0]])
    together, _ = propagate(position, velocity, times, 1.0)
    for i in range(3):
        alone, _ = propagate(position[i : i + 1], velocity[i : i + 1], times[i], 1.0)
        np.testing.assert_allclose(together[i], alone[0], atol=ROUNDING)


def test_unbound_orbits_are_refused():
    with pytest.raises(DataError, match="must be bound"):
        propagate(np.array([[1.0, 0.0]]), np.array([[0.0, 1.5]]), np.array([1.0]), 1.0)
