"""Vector fields: flows, brackets, affine parts."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from zoo.errors import SymmetryError
from zoo.symmetries import FunctionField, GeneratorField, LieAlgebra

L = LieAlgebra


def as_function(algebra: LieAlgebra, dtype: torch.dtype = torch.float64) -> FunctionField:
    """The linear fields again, without their matrices."""
    return FunctionField(lambda x: torch.einsum("cij,pj->pic", algebra.basis.to(x), x), algebra.k, dtype)


def points(n: int, count: int = 10, seed: int = 0) -> Tensor:
    return torch.randn(count, n, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def test_linear_field_flows_by_the_exponential() -> None:
    field, x = L.lorentz().as_field(), points(4)
    a = torch.tensor([0.1, -0.2, 0.3, 0.4, -0.5, 0.6], dtype=torch.float64)
    assert (field.n, field.c) == (4, 6) and field(x).shape == (10, 4, 6)
    assert torch.allclose(field.flow(x, 0.7, a), L.lorentz().act(x, 0.7 * a))
    each = torch.linspace(-1, 1, 10, dtype=torch.float64)
    assert torch.allclose(field.flow(x, each, a)[3], field.flow(x[3:4], float(each[3]), a)[0])
    assert field.flow_with_error(x, 0.7, a).error == 0
    assert field.to_algebra() is field.algebra and "so(1,3)" in repr(field)


def test_rk4_agrees_with_the_exponential_within_its_error_report() -> None:
    field, x = as_function(L.so(3)), points(3)
    a = torch.tensor([1.0, -0.5, 0.3], dtype=torch.float64)
    exact = L.so(3).act(x, 1.5 * a)
    for step in (0.5, 0.1):
        report = field.flow_with_error(x, 1.5, a, step=step)
        true_error = float((report.points - exact).abs().max())
        assert 0.3 * true_error < report.error < 3 * true_error
    assert (field.flow(x, 1.5, a) - exact).abs().max() < 1e-6


def test_flows_are_a_group_action_and_differ_by_point() -> None:
    field, x = as_function(L.so2(2)), points(4)
    there = field.flow(x, 0.8)
    assert torch.allclose(field.flow(there, -0.8), x, atol=1e-7)
    assert torch.allclose(field.flow(field.flow(x, 0.3), 0.5), there, atol=1e-7)
    times = torch.linspace(-1, 1, 10, dtype=torch.float64)
    each = field.flow(x, times, step=0.01)
    assert torch.allclose(each, L.so2(2).act(x, times[:, None]), atol=1e-9)
    assert torch.equal(field.flow(x, 0.0), x) and field.flow(x[:0], 1.0).shape == (0, 4)


def test_flow_is_differentiable() -> None:
    field = as_function(L.so2(1))
    x = points(2, 3).requires_grad_()
    time = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)  # not at a change of the number of steps
    assert torch.autograd.gradcheck(lambda x, t: field.flow(x, t, step=0.2), (x, time))


@pytest.mark.parametrize("make", [lambda a: a.as_field(), as_function])
def test_bracket_of_linear_fields_is_minus_the_commutator(make: object) -> None:
    algebra, x = L.so(3), points(3)
    field: GeneratorField = make(algebra)  # type: ignore[operator]
    brackets = field.bracket(x)
    identity = torch.eye(3, dtype=torch.float64)
    for i in range(3):
        for j in range(3):
            commutator = algebra.bracket(identity[i], identity[j])
            assert torch.allclose(brackets[:, :, i, j], -x @ commutator.T, atol=1e-12)


def test_bracket_of_nonlinear_fields() -> None:
    """[d_x, x^2 d_y] = 2 x d_y."""

    def fields(p: Tensor) -> Tensor:
        zero, one = torch.zeros_like(p[:, 0]), torch.ones_like(p[:, 0])
        return torch.stack([torch.stack([one, zero], 1), torch.stack([zero, p[:, 0] ** 2], 1)], dim=2)

    x = points(2)
    bracket = FunctionField(fields, 2).bracket(x)[:, :, 0, 1]
    assert torch.allclose(bracket, torch.stack([torch.zeros(10, dtype=torch.float64), 2 * x[:, 0]], 1))


def test_linear_fields_become_their_algebra() -> None:
    for algebra in (L.so(3), L.lorentz(), L.sl(2)):
        assert as_function(algebra).to_algebra() == algebra
    assert as_function(L.so(3), torch.float32).to_algebra().same_span(L.so(3), 1e-5)


def test_affine_fields_become_matrices_on_one_more_axis() -> None:
    def fields(p: Tensor) -> Tensor:
        turn = torch.stack([-p[:, 1], p[:, 0]], 1)
        shift = torch.tensor([1.0, 0.0], dtype=p.dtype).expand_as(p)
        return torch.stack([turn, shift], dim=2)

    field = FunctionField(fields, 2)
    algebra = field.to_algebra()
    assert algebra.k == 3 and algebra.c == 2
    homogeneous = torch.cat([points(2), torch.ones(10, 1, dtype=torch.float64)], 1)
    z = torch.tensor([0.3, 0.8], dtype=torch.float64)
    assert torch.allclose(field.flow(points(2), 1.0, z), algebra.act(homogeneous, z)[:, :2], atol=1e-6)


def test_fields_that_are_not_affine_are_refused_with_their_affineness() -> None:
    bent = FunctionField(lambda p: torch.stack([-p[:, 1] + 0.3 * p[:, 0] ** 3, p[:, 0]], 1), 2)
    part = bent.affine_part()
    assert torch.allclose(part.affineness**2 + part.remainder**2, torch.ones(1, dtype=torch.float64))
    assert 0.01 < part.remainder[0] < 0.3
    with pytest.raises(SymmetryError, match=rf"affine-ness is {part.affineness[0]:.4f}"):
        bent.to_algebra()
    loose = bent.to_algebra(tolerance=0.5)
    assert loose.k == 2 and loose.cosine(L.so2(1)) > 0.95


def test_weights_choose_where_fields_count() -> None:
    """x -> |x| is linear where x > 0."""
    field = FunctionField(torch.abs, 1)
    x = torch.linspace(-1, 1, 101, dtype=torch.float64)[:, None]
    assert field.affine_part(x).affineness < 0.9
    right = (x[:, 0] > 0).double()
    part = field.affine_part(x, right)
    assert part.affineness == pytest.approx(1) and part.matrices[0, 0, 0] == pytest.approx(1)
    assert field.inner_products(x, right)[0, 0] == pytest.approx(float((right * x[:, 0] ** 2).sum() / right.sum()))


def test_inner_products_of_orthogonal_generators() -> None:
    gram = L.so(3).as_field().inner_products(points(3, 20000))
    assert np.allclose(gram, 2 * np.eye(3), atol=0.1)


def test_refusals() -> None:
    field = L.so(3).as_field()
    with pytest.raises(SymmetryError, match="give their coefficients"):
        field.flow(points(3), 1.0)
    with pytest.raises(SymmetryError, match="points have shape"):
        field.flow(points(4), 1.0, torch.ones(3))
    with pytest.raises(SymmetryError, match="coefficients have shape"):
        field.flow(points(3), 1.0, torch.ones(2))
    with pytest.raises(SymmetryError, match="finite time"):
        as_function(L.so2(1)).flow(points(2), float("nan"))
    with pytest.raises(SymmetryError, match="positive step"):
        as_function(L.so2(1)).flow(points(2), 1.0, step=0.0)
    with pytest.raises(SymmetryError, match="leaves every bound"):
        FunctionField(lambda p: p**3, 1).flow(10 * torch.ones(1, 1, dtype=torch.float64), 5.0)
    with pytest.raises(SymmetryError, match="two points gave"):
        FunctionField(lambda p: p[:, :1], 2)
    with pytest.raises(SymmetryError, match="zero at all points"):
        FunctionField(torch.zeros_like, 2).to_algebra()
    with pytest.raises(SymmetryError, match="more than 3 points"):
        as_function(L.so2(1)).affine_part(points(2, 3))
    with pytest.raises(SymmetryError, match="not negative"):
        as_function(L.so2(1)).affine_part(points(2), -torch.ones(10))
