"""Learned fields: coordinates, norms, flows of every field by itself, regularisers."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from zoo.discoverers.flow import NeuralField, flows, own_flows
from zoo.discoverers.flow.regularisers import lipschitz, orthogonality, sobolev
from zoo.errors import ConfigError, SymmetryError
from zoo.symmetries.affine_part import inner_products
from zoo.symmetries.some_fields import SomeFields


def made(**options) -> NeuralField:
    torch.manual_seed(0)
    return NeuralField(options.pop("coordinates", ("x", "t", "u")), 4, trunk=(16, 16), head=8, **options)


def points(count: int = 50, n: int = 3, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.randn(count, n, generator=torch.Generator().manual_seed(1), dtype=dtype)


def test_every_head_by_itself_is_what_all_of_them_say() -> None:
    field, x = made(), points()
    all_of_them = field(x)
    assert all_of_them.shape == (50, 3, 4) and field.coordinates == ("x", "t", "u") and (field.n, field.c) == (3, 4)
    torch.testing.assert_close(field.own(x.expand(4, 50, 3)).permute(1, 2, 0), all_of_them)
    apart = points(200).view(4, 50, 3)
    own = field.own(apart)
    for i in range(4):
        torch.testing.assert_close(own[i], field(apart[i])[..., i])


def test_coordinates_go_in_and_out_as_they_are() -> None:
    """The same field in other units: V_x scales as x does."""
    field, x = made(), points()
    before = field(x)
    units = torch.tensor([2.0, 30.0, 0.1])
    field.centre.copy_(torch.tensor([1.0, -2.0, 5.0]))
    field.scale.copy_(units)
    torch.testing.assert_close(field(x * units + field.centre), before * units[:, None])
    field.place(100 * points() + 7)
    assert (field.centre - 7).abs().max() < 60 and field.scale.min() > 50
    with pytest.raises(SymmetryError, match="do not vary in t"):
        field.place(torch.stack([x[:, 0], torch.ones(50), x[:, 2]], 1))


def test_norms_and_their_weight() -> None:
    field, x = made(), points(400)
    field.place(x)
    weight = torch.rand(400)
    field.normalise(x, weight)
    unit = field(x) / field.scale[:, None]
    torch.testing.assert_close(inner_products(unit, weight).diagonal(), torch.ones(4))
    assert field.norms(x).requires_grad
    torch.testing.assert_close(field.inner_products(x, weight)[0, 0], inner_products(field(x), weight)[0, 0])


def test_periodic_coordinates() -> None:
    field, x = made(periodic={"x": 2.5}), points()
    torch.testing.assert_close(field(x + torch.tensor([5.0, 0, 0])), field(x), rtol=1e-4, atol=1e-5)
    assert (field(x + torch.tensor([1.0, 0, 0])) - field(x)).abs().max() > 1e-2


def test_much_memory_makes_it_solve_backwards(monkeypatch: pytest.MonkeyPatch) -> None:
    import torchdiffeq

    field, x, asked = made(), points(), []
    solve = torchdiffeq.odeint_adjoint
    monkeypatch.setattr(torchdiffeq, "odeint_adjoint", lambda *a, **k: asked.append(1) or solve(*a, **k))
    own_flows(field, x, torch.tensor([0.3]))
    assert not asked
    monkeypatch.setattr(flows, "_MOST_BYTES", 1000)
    with torch.no_grad():
        own_flows(field, x, torch.tensor([0.3]))
    assert not asked
    own_flows(field, x, torch.tensor([0.3])).sum().backward()
    assert asked and field.first.grad.abs().max() > 0


@pytest.mark.parametrize("adjoint", [False, True])
def test_every_flow_by_itself(adjoint: bool) -> None:
    field, x = made().double(), points(dtype=torch.float64)
    times = torch.tensor([0.2, 0.4], dtype=torch.float64)
    flown = own_flows(field, x, times, adjoint=adjoint)
    assert flown.shape == (2, 4, 50, 3)
    for i in range(4):
        one = torch.eye(4, dtype=torch.float64)[i]
        torch.testing.assert_close(flown[1, i], field.flow(x, 0.4, one, step=0.05), rtol=1e-6, atol=1e-8)
    signs = torch.tensor([1.0, -1, 1, -1], dtype=torch.float64)
    back = own_flows(field, x, times[1:], signs=signs, adjoint=adjoint)[0]
    torch.testing.assert_close(back[1], field.flow(x, -0.4, torch.eye(4).double()[1], step=0.05), rtol=1e-6, atol=1e-8)
    torch.testing.assert_close(back[2], flown[1, 2], rtol=1e-6, atol=1e-8)
    assert field.flow_with_error(x, 0.4, torch.ones(4).double()).error < 1e-6


def test_gradients_of_both_ways_agree_and_reach_the_norms() -> None:
    field, x = made().double(), points(dtype=torch.float64)
    found = []
    for adjoint in (False, True):
        field.zero_grad()
        end = own_flows(field, x, torch.tensor([0.3], dtype=torch.float64), size=field.norms(x), adjoint=adjoint)
        end.square().mean().backward()
        found.append([p.grad.clone() for p in field.parameters()])
    for direct, other in zip(*found, strict=True):
        assert (direct - other).norm() <= 1e-5 * direct.norm() + 1e-12
    field.zero_grad()
    own_flows(
        field, x, torch.tensor([0.3], dtype=torch.float64), size=field.norms(x).detach()
    ).square().mean().backward()
    assert any(not torch.allclose(p.grad, g) for p, g in zip(field.parameters(), found[0], strict=True))


def test_earlier_fields_do_not_feel_later_ones() -> None:
    field, x = made(), points()
    values = (field.unit(x) / field.norms(x)).detach().requires_grad_()
    loss = orthogonality(values)
    loss.backward()
    assert values.grad[..., 0].abs().max() == 0 and values.grad[..., 1:].abs().amax((0, 1)).min() > 0
    flat = values.detach().flatten(0, 1).double() / 50**0.5
    triangle = torch.linalg.qr(flat)[1]  # on its diagonal what is outside the span of those before
    wanted = -triangle.diag()[1:].abs().log().sum()
    assert abs(loss.item() - wanted) < 0.05 * wanted
    turned = values.detach() @ torch.tensor([[1.0, 0, 0, 0.6], [0, 1, 0, 0.8], [0, 0, 1, 0], [0, 0, 0, 0]])
    assert orthogonality(turned) > 2  # a sum of earlier ones
    same = torch.ones(5, 1, 2, requires_grad=True)
    orthogonality(same).backward()
    assert torch.isfinite(same.grad).all()


def test_affine_parts_are_taken_where_the_fields_were_learned() -> None:
    """Far from the origin, in units in which the coordinates differ by orders of magnitude."""
    field = made()
    field.place(points(400) * torch.tensor([100.0, 1, 0.01]) + 500)
    with torch.no_grad():
        field.second.zero_()  # constants are left
    algebra = SomeFields(field, [2, 0]).to_algebra()
    assert algebra.c == 2 and algebra.k == 4
    at = field(field.centre[None])[0][:, [2, 0]].T.double()
    torch.testing.assert_close(algebra.basis[:, :3, 3], at, rtol=1e-4, atol=1e-4)
    torch.manual_seed(1)
    bent = NeuralField(("x", "t", "u"), 1, trunk=(16,), head=8)
    bent.place(points(400) * 100)
    with torch.no_grad():
        bent.first.mul_(30)
    with pytest.raises(SymmetryError, match="field 0 is not affine"):
        bent.to_algebra()


def test_smoothness() -> None:
    x = torch.arange(32.0)[:, None]
    edges = torch.stack([torch.arange(31), torch.arange(1, 32)])
    values = torch.stack([2 * x, 5 * x], -1)
    assert abs(float(lipschitz(values, x, edges, 3.0)) - 1) < 1e-5  # slopes 2 and 5 beside the bound 3
    angle = 2 * math.pi * x / 32
    low, high = (torch.cos(f * angle)[..., None] for f in (1, 4))
    assert float(sobolev(high, 0) - sobolev(low, 0)) == pytest.approx(math.log((17**2 - 1) / (2**2 - 1)), rel=1e-3)


def test_errors() -> None:
    with pytest.raises(ConfigError, match="periodic coordinates are some of x, t, u"):
        made(periodic={"y": 1.0})
    with pytest.raises(ConfigError, match="a field needs coordinates"):
        NeuralField((), 2)
    with pytest.raises(SymmetryError, match="growing positive times"):
        own_flows(made(), points(), torch.tensor([0.3, 0.1]))
    field = made()
    with torch.no_grad():
        field.second.mul_(1e30)
    with pytest.raises(SymmetryError, match="leaves every bound"):
        own_flows(field, points(), torch.tensor([1.0]))
