"""Real logarithms."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo.discoverers.logarithm import real_logarithm
from zoo.errors import SymmetryError


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(1, 6))
def test_inverts_the_exponential_of_small_matrices(seed, k):
    generator = torch.randn(k, k, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * 0.3
    torch.testing.assert_close(real_logarithm(torch.linalg.matrix_exp(generator)), generator, rtol=1e-7, atol=1e-7)


def test_the_quarter_turn():
    turn = torch.tensor([[0.0, -1.0], [1.0, 0.0]], dtype=torch.float64)
    torch.testing.assert_close(real_logarithm(turn), torch.pi / 2 * turn, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([[1.0, 0.0], [0.0, -1.0]], "eigenvalue -1"),
        ([[1.0, 0.0], [0.0, 0.0]], "eigenvalue 0"),
        ([[1.0, 1.0], [0.0, 1.0]], "shear"),
    ],
)
def test_maps_without_one_are_refused(matrix, message):
    with pytest.raises(SymmetryError, match=message):
        real_logarithm(torch.tensor(matrix, dtype=torch.float64))
