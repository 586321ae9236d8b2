"""Ways to disguise an algebra: another basis, other coordinates, noise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from zoo.symmetries import LieAlgebra


@pytest.fixture(scope="session")
def matrix_of_condition() -> Callable[..., np.ndarray]:
    """matrix_of_condition(n, condition, seed): a random matrix with exactly that condition number."""

    def make(n: int, condition: float, seed: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        left, right = (np.linalg.qr(rng.standard_normal((n, n)))[0] for _ in range(2))
        return left @ np.diag(np.geomspace(1, condition, n)) @ right

    return make


@pytest.fixture(scope="session")
def disguised(matrix_of_condition: Callable[..., np.ndarray]) -> Callable[..., LieAlgebra]:
    """disguised(algebra, seed, noise=.., basis=.., coordinates=..): Gaussian noise of that size on all entries, then
    a change of basis, and of coordinates if asked for, with these condition numbers."""

    def make(
        algebra: LieAlgebra, seed: int, *, noise: float = 0.0, basis: float = 10.0, coordinates: float | None = None
    ) -> LieAlgebra:
        rng = np.random.default_rng(seed)
        noisy = algebra.basis.numpy() + noise * rng.standard_normal(algebra.basis.shape)
        mixed = np.tensordot(matrix_of_condition(algebra.c, basis, seed + 1), noisy, 1)
        other = LieAlgebra(mixed, algebra.coefficients)
        return other if coordinates is None else other.conjugated(matrix_of_condition(algebra.k, coordinates, seed + 2))

    return make
