"""The function with the seven-fold axis."""

from __future__ import annotations

import numpy as np
import torch

from zoo.symmetries import Integer
from zoo.tasks import c7


def test_values():
    np.testing.assert_allclose(c7.target(np.array([[1.0, 0.0, 3.0], [0.0, 0.0, 2.0]])), [3.0, 2.0])
    angle = 2 * np.pi / 7 * 2.5
    point = np.array([np.cos(angle), np.sin(angle), 1.0])
    np.testing.assert_allclose(c7.target(point), 1 / (1 + np.pi / 7))


def test_distribution():
    x, y = c7.TASK.make("train")
    assert x.shape == (20000, 3) and y.shape == (20000,)
    assert x.mean(0).abs().max() < 0.03 and (x.std(0) - 1).abs().max() < 0.03
    exact = c7.TASK.make("train", dtype=torch.float64)
    np.testing.assert_array_equal(exact.y, c7.target(exact.x.numpy()))


def test_reference_is_seven_rotations_about_z():
    algebra = c7.reference()
    assert algebra.coefficients == Integer(-3, 3)
    turns = algebra.exp(torch.arange(-3.0, 4.0, dtype=torch.float64)[:, None])
    powers = torch.linalg.matrix_power(turns, 7)
    torch.testing.assert_close(powers, torch.eye(3, dtype=torch.float64).expand_as(powers), atol=1e-13, rtol=0)
    distances = torch.cdist(turns.flatten(1), turns.flatten(1)) + torch.eye(7)
    assert distances.min() > 0.5  # all different
    assert torch.equal(turns[:, 2], torch.eye(3, dtype=torch.float64)[2].expand(7, 3))
