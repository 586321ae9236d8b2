"""Each form of the operators against the formula, and their derivatives against those of plain operations."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial

import pytest
import torch

import zoo
from zoo.errors import ConfigError, SymmetryError
from zoo.models.lconv import Dense, LConv, LowRank, Neighbours, Operators, Skew, Sparse, around
from zoo.models.lconv.spaces import Choice, Space
from zoo.symmetries.grid import Grid, incidence, lattice_edges

C, D = 3, 12
EDGES = torch.tensor([[0, 0, 1, 5, 11, 7, 7, 7], [1, 2, 0, 6, 0, 8, 3, 2]])


@pytest.fixture(autouse=True)
def _float64():
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def made(form: str, kept: str = "learned") -> Operators:
    if form == "dense":
        return Dense.random(C, D, kept)
    if form == "low_rank":
        return LowRank.random(C, D, 2, kept)
    if form == "skew":
        return Skew.random(C, D, 2, kept)
    if form == "sparse":
        return Sparse(torch.randn(C, D, D) * (torch.rand(C, D, D) < 0.2))
    return Neighbours.random(C, EDGES, D, kept)


FORMS = ["dense", "low_rank", "skew", "neighbours"]


@pytest.mark.parametrize("form", [*FORMS, "sparse"])
@pytest.mark.parametrize("outer", [2, 5])  # mixed before and after
@pytest.mark.parametrize("batch", [1, 4])
def test_values_and_derivatives_are_those_of_the_formula(form: str, outer: int, batch: int) -> None:
    operators = made(form)
    f = torch.randn(batch, 3, D, requires_grad=True)
    own, along = torch.randn(outer, 3, requires_grad=True), torch.randn(C, outer, 3, requires_grad=True)
    wanted = own @ f + torch.einsum("cde,cnm,bme->bnd", operators.matrices(), along, f)
    found = operators.convolved(f, own, along)
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-12)
    slope = torch.randn_like(wanted)
    over = [f, own, along, *operators.parameters()]
    for one, other in zip(
        torch.autograd.grad(found, over, slope), torch.autograd.grad(wanted, over, slope), strict=True
    ):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-11)


def test_neighbours_in_blocks_of_few_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    operators = made("neighbours")
    layer, f = LConv(operators, 3, 5), torch.randn(4, 3, D, requires_grad=True)
    whole = torch.autograd.grad(layer(f).square().sum(), [f, *layer.parameters()])
    monkeypatch.setattr(around, "_NUMBERS", 5 * 12 * 4)
    pieces = torch.autograd.grad(layer(f).square().sum(), [f, *layer.parameters()])
    for one, other in zip(whole, pieces, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-11)


def test_neighbours_have_the_incidence_form() -> None:
    operators = made("neighbours")
    l_times_b = incidence(EDGES, D).to_dense()
    for weights, matrix in zip(operators.values, operators.matrices(), strict=True):
        rows = torch.zeros(D, EDGES.shape[1]).index_put((EDGES[0], torch.arange(EDGES.shape[1])), weights)
        torch.testing.assert_close(matrix, rows @ l_times_b)
    assert operators.matrices().sum(-1).abs().max() < 1e-14  # constants vanish


def test_skew_generators_are_antisymmetric_of_twice_the_rank() -> None:
    operators = made("skew")
    values = operators.matrices()
    torch.testing.assert_close(values, -values.mT, rtol=0, atol=1e-15)
    assert torch.linalg.matrix_rank(values).tolist() == [4] * C
    assert sum(p.numel() for p in operators.parameters()) == sum(p.numel() for p in made("low_rank").parameters())
    f = torch.randn(D)
    torch.testing.assert_close((torch.linalg.matrix_exp(values) @ f).norm(dim=1), f.norm().expand(C))


@pytest.mark.parametrize("form", [*FORMS, "sparse"])
def test_forward_mode(form: str) -> None:
    layer = LConv(made(form), 3, 2)
    f, v = torch.randn(4, 3, D), torch.randn(4, 3, D)
    with warnings.catch_warnings():  # the first dual number of a process makes torch warn about itself
        warnings.simplefilter("ignore", DeprecationWarning)
        _, tangent = torch.func.jvp(layer, (f,), (v,))
    torch.testing.assert_close(tangent, layer.linear(v), rtol=0, atol=1e-12)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kept", ["learned", "frozen"])
def test_what_is_learned_and_what_is_saved(form: str, kept: str) -> None:
    operators = made(form, kept)
    assert bool(list(operators.parameters())) == (kept == "learned")
    assert operators.state_dict()


@pytest.mark.parametrize("form", [partial(Dense, kept="given"), Sparse])
def test_given_numbers_stay_exact_and_are_not_saved(form: Callable[[torch.Tensor], Operators]) -> None:
    exact = torch.randn(C, D, D) * (torch.rand(C, D, D) < 0.3)
    exact[:, 0] = 0  # a row that uses no column
    operators = form(exact).float()
    assert not operators.state_dict() and not list(operators.parameters())
    f, own, along = torch.randn(1, 2, D).float(), torch.randn(2, 2).float(), torch.randn(C, 2, 2).float()
    assert operators.convolved(f, own, along).dtype == torch.float32
    assert operators.matrices().dtype == torch.float64
    assert torch.equal(operators.double().matrices(), exact)


def test_q_of_f() -> None:
    """Q[f] = (f + sum_i L_i f eps^i) W0 with rows of features, as in the paper."""
    layer = LConv(made("dense"), 4, 4, bias=False)
    f = torch.randn(D, 4)  # d x m
    inner = f + sum(matrix @ f @ eps.T for matrix, eps in zip(layer.operators.matrices(), layer.epsilon, strict=True))
    torch.testing.assert_close(layer(f.T[None])[0].T, inner @ layer.own.T, rtol=0, atol=1e-10)


def test_wrong_shapes_are_named() -> None:
    with pytest.raises(ConfigError, match=r"\(2, E\) and \(c, E\)"):
        Neighbours(EDGES, torch.randn(C, 3), D)
    with pytest.raises(SymmetryError, match="0 to 5"):
        Neighbours.random(C, EDGES, 6)
    with pytest.raises(ConfigError, match=r"\(c, d, r\)"):
        LowRank(torch.randn(C, D, 2), torch.randn(C, 3, D))


def test_all_neighbours_of_a_lattice_contain_the_convolution() -> None:
    """A 3 x 3 convolution on a torus is one L-conv layer with the eight shifts to the neighbours."""
    grid = Grid((5, 5), periodic=True)
    edges = lattice_edges(grid, diagonals=True)
    kernel = torch.randn(2, 3, 3, 3)
    f = torch.randn(4, 3, 5, 5)
    wanted = torch.nn.functional.conv2d(torch.nn.functional.pad(f, (1, 1, 1, 1), mode="circular"), kernel)
    # the places that edges lead to, relative to where they start
    row, column = edges // 5, edges % 5
    step = 3 * ((row[1] - row[0] + 1) % 5) + (column[1] - column[0] + 1) % 5
    places = [p for p in range(9) if p != 4]
    values = torch.stack([(step == p).to(f) for p in places])
    layer = LConv(Neighbours(edges, values, 25), 3, 2, bias=False)
    with torch.no_grad():
        layer.along.copy_(kernel.flatten(2)[..., places].permute(2, 0, 1))
        layer.own.copy_(kernel.sum((2, 3)))  # differences take what is at the node itself away
    torch.testing.assert_close(layer(f.flatten(2)).view(4, 2, 5, 5), wanted, rtol=0, atol=1e-12)


def test_derivatives_of_linear_interpolation_are_kept_sparse() -> None:
    space = Space(144, Grid((12, 12)))
    symmetry = zoo.symmetry("translations(2)")
    form = {
        interpolation: space.operators(Choice("symmetry", symmetry, 0, 0, False, interpolation, 2))
        for interpolation in ("linear", "shannon")
    }
    assert isinstance(form["linear"], Sparse) and form["linear"].nodes.shape == (144, 4)
    assert isinstance(form["shannon"], Dense)
    for interpolation, operators in form.items():
        exact = space.grid.generators(symmetry, interpolation)
        ratio = operators.matrices().flatten(1).norm(dim=1) / exact.flatten(1).norm(dim=1)
        torch.testing.assert_close(operators.matrices(), exact * ratio[:, None, None], rtol=0, atol=1e-14)
