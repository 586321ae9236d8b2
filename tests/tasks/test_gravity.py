"""Forces and energies of equal point masses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo.errors import DataError
from zoo.tasks.gravity import accelerations, energy, record_with_scipy


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 5), st.integers(0, 10**6))
def test_forces_are_the_gradient_of_the_energy(bodies, seed):
    random = np.random.default_rng(seed)
    q = random.standard_normal((bodies, 2)) * 2 + 3 * np.arange(bodies)[:, None]

    def potential(positions):
        return energy(np.concatenate([positions, np.zeros_like(positions)], axis=-1).reshape(-1))

    step, gradient = 1e-5, np.zeros_like(q)
    for index in np.ndindex(q.shape):
        moved = np.zeros_like(q)
        moved[index] = step
        gradient[index] = (potential(q + moved) - potential(q - moved)) / (2 * step)
    forces = accelerations(q)
    np.testing.assert_allclose(forces, -gradient, atol=1e-7)
    np.testing.assert_allclose(forces.sum(axis=0), 0, atol=1e-12)


def test_batches_and_strides():
    q = np.random.default_rng(0).standard_normal((4, 3, 2))
    batched = accelerations(q)
    for i in range(4):
        np.testing.assert_array_equal(batched[i], accelerations(q[i]))
    strided = np.zeros((4, 3, 4))
    strided[..., :2] = q
    np.testing.assert_array_equal(accelerations(strided[..., :2]), batched)


def test_scipy_failure_is_an_error():
    collision = np.array([[0.5, 0, 0, 0, -0.5, 0, 0, 0.0]])
    with pytest.raises(DataError, match="could not integrate orbit 0"), np.errstate(all="ignore"):
        record_with_scipy(collision, np.array([0.0, 2.0]))
