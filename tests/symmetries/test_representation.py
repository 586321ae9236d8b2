"""Direct sums of tensor powers: their text, their layout, and that rho is a representation."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo.errors import SymmetryError
from zoo.symmetries import LieAlgebra, Rep, Term

TERMS = st.lists(st.tuples(st.integers(1, 3), st.integers(0, 3)), min_size=1, max_size=4)


def rep_of(pairs: list[tuple[int, int]], k: int = 3) -> Rep:
    return Rep(tuple(Term(*pair) for pair in pairs), k)


@settings(deadline=None, max_examples=50)
@given(TERMS)
def test_text_round_trip(pairs: list[tuple[int, int]]) -> None:
    rep = rep_of(pairs)
    assert Rep.parse(str(rep), 3) == rep
    assert rep.dim == sum(m * 3**r for m, r in pairs)


@settings(deadline=None, max_examples=20)
@given(TERMS, st.integers(0, 1000))
def test_is_a_representation(pairs: list[tuple[int, int]], seed: int) -> None:
    rep, so3 = rep_of(pairs), LieAlgebra.so(3)
    generator = torch.Generator().manual_seed(seed)
    g, h = so3.sample(2, generator)
    assert torch.allclose(rep.matrix(g @ h), rep.matrix(g) @ rep.matrix(h), atol=1e-12)
    a, b = torch.randn(2, 3, 3, dtype=torch.float64, generator=generator)
    first, second = rep.generator_matrix(a), rep.generator_matrix(b)
    assert torch.allclose(rep.generator_matrix(a @ b - b @ a), first @ second - second @ first, atol=1e-12)


@settings(deadline=None, max_examples=10)
@given(TERMS, st.integers(0, 1000))
def test_generators_exponentiate_to_elements(pairs: list[tuple[int, int]], seed: int) -> None:
    rep = rep_of(pairs)
    matrix = 0.3 * torch.randn(3, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    element = torch.linalg.matrix_exp(rep.generator_matrix(matrix))
    assert torch.allclose(element, rep.matrix(torch.linalg.matrix_exp(matrix)), atol=1e-10)


def test_layout_is_copy_after_copy_in_row_major_order() -> None:
    rep = Rep.parse("1x0 + 2x1 + 1x2", 2)
    g = torch.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=torch.float64)
    x = torch.arange(1.0, 10.0, dtype=torch.float64)[None]
    expected = torch.cat(
        [x[:, :1], (x[:, 1:3] @ g.T), (x[:, 3:5] @ g.T), (g @ x[0, 5:].reshape(2, 2) @ g.T).reshape(1, 4)], 1
    )
    assert torch.allclose(rep.act(g, x), expected)
    assert [(where.start, where.stop) for where, _ in rep.blocks()] == [(0, 1), (1, 5), (5, 9)]
    assert [rep.count(rank) for rank in range(4)] == [1, 2, 1, 0]
    assert str(rep + Rep.parse("3", 2)) == "1x0 + 2x1 + 1x2 + 1x3"


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_acts_per_sample_on_any_shape(dtype: torch.dtype) -> None:
    rep = Rep.parse("5x1", 4)
    g = LieAlgebra.lorentz().sample(6, torch.Generator().manual_seed(0), scale=0.3)
    x = torch.randn(6, 5, 4, dtype=dtype)
    moved = rep.act(g, x)
    assert moved.shape == x.shape and moved.dtype == dtype
    assert torch.allclose(moved, torch.einsum("bij,bsj->bsi", g.to(dtype), x), atol=1e-5)
    rate = rep.act_infinitesimally(g, x)
    assert torch.allclose(rate, moved, atol=1e-5)  # for vectors d rho(L) x = L x


def test_edge_shapes() -> None:
    scalar, vectors, none = Rep.parse("1x0", 3), Rep.parse("2x1 + 1x2", 3), Rep.parse("0x1", 3)
    g = torch.eye(3, dtype=torch.float64)
    assert scalar.act(g, torch.ones(4)).shape == (4,)
    assert vectors.act(g, torch.zeros(0, 15)).shape == (0, 15)
    assert vectors.act(torch.zeros(0, 3, 3), torch.zeros(0, 15)).shape == (0, 15)
    assert none.dim == 0 and str(none) == "0x0" and none.act(g, torch.zeros(4, 0)).shape == (4, 0)
    assert Rep.parse(str(none), 3) == none


@pytest.mark.parametrize("text", ["", "5y1", "2x", "x1", "1x1 +", "-1x1", "1.5x1"])
def test_refuses_other_texts(text: str) -> None:
    with pytest.raises(SymmetryError, match="cannot read the representation"):
        Rep.parse(text, 3)


def test_refuses_what_does_not_fit() -> None:
    rep = Rep.parse("2x1", 3)
    with pytest.raises(SymmetryError, match="hold 5 numbers a sample"):
        rep.act(torch.eye(3), torch.zeros(4, 5))
    with pytest.raises(SymmetryError, match=r"one \(3, 3\) matrix"):
        rep.act(torch.eye(2), torch.zeros(4, 6))
    with pytest.raises(SymmetryError, match="each of the 4 samples"):
        rep.act(torch.zeros(3, 3, 3), torch.zeros(4, 6))
    with pytest.raises(SymmetryError, match="cannot add"):
        rep + Rep.parse("1x1", 2)
    with pytest.raises(SymmetryError, match="at least 1"):
        Rep.parse("1x1", 0)
    with pytest.raises(SymmetryError, match="not negative"):
        Term(-1, 2)


def test_gradients_flow_through_the_action() -> None:
    rep = Rep.parse("1x1 + 1x2", 2)
    x = torch.from_numpy(np.random.default_rng(0).standard_normal((3, 6))).requires_grad_()
    g = torch.eye(2, dtype=torch.float64) + 0.1
    assert torch.autograd.gradcheck(lambda features: rep.act(g, features), (x,))
