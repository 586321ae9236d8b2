"""The loss of a layer, expanded, is the loss."""

from __future__ import annotations

import pytest
import torch

import zoo
from zoo.errors import ConfigError
from zoo.models.lconv import LConv, LowRank
from zoo.symmetries import LieAlgebra
from zoo.symmetries.grid import Grid


def layer_and_fields(inner: int = 3, outer: int = 4) -> tuple[LConv, torch.Tensor]:
    torch.manual_seed(0)
    layer = LConv(LowRank.random(2, 15, 4), inner, outer, bias=False).double()
    return layer, torch.randn(5, inner, 15, dtype=torch.float64)


@pytest.mark.parametrize("metric", [None, torch.diag(torch.tensor([1.0, -1, -1, 2]))])
def test_terms_add_up_to_the_loss(metric: torch.Tensor | None) -> None:
    layer, f = layer_and_fields()
    found = zoo.lagrangian(layer, metric=metric)
    g = torch.eye(4).double() if metric is None else metric.double()
    wanted = torch.einsum("bmd,mn,bnd->bd", layer(f), g, layer(f))
    torch.testing.assert_close(sum(found.density(f).values()), wanted, rtol=1e-12, atol=1e-12)


def test_with_the_target() -> None:
    layer, f = layer_and_fields()
    y = torch.randn(5, 4, 15, dtype=torch.float64)
    terms = zoo.lagrangian(layer, target=True).density(torch.cat([f, y], dim=1))
    torch.testing.assert_close(sum(terms.values()), (layer(f) - y).square().sum(1), rtol=1e-12, atol=1e-12)


def test_the_boundary_term_is_a_total_derivative() -> None:
    """On a torus its integral vanishes for smooth fields, and the others' do not."""
    torch.manual_seed(0)
    net = zoo.build(
        "lconv", LieAlgebra.translations(2), input_shape=(2, 13, 13), output_shape=(3,), hidden=[4], periodic=True
    ).double()
    f = Grid((13, 13), periodic=True).band_limited(torch.randn(6, 2, 169, dtype=torch.float64), 0.4)
    terms = {name: float(term.detach().sum(1).abs().mean()) for name, term in zoo.lagrangian(net).density(f).items()}
    assert terms["boundary"] < 1e-9 * terms["kinetic"]
    assert terms["mass"] > 1 and terms["gyroscopic"] > 1e-3 * terms["kinetic"]


def test_the_form_in_coordinates() -> None:
    """h^{alpha beta} d_alpha f d_beta f is the kinetic term, node by node."""
    torch.manual_seed(0)
    grid = Grid((13, 13))
    net = zoo.build("lconv", LieAlgebra.affine2d(), input_shape=(2, 13, 13), output_shape=(3,), hidden=[4]).double()
    found = zoo.lagrangian(net)
    f = torch.randn(6, 2, 169, dtype=torch.float64)
    slopes = torch.stack([grid.differentiate(f, coordinate) for coordinate in range(2)])
    wanted = torch.einsum("abmd,dacmn,cbnd->bd", slopes, found.form(), slopes)
    torch.testing.assert_close(wanted, found.density(f)["kinetic"], rtol=1e-9, atol=1e-9)
    # not negative where the metric is the identity
    form = found.form().permute(0, 1, 3, 2, 4).reshape(169, 4, 4)
    assert torch.linalg.eigvalsh(form.detach()).min() > -1e-9


def test_the_field_equation_is_the_variation() -> None:
    """Antisymmetric generators are divergence-free: the gradient of the integral is twice the left-hand side."""
    torch.manual_seed(0)
    net = zoo.build(
        "lconv", LieAlgebra.translations(2), input_shape=(2, 7, 7), output_shape=(3,), hidden=[4], periodic=True
    ).double()
    found = zoo.lagrangian(net)
    f = torch.randn(3, 2, 49, dtype=torch.float64, requires_grad=True)
    terms = found.density(f)
    (slope,) = torch.autograd.grad((terms["mass"] + terms["kinetic"]).sum(), f)
    torch.testing.assert_close(slope, 2 * found.equation(f), rtol=1e-9, atol=1e-9)


def test_bad_arguments() -> None:
    layer, _ = layer_and_fields()
    with pytest.raises(ConfigError, match="symmetric"):
        zoo.lagrangian(layer, metric=torch.eye(3))
    with pytest.raises(ConfigError, match="L-conv layer"):
        zoo.lagrangian(torch.nn.Linear(2, 2))
    with pytest.raises(ConfigError, match="no vector fields"):
        zoo.lagrangian(layer).form()
