"""What networks are built on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from zoo.errors import SymmetryError
from zoo.symmetries import LieAlgebra

L = LieAlgebra


def test_exact_algebras_come_back_unchanged() -> None:
    for algebra in (L.lorentz(), L.so2(4), L.affine2d(), L.cyclic(7), L(np.zeros((0, 2, 2)))):
        regular = algebra.regular()
        assert regular.distance == 0 and regular.algebra is algebra


def test_noisy_algebra_becomes_exact(disguised: Callable[..., LieAlgebra]) -> None:
    noisy = disguised(L.so(3), 0, noise=1e-2)
    regular = noisy.regular()
    assert 0 < regular.distance < 0.1 and regular.algebra.structure_constants().residual < 1e-12
    assert regular.algebra.regular().distance == 0


def test_single_generator_becomes_periodic() -> None:
    noisy = L(L.so2(4).basis.numpy() + 0.01 * np.random.default_rng(0).standard_normal((8, 8)))
    regular = noisy.regular()
    assert 0 < regular.distance < 0.05
    square = regular.algebra.basis[0] @ regular.algebra.basis[0]
    assert torch.allclose(square, square[0, 0] * torch.eye(8, dtype=torch.float64), atol=1e-12)


def test_centre_becomes_periodic_too(disguised: Callable[..., LieAlgebra]) -> None:
    """so(3) on three axes and a rotation of two planes: closing the brackets leaves the frequencies unequal."""
    exact = L.so(3).direct_sum(L.so2(2))
    regular = disguised(exact, 0, noise=1e-2, basis=2.0).regular(tolerance=0.2)
    assert regular.algebra.structure_constants().residual < 1e-11
    name = regular.algebra.recognise().name
    assert name.startswith("so(3) + abelian(1)")
    from zoo.symmetries import closure

    centre = closure.centre(regular.algebra.orthonormal().basis.numpy())[0]
    eigenvalues = np.linalg.eigvals(centre)
    assert np.abs(eigenvalues.real).max() < 1e-10
    frequencies = np.sort(np.abs(eigenvalues.imag))
    assert frequencies[:3].max() < 1e-10 and np.ptp(frequencies[3:]) < 1e-10


def test_far_from_closed_is_refused() -> None:
    with pytest.raises(SymmetryError, match=r"not near a Lie algebra|no bracket-closed span"):
        L.random(3, 4).regular()


def test_tolerance() -> None:
    noisy = L(L.so2(4).basis.numpy() + 0.01 * np.random.default_rng(0).standard_normal((8, 8)))
    assert noisy.regular(tolerance=1.0).distance > 0  # wider than clusters can be: as wide as they can be
    assert noisy.regular(tolerance=1e-4).distance == 0
    for tolerance in (0.0, -1.0, float("nan")):
        with pytest.raises(SymmetryError, match="positive"):
            noisy.regular(tolerance)
