from __future__ import annotations

import torch

from zoo.models.emlp.bases import DUAL, TensorBases
from zoo.models.emlp.bilinear import Products
from zoo.models.emlp.layout import Block, Layout
from zoo.symmetries import LieAlgebra


def products(algebra: LieAlgebra, *counts: int, pairs: int = 2) -> Products:
    hidden = Layout(tuple(Block(rank, count, algebra.k**rank) for rank, count in enumerate(counts)))
    return Products(TensorBases(algebra), hidden, pairs)


def test_products_transform_as_their_kinds(algebra):
    layer = products(algebra, 3, 2, 2)
    g = algebra.exp(0.4 * torch.ones(algebra.c)) if not algebra.is_discrete else algebra.exp(torch.ones(1))
    dual = torch.linalg.inv(g).T

    def act(layout: Layout, x: torch.Tensor) -> torch.Tensor:
        pieces = []
        for block, piece in layout.split(x):
            matrix = torch.ones(1, 1, dtype=torch.float64)
            for _ in range(abs(block.kind)):
                matrix = torch.kron(matrix, (dual if block.kind == DUAL else g).contiguous())
            pieces.append((piece @ matrix.T).flatten(1))
        return torch.cat(pieces, 1)

    x = torch.randn(4, layer.operands.dim, dtype=torch.float64)
    moved, expected = layer(act(layer.operands, x)), act(layer.results, layer(x))
    assert torch.allclose(moved, expected, atol=1e-11, rtol=1e-11)


def test_invariants_are_dot_products_with_duals():
    layer = products(LieAlgebra.so(2), 1, 1)
    assert [(p.left, p.right, p.target) for p in layer.products] == [(1, DUAL, 0)]
    left, right = torch.randn(2, 5, 2)
    expected = (left * right).sum(1, keepdim=True) / 2**0.5
    assert torch.allclose(layer(torch.cat([left, right], 1)), expected)


def test_products_of_vectors_are_taken_where_they_hold_a_vector():
    kinds = [(p.left, p.right, p.target) for p in products(LieAlgebra.so(3), 1, 1).products]
    assert kinds == [(1, 1, 2), (1, DUAL, 0)]  # the cross product; a planar rotation has none


def test_outer_product_and_contraction():
    layer = products(LieAlgebra.so(3), 1, 1, 1)
    kinds = [(p.left, p.right, p.target) for p in layer.products]
    assert kinds == [(1, 1, 2), (1, DUAL, 0), (2, DUAL, 1)]
    x = torch.randn(5, layer.operands.dim)
    a, b, c, d, t, e = (piece.squeeze(1) for _, piece in layer.operands.split(x))
    outer, dot, contracted = layer(x).split([9, 1, 3], dim=1)
    assert torch.allclose(outer.view(-1, 3, 3), a[:, :, None] * b[:, None, :])
    assert torch.allclose(dot, (c * d).sum(1, keepdim=True) / 3**0.5)
    assert torch.allclose(contracted, (t.view(-1, 3, 3) @ e[:, :, None]).squeeze(2) / 3**0.5, atol=1e-6)


def test_without_invariant_forms_there_are_no_invariants():
    layer = products(LieAlgebra.gl(2), 3, 2)
    assert layer.products == () and layer.operands.dim == 0
