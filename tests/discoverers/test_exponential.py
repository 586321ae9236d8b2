"""Exponentials of block-diagonal matrices."""

from __future__ import annotations

import pytest
import torch

from zoo.discoverers.exponential import components, exponential
from zoo.discoverers.search_space import mask


@pytest.mark.parametrize(("space", "k"), [("2x2", 8), ("4x4", 8), ("4x4", 12), ("free", 3), ([[0, 2], [1]], 4)])
@pytest.mark.parametrize("size", [0.1, 1.0, 5.0])
def test_agrees_with_the_general_one(space, k, size):
    pattern = mask(space, k)
    matrices = size * torch.randn(16, k, k, generator=torch.Generator().manual_seed(0)).double() * pattern
    expected = torch.linalg.matrix_exp(matrices)
    found = exponential(matrices, components(pattern))
    scale = expected.flatten(1).norm(dim=1)
    # truncation of the series at norm `5 sqrt(k)`, amplified by seven squarings
    assert ((found - expected).flatten(1).norm(dim=1) / scale).max() < 1e-4
    assert (found[:, ~(pattern | torch.eye(k, dtype=torch.bool))] == 0).all()


def test_the_gradient_is_that_of_the_general_one():
    pattern = mask("2x2", 6)
    matrices = torch.randn(3, 6, 6, generator=torch.Generator().manual_seed(1), dtype=torch.float64) * pattern
    weights = torch.randn(3, 6, 6, generator=torch.Generator().manual_seed(2), dtype=torch.float64) * pattern
    gradients = []
    for function in (lambda m: exponential(m, components(pattern)), torch.linalg.matrix_exp):
        leaf = matrices.clone().requires_grad_()
        (weights * function(leaf)).sum().backward()
        assert leaf.grad is not None
        gradients.append(leaf.grad * pattern)
    torch.testing.assert_close(*gradients, rtol=1e-6, atol=1e-8)


def test_a_large_turn_in_float32():
    turn = torch.tensor([[0.0, -1.0], [1.0, 0.0]]) * 60.0  # ten times 2 pi, about
    exact = torch.linalg.matrix_exp(turn.double()).float()
    assert (exponential(turn[None], None)[0] - exact).abs().max() < 1e-3


def test_components_of_a_pattern():
    assert _as_list(mask("4x4", 8)) == [[0, 1, 4, 5], [2, 3, 6, 7]]
    assert components(mask([[0, 2], [1]], 3)) is None
    chain = torch.zeros(4, 4, dtype=torch.bool)
    chain[0, 1] = chain[1, 2] = chain[2, 3] = True
    assert _as_list(chain) == [[0, 1, 2, 3]]


def _as_list(pattern):
    found = components(pattern)
    assert found is not None
    return found.tolist()
