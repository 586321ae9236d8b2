"""The orbits have the stated distribution, and scipy's integrator agrees with them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from zoo.tasks import two_body
from zoo.tasks.gravity import energy, record_with_scipy

TASK = two_body.TASK


@pytest.fixture(scope="module")
def orbits():
    return {split: TASK.trajectories(split).numpy() for split in ("train", "validation", "test")}


def test_sizes_are_the_papers(orbits):
    assert orbits["train"].shape == (814, 20, 8)
    assert orbits["test"].shape == (790, 20, 8)
    np.testing.assert_allclose(np.diff(TASK.times), 20 / 49, rtol=1e-14)


def test_windows_are_all_there(orbits):
    arrays = TASK.make("train", dtype=torch.float64)
    assert arrays.x.shape == arrays.y.shape == (814 * 11, 5, 8)
    np.testing.assert_array_equal(arrays.x[10], orbits["train"][0, 10:15])
    np.testing.assert_array_equal(arrays.y[10], orbits["train"][0, 15:])  # the last step is used
    pairs = TASK.make_discovery("train", dtype=torch.float64)
    assert pairs.x.shape == (814 * 19, 8)
    np.testing.assert_array_equal(pairs.y[18], orbits["train"][0, 19])


def test_bodies_mirror_each_other(orbits):
    for states in orbits.values():
        np.testing.assert_array_equal(states[..., :4], -states[..., 4:])


def test_half_planes_and_sense(orbits):
    for split, low in (("train", -180), ("validation", -180), ("test", 0)):
        states = orbits[split]
        angle = np.degrees(np.arctan2(states[:, :, 1], states[:, :, 0]))
        assert np.all((angle[:, 0] > low) & (angle[:, 0] < low + 180))
        assert abs(np.mean(angle[:, 0]) - (low + 90)) < 4 * 52 / np.sqrt(len(states))
        sweep = np.degrees(np.unwrap(np.radians(angle), axis=1))[:, -1] - angle[:, 0]
        assert np.all((sweep > 42) & (sweep < 123))  # counter-clockwise; the published orbits sweep 43 to 121


def test_radius_and_speed(orbits):
    states = orbits["train"]
    radius = np.linalg.norm(states[..., :2], axis=-1)
    speed = np.linalg.norm(states[..., 2:4], axis=-1)
    squared = radius[:, 0] ** 2
    assert 2.2 < squared.min() < 2.35 and 8.9 < squared.max() < 9.1
    for quarter in (0.25, 0.5, 0.75):
        assert abs(np.quantile(squared, quarter) - (2.25 + 6.75 * quarter)) < 0.4
    # one time of a near-circular orbit: v / v_circ - 1 = e cos E / 2, e = 2 |N(0, 1e-3)|
    assert 5e-4 < np.std(2 * np.sqrt(radius[:, 0]) * speed[:, 0] - 1) < 9e-4
    axis = 1 / (2 / radius - speed**2 / 0.25)
    # the radial fraction that was measured on the published orbits
    assert 1.2e-3 < np.std((radius / axis)[:, 0] - 1) < 1.6e-3


def test_energy_is_kept(orbits):
    total = energy(orbits["test"])
    assert np.abs(total - total[:, :1]).max() < 1e-14


def test_agrees_with_scipy_to_its_tolerance(orbits):
    exact = orbits["test"][:12]
    fine = record_with_scipy(exact[:, 0], TASK.times, method="DOP853", rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(fine, exact, atol=1e-9)
    published = TASK.trajectories("test", size=12, integrator="scipy").numpy()
    np.testing.assert_array_equal(published[:, 0], exact[:, 0])
    assert 1e-9 < np.abs(published - exact).max() < 3e-5  # atol 1e-6 a step: another integrator indeed


def test_reference_is_the_papers_generator():
    block = torch.tensor([[0.0, 1.0], [-1.0, 0.0]], dtype=torch.float64)
    published = torch.block_diag(block, block, block, block)
    (ours,) = two_body.reference().basis
    assert abs((ours * published).sum() / (ours.norm() * published.norm())) > 1 - 1e-15
