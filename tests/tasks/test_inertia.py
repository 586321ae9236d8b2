"""The moment of inertia."""

from __future__ import annotations

import numpy as np
import torch

from zoo.tasks import inertia


def test_one_mass_on_an_axis():
    tensor = inertia.moment_of_inertia(np.array([2.0]), np.array([[0.0, 0.0, 3.0]]))
    np.testing.assert_allclose(tensor, np.diag([18.0, 18.0, 0.0]))


def test_is_the_sum_of_squared_cross_products():
    """v^T I v = sum_i m_i |v x r_i|^2."""
    x, y = inertia.TASK.make("test", size=20, dtype=torch.float64)
    masses, positions = x[:, :5], x[:, 5:].reshape(-1, 5, 3)
    v = torch.tensor([0.3, -1.2, 0.7], dtype=torch.float64)
    expected = (masses * torch.linalg.cross(v.expand_as(positions), positions).square().sum(-1)).sum(-1)
    torch.testing.assert_close(torch.einsum("i,bij,j->b", v, y, v), expected, rtol=1e-13, atol=0)
    assert torch.equal(y, y.mT)


def test_distribution():
    x, _ = inertia.TASK.make("train")
    masses, positions = x[:, :5], x[:, 5:]
    assert masses.min() >= 0.5 and masses.max() <= 2 and abs(masses.mean() - 1.25) < 0.01
    assert positions.mean(0).abs().max() < 0.05 and (positions.std(0) - 1).abs().max() < 0.05


def test_reference_is_so3():
    basis = inertia.reference().basis
    assert torch.equal(basis, -basis.mT)
    bracket = basis[0] @ basis[1] - basis[1] @ basis[0]
    torch.testing.assert_close(bracket, basis[2])
