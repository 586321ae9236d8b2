from __future__ import annotations

import copy
import pickle

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zoo.models.emlp.bases import TensorBases
from zoo.models.emlp.layout import Block, Layout
from zoo.models.emlp.linear import EquivariantLinear
from zoo.models.emlp.sectors import sectors
from zoo.symmetries import LieAlgebra, Rep
from zoo.symmetries.invariants import equivariant_maps

# Float64 rounding of a few hundred operations on numbers of order 1.
ROUNDING = 1e-12


def linear(algebra: LieAlgebra, rep_in: str, rep_out: str) -> tuple[EquivariantLinear, Rep, Rep]:
    into, out = Rep.parse(rep_in, algebra.k), Rep.parse(rep_out, algebra.k)
    bases = TensorBases(algebra)
    torch.manual_seed(1)
    return EquivariantLinear(bases, bases.layout(into), bases.layout(out)).double(), into, out


def test_commutes_with_every_generator(algebra, scrambled):
    layer, into, out = linear(algebra, "2x0 + 3x1 + 1x2 + 1x1", "1x2 + 2x1 + 3x0")
    weight, bias = scrambled(layer).dense()
    for generator in algebra.exp(torch.eye(algebra.c)) if algebra.is_discrete else algebra.basis:
        act = Rep.matrix if algebra.is_discrete else Rep.generator_matrix
        left, right = act(out, generator) @ weight, weight @ act(into, generator)
        assert (left - right).abs().max() <= ROUNDING * max(1, weight.abs().max())
        moved = act(out, generator) @ bias - (bias if algebra.is_discrete else 0)
        assert moved.abs().max() <= ROUNDING


REPS = st.lists(st.tuples(st.integers(1, 3), st.integers(0, 2)), min_size=1, max_size=3).map(
    lambda terms: " + ".join(f"{count}x{rank}" for count, rank in terms)
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rep_in=REPS, rep_out=REPS, name=st.sampled_from(["so3", "so2"]))
def test_reaches_all_equivariant_maps_and_multiplies_by_its_dense_matrix(rep_in, rep_out, name, scrambled):
    algebra = LieAlgebra.so(3) if name == "so3" else LieAlgebra.so2(1)
    layer, into, out = linear(algebra, rep_in, rep_out)
    assert layer.dimension == equivariant_maps(algebra, into, out).dimension
    weight, bias = (part.double() for part in scrambled(layer).dense())
    x = torch.randn(4, into.dim, dtype=torch.float64)
    assert torch.allclose(layer(x), x @ weight.T + bias, atol=ROUNDING, rtol=0)


def test_keeps_the_variance_at_initialisation():
    layer, into, _ = linear(LieAlgebra.so(3), "40x0 + 40x1 + 20x2", "40x0 + 40x1 + 20x2")
    y = layer(torch.randn(500, into.dim, dtype=torch.float64))
    assert 0.7 < y.std().item() < 1.4


def test_sectors_of_a_planar_rotation_are_even_and_odd_tensors():
    bases = TensorBases(LieAlgebra.so2(1))
    layout = Layout(tuple(Block(rank, 2, 2**rank) for rank in (0, 1, 2, 1)))
    found = sectors(bases, layout, layout)
    assert {(sector.sources, sector.targets) for sector in found} == {((0, 2), (0, 2)), ((1, 3), (1, 3))}


def test_a_target_out_of_reach_is_zero():
    layer, _, _ = linear(LieAlgebra.so2(1), "2x1", "1x0 + 1x1 + 1x2")
    y = layer(torch.randn(3, 4, dtype=torch.float64))
    assert (y[:, :1] == 0).all() and (y[:, 3:] == 0).all() and (y[:, 1:3] != 0).all()


class TestKeptWeights:
    """Projected once for evaluation, and never stale."""

    @pytest.fixture
    def layer(self) -> EquivariantLinear:
        return linear(LieAlgebra.so(3), "4x0 + 3x1", "2x0 + 2x1")[0]

    @pytest.fixture
    def x(self) -> torch.Tensor:
        return torch.randn(5, 13, dtype=torch.float64)

    def projections(self, layer: EquivariantLinear, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        calls: list[int] = []
        project = layer._project
        monkeypatch.setattr(layer, "_project", lambda *arguments: calls.append(1) or project(*arguments))
        return calls

    def test_projects_once_in_evaluation_and_each_time_in_training(self, layer, x, monkeypatch):
        calls = self.projections(layer, monkeypatch)
        layer.eval()
        with torch.no_grad():
            layer(x)
            once = len(calls)
            layer(x)
            assert len(calls) == once
            layer.train()
            layer(x)
            layer(x)
        assert len(calls) == 3 * once

    def test_answers_as_in_training(self, layer, x):
        trained = layer(x)
        layer.eval()
        with torch.no_grad():
            assert torch.equal(layer(x), trained) and torch.equal(layer(x), trained)

    def test_state_is_the_same_in_training_and_evaluation(self, layer, x):
        before = {name: tensor.clone() for name, tensor in layer.state_dict().items()}
        layer.eval()
        with torch.no_grad():
            layer(x)
        after = layer.state_dict()
        assert before.keys() == after.keys() and not list(layer.buffers())
        assert all(torch.equal(before[name], after[name]) for name in before)

    @pytest.mark.parametrize("change", ["in place", "state", "assigned state", "another parameter", "optimiser"])
    def test_follows_a_change_of_the_parameters(self, layer, x, change):
        layer.eval()
        with torch.no_grad():
            before = layer(x)
            doubled = {name: 2 * tensor for name, tensor in layer.state_dict().items()}
        if change == "in place":
            with torch.no_grad():
                for parameter in layer.parameters():
                    parameter.mul_(2)
        elif change == "another parameter":
            for name, tensor in layer.coefficients.items():
                layer.coefficients[name] = torch.nn.Parameter(2 * tensor.detach())
        elif change == "optimiser":
            optimizer = torch.optim.SGD(layer.parameters(), lr=1.0)
            for parameter in layer.parameters():
                parameter.grad = -parameter.detach().clone()
            optimizer.step()
        else:
            layer.load_state_dict(doubled, assign=change == "assigned state")
        with torch.no_grad():
            assert torch.allclose(layer(x), 2 * before, atol=ROUNDING, rtol=0)

    def test_gradients_flow_in_evaluation_mode(self, layer, x):
        layer.eval()
        with torch.no_grad():
            layer(x)
        layer(x).square().sum().backward()
        assert all(parameter.grad is not None for parameter in layer.coefficients.values())

    def test_what_inference_mode_keeps_serves_a_gradient_for_the_input(self, layer, x):
        layer.eval().requires_grad_(False)
        with torch.inference_mode():
            layer(x)
        x.requires_grad_()
        layer(x).sum().backward()
        assert x.grad is not None and torch.isfinite(x.grad).all()

    def test_a_copy_follows_its_own_parameters(self, layer, x):
        layer.eval()
        with torch.no_grad():
            before = layer(x)
            for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
                for parameter in other.parameters():
                    parameter.zero_()
                assert (other(x) == 0).all()
            assert torch.equal(layer(x), before)

    def test_casting_up_again_loses_nothing_of_the_basis(self, layer):
        weight = layer.float().double().eval().dense()[0]
        algebra = LieAlgebra.so(3)
        into, out = Rep.parse("4x0 + 3x1", 3), Rep.parse("2x0 + 2x1", 3)
        for generator in algebra.basis:
            error = out.generator_matrix(generator) @ weight - weight @ into.generator_matrix(generator)
            assert error.abs().max() <= ROUNDING
