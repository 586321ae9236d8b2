"""Every named constructor: dimension, closure, and what its group keeps."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from zoo.errors import SymmetryError
from zoo.symmetries import LieAlgebra

L = LieAlgebra
NAMED = [
    (L.so(2), 1, 2), (L.so(5), 10, 5), (L.so(1, 2), 3, 3), (L.lorentz(), 6, 4), (L.so2(4), 1, 8),
    (L.so2((1, 2), 1), 1, 5), (L.cyclic(7), 1, 2), (L.gl(3), 9, 3), (L.sl(3), 8, 3), (L.sl(2), 3, 2),
    (L.affine(1), 2, 2), (L.affine2d(), 6, 3), (L.translations(2), 2, 3), (L.scaling(4), 1, 4), (L.random(3, 4), 3, 4),
    (L.galilei(), 3, 4),
]  # fmt: skip


@pytest.mark.parametrize(("algebra", "c", "k"), NAMED)
def test_dimensions_and_closure(algebra: LieAlgebra, c: int, k: int) -> None:
    assert (algebra.c, algebra.k) == (c, k) and algebra.orthonormal().c == c
    closed = algebra.structure_constants().residual < 1e-14
    assert closed == (algebra != L.random(3, 4) if k == 4 else True)


@pytest.mark.parametrize(("p", "q"), [(2, 0), (3, 0), (1, 3), (2, 2)])
def test_so_keeps_its_metric(p: int, q: int) -> None:
    metric = torch.diag(torch.tensor([1.0] * p + [-1.0] * q, dtype=torch.float64))
    g = L.so(p, q).sample(5, torch.Generator().manual_seed(0), scale=0.5)
    assert torch.allclose(g.transpose(1, 2) @ metric @ g, metric.expand_as(g), atol=1e-12)


def test_lorentz_order_and_convention() -> None:
    """(E, px, py, pz), metric diag(1, -1, -1, -1), boosts then rotations."""
    boost, rotation = L.lorentz().exp(torch.eye(6, dtype=torch.float64)[[0, 5]])
    assert boost[0, 0] == pytest.approx(np.cosh(1)) and boost[0, 1] == pytest.approx(np.sinh(1))
    assert rotation[1, 1] == pytest.approx(np.cos(1)) and rotation[2, 1] == pytest.approx(np.sin(1))  # about z
    assert L.lorentz() == L.so(1, 3)


def test_others_do_what_they_say() -> None:
    one = torch.ones(1, dtype=torch.float64)
    assert torch.allclose(L.so2(1).exp(np.pi / 2 * one), torch.tensor([[0.0, -1], [1, 0]], dtype=torch.float64))
    assert torch.allclose(L.cyclic(4).exp(one), torch.tensor([[0.0, -1], [1, 0]], dtype=torch.float64), atol=1e-15)
    assert torch.allclose(L.so2((1, 3)).exp(2 * np.pi * one), torch.eye(4, dtype=torch.float64), atol=1e-14)
    assert L.sl(3).basis.diagonal(dim1=1, dim2=2).sum(1).abs().max() == 0
    assert torch.allclose(torch.det(L.sl(2).sample(4)), torch.ones(4, dtype=torch.float64))
    point = torch.tensor([[2.0, 3.0, 1.0]], dtype=torch.float64)
    shift = torch.tensor([0.5, -1.0], dtype=torch.float64)
    assert L.translations(2).act(point, shift).tolist() == [[2.5, 2.0, 1.0]]
    assert torch.allclose(L.scaling(2).exp(one), np.e * torch.eye(2, dtype=torch.float64))
    x_t_u = torch.tensor([[1.0, 2.0, 3.0, 1.0]], dtype=torch.float64)
    assert L.galilei().act(x_t_u, torch.tensor([0.0, 0.0, 0.5], dtype=torch.float64)).tolist() == [[2.0, 2.0, 3.5, 1.0]]
    assert L.affine2d().basis[:, 2].abs().max() == 0
    assert L.random(2, 3, seed=1) == L.random(2, 3, seed=1) != L.random(2, 3, seed=2)


@pytest.mark.parametrize(
    "make",
    [lambda: L.so(1), lambda: L.sl(1), lambda: L.gl(0), lambda: L.so2(0), lambda: L.cyclic(0), lambda: L.so2([])],
)
def test_refuses_empty_ones(make: object) -> None:
    with pytest.raises(SymmetryError, match="at least"):
        make()  # type: ignore[operator]
