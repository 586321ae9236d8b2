"""Three bodies: starts as described, close encounters solved."""

from __future__ import annotations

import numpy as np
import pytest

from zoo.errors import DataError
from zoo.tasks import three_body
from zoo.tasks.extrapolation import solve
from zoo.tasks.gravity import accelerations, energy, record_with_scipy

TASK = three_body.TASK
ACCURACY = 1e-9


def _separation(orbits):
    q = orbits.reshape(*orbits.shape[:2], 3, 4)[..., :2]
    return np.min([np.linalg.norm(q[..., i, :] - q[..., j, :], axis=-1) for i, j in ((0, 1), (0, 2), (1, 2))], axis=0)


def test_sizes():
    assert TASK.splits["train"].size == 4000 and TASK.splits["test"].size == 1000
    np.testing.assert_allclose(TASK.times, np.linspace(0, 5, 20))


def test_start():
    bodies = three_body.initial("train", 2000, 0).reshape(-1, 3, 4)
    q, v = bodies[..., :2], bodies[..., 2:]
    radius = np.linalg.norm(q, axis=-1)
    assert radius.min() >= 0.9 and radius.max() <= 1.2 and np.ptp(radius, axis=1).max() < 1e-15
    np.testing.assert_allclose(q.sum(axis=1), 0, atol=1e-14)
    angle = np.arctan2(q[..., 1], q[..., 0])
    np.testing.assert_allclose(np.mod(np.diff(angle, axis=1), 2 * np.pi), 2 * np.pi / 3, rtol=1e-12)
    circular = np.stack([-q[..., 1], q[..., 0]], axis=-1) / radius[..., None] / np.sqrt(np.sqrt(3) * radius)[..., None]
    factor = v / circular
    assert factor.min() >= 0.8 - 1e-9 and factor.max() <= 1.2 + 1e-9
    assert abs(factor.std() - 0.4 / np.sqrt(12)) < 2e-3


def test_undisturbed_triangle_turns_as_a_rigid_body():
    angle = 0.3 + 2 * np.pi / 3 * np.arange(3)
    rate = np.sqrt(1 / np.sqrt(3))  # of the circular motion at r = 1

    def state(time):
        a = angle + rate * time
        return np.stack([np.cos(a), np.sin(a), -rate * np.sin(a), rate * np.cos(a)], axis=1).ravel()

    orbit = three_body.record(state(0.0)[None], TASK.times)[0]
    np.testing.assert_allclose(orbit, [state(time) for time in TASK.times], atol=1e-11)


def test_conserves_energy_and_momentum():
    orbits = TASK.trajectories("train", size=400).numpy()
    total = energy(orbits)
    assert np.abs(total - total[:, :1]).max() < 1e-11
    momentum = orbits.reshape(400, 20, 3, 4)[..., 2:].sum(axis=2)
    assert np.abs(momentum - momentum[:, :1]).max() < 1e-11


def test_agrees_with_scipy_in_close_encounters_too():
    orbits = TASK.trajectories("train").numpy()
    closest = np.argsort(_separation(orbits).min(axis=1))[:5]
    assert _separation(orbits[closest]).min() < 0.1
    chosen = np.concatenate([orbits[closest], orbits[:5]])
    reference = record_with_scipy(chosen[:, 0], TASK.times, method="DOP853", rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(chosen, reference, atol=ACCURACY)


def test_looser_tolerance_shows_the_accuracy_of_every_orbit():
    """The change from a hundredfold tolerance bounds the error that is left, orbit by orbit."""
    states = three_body.initial("test", 1000, TASK.splits["test"].seed)
    change = three_body.record(states, TASK.times) - three_body.record(states, TASK.times, 1e-12)
    assert np.abs(change).max() < ACCURACY


def test_very_close_encounter():
    """Two bodies that miss each other by 1e-4, against the exact motion of two bodies."""
    from zoo.tasks.kepler import propagate

    times = np.linspace(0, 2, 5)
    q, v = np.array([[0.5, 0.0]]), np.array([[0.0, 0.007]])
    bodies = np.concatenate([q, -q], axis=0)[None], np.concatenate([v, -v], axis=0)[None]
    positions, _ = solve(accelerations, *bodies, times)
    exact, _ = propagate(q, v, times, 0.25)
    np.testing.assert_allclose(positions[:, :, 0], exact, atol=1e-8)


def test_collision_is_an_error():
    q, v = np.array([[[0.5, 0.0], [-0.5, 0.0]]]), np.zeros((1, 2, 2))
    with pytest.raises(DataError, match="system 0 collides"), np.errstate(all="ignore"):
        solve(accelerations, q, v, np.array([0.0, 2.0]))
