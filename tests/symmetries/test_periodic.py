"""The nearest generator of a closed circle, and of a finite cycle."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo.errors import SymmetryError
from zoo.symmetries import Integer, LieAlgebra, periodic

L = LieAlgebra
SEEDS = st.integers(0, 10_000)


def relative_rotation(noise: float, seed: int) -> np.ndarray:
    """What a larger search space finds for two bodies: +J on one and -J on the other, so it has four zeros."""
    turn = 0.68 * np.array([[0.0, 1.0], [-1.0, 0.0]])
    on_pairs = np.kron(np.array([[-1.0, 1.0], [1.0, -1.0]]), np.kron(np.eye(2), turn))
    return on_pairs + noise * np.random.default_rng(seed).standard_normal((8, 8))


def blocks(count: int, noise: float, seed: int) -> np.ndarray:
    """Noisy 2 x 2 rotations: frequencies, trace and skew all differ a little."""
    rng = np.random.default_rng(seed)
    mask = np.kron(np.eye(count), np.ones((2, 2)))
    return 1.27 * L.so2(count).basis[0].numpy() + noise * mask * rng.standard_normal(mask.shape)


def about_axis(noise: float, seed: int) -> np.ndarray:
    return 0.9 * L.so2(1, 1).basis[0].numpy() + noise * np.random.default_rng(seed).standard_normal((3, 3))


CASES = {
    "2 bodies": (lambda noise, seed: blocks(4, noise, seed), [0, 4]),
    "3 bodies": (lambda noise, seed: blocks(6, noise, seed), [0, 6]),
    "relative": (relative_rotation, [4, 2]),
    "about an axis": (about_axis, [1, 1]),
}


@pytest.mark.parametrize("noise", [1e-4, 1e-2, 3e-2])
@pytest.mark.parametrize(("make", "multiplicities"), CASES.values(), ids=CASES.keys())
def test_noisy_rotations_become_periodic(make: Callable, multiplicities: list[int], noise: float) -> None:
    for seed in range(5):
        generator = make(noise, seed)
        turned, base = periodic.nearest_periodic(generator)
        k = len(generator)
        period = torch.linalg.matrix_exp(torch.from_numpy(2 * np.pi / base * turned))
        assert (period - torch.eye(k, dtype=torch.float64)).abs().max() < 1e-12
        assert np.linalg.norm(turned - generator) < 3 * noise * k
        orders = np.rint(np.abs(np.linalg.eigvals(turned).imag) / base).astype(int)
        assert np.bincount(orders).tolist() == [multiplicities[0], 2 * multiplicities[1]]
        again = L(turned).nearest_periodic()
        assert again.distance < 1e-12


@settings(deadline=None, max_examples=20)
@given(seed=SEEDS)
def test_periodic_generators_are_kept_in_any_coordinates(
    seed: int, matrix_of_condition: Callable[..., np.ndarray]
) -> None:
    exact = L.so2((1, 1, 2, 5), trivial=1).conjugated(matrix_of_condition(9, 1e2, seed))
    assert exact.nearest_periodic().distance < 1e-10


@pytest.mark.parametrize("defective", [1e-3, 1e-2])
def test_clusters_need_no_eigenvectors(defective: float) -> None:
    """Jordan blocks on top of the rotations: the eigenvectors are parallel, the projectors are not affected."""
    generator = np.kron(np.eye(2), [[0.0, -1.0], [1.0, 0.0]])
    generator[:2, 2:] = defective * np.eye(2)
    turned, base = periodic.nearest_periodic(generator)
    assert np.allclose(turned @ turned, -(base**2) * np.eye(4), atol=1e-13)
    assert np.linalg.norm(turned - generator) < 2 * defective


def test_frequencies_in_small_ratios_are_told_apart() -> None:
    generator = L.so2((1.0, 2.02, 2.97)).basis[0].numpy()
    turned, base = periodic.nearest_periodic(generator)
    assert sorted(np.rint(np.abs(np.linalg.eigvals(turned).imag) / base)) == [1, 1, 2, 2, 3, 3]


@pytest.mark.parametrize(
    "algebra",
    [L.random(1, 8, seed) for seed in range(10)]
    + [L(L.lorentz().basis[:1]), L.translations(1), L.scaling(3), L(np.zeros((1, 2, 2)))]
    + [
        L(L.translations(2).basis.numpy()[:1] + 1e-3 * np.random.default_rng(s).standard_normal((3, 3)))
        for s in range(5)
    ],
)
def test_generators_of_no_circle_are_refused_and_left_alone(algebra: LieAlgebra) -> None:
    with pytest.raises(SymmetryError, match="no closed circle"):
        algebra.nearest_periodic()
    regular = algebra.regular()
    assert regular.distance == 0 and torch.equal(regular.algebra.basis, algebra.basis)


def test_arguments() -> None:
    with pytest.raises(SymmetryError, match="single generator"):
        L.so(3).nearest_periodic()
    with pytest.raises(SymmetryError, match="tolerance"):
        L.so2(1).nearest_periodic(tolerance=0.5)
    noisy = L(blocks(4, 0.03, 0))
    with pytest.raises(SymmetryError, match=r"within the tolerance 0\.001"):
        noisy.nearest_periodic(tolerance=1e-3)


@pytest.mark.parametrize("order", range(2, 13))
def test_every_order_is_told_from_the_others(order: int) -> None:
    for turn in range(1, order + 1):
        if np.gcd(turn, order) != 1:
            continue
        generator = 2 * np.pi * turn / order * L.so2(1, 1).basis[0].numpy()
        generator += 1e-3 / order * np.random.default_rng(turn).standard_normal((3, 3))
        found, n = periodic.nearest_cyclic(generator)
        assert n == order
        element = torch.linalg.matrix_exp(torch.from_numpy(found))
        assert (torch.linalg.matrix_power(element, n) - torch.eye(3, dtype=torch.float64)).abs().max() < 1e-12


def test_cyclic_algebras() -> None:
    rng = np.random.default_rng(0)
    noisy = L(L.cyclic(7, 1).basis.numpy() * 3 + 0.01 * rng.standard_normal((3, 3)), Integer(-10, 9))
    nearest = noisy.nearest_cyclic()
    assert nearest.algebra.coefficients == Integer(-10, 9) and 0 < nearest.distance < 0.03
    assert nearest.algebra.recognise().name == "C7 in so(2) on R^3"
    assert noisy.nearest_cyclic(order=7).algebra == nearest.algebra
    assert noisy.regular().algebra == nearest.algebra
    assert nearest.algebra.regular().distance == 0
    with pytest.raises(SymmetryError, match="of order 5"):
        noisy.nearest_cyclic(order=5)
    odd = L(1.0 * L.so2(1).basis, Integer(0, 6))  # one radian: no order up to 12
    with pytest.raises(SymmetryError, match="of an order up to 12"):
        odd.nearest_cyclic()
    assert odd.regular().distance == 0
    stretched = L(1.03 * L.cyclic(7).basis, Integer())  # the span is exact, the angle is not
    assert stretched.regular().distance == pytest.approx(0.03 / 1.03, rel=1e-6)
