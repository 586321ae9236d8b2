"""Networks as maps that a symmetry acts on, and what of a symmetry keeps vectors where they are."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from zoo.errors import ConfigError
from zoo.symmetries import Held, Integer, LieAlgebra, Posed, Rep, stabiliser
from zoo.symmetries.posed import held, posed

AXIS = torch.tensor([[0.0, 0.0, 2.0]])
BEAMS = torch.tensor([[2**0.5, 0, 0, 1], [2**0.5, 0, 0, -1]], dtype=torch.float64)


def test_turns_about_an_axis_keep_it():
    left = stabiliser(LieAlgebra.so(3), AXIS)
    assert left.c == 1 and left == LieAlgebra([[[0.0, -1, 0], [1, 0, 0], [0, 0, 0]]])


def test_of_lorentz_one_turn_keeps_both_beams_and_so_3_keeps_a_particle_at_rest():
    lorentz = LieAlgebra.lorentz()
    assert stabiliser(lorentz, BEAMS).c == 1
    assert stabiliser(lorentz, BEAMS[:1]).recognise().name.startswith("so(3)")
    assert stabiliser(lorentz, [[1.0, 0, 0, 0]]).c == 3
    assert stabiliser(lorentz, [[1.0, 0, 0, 1]]).c == 3  # massless: the little group ISO(2)
    assert (stabiliser(lorentz, BEAMS).basis @ BEAMS.T).abs().max() < 1e-12


def test_in_any_basis_and_on_nothing():
    generator = torch.Generator().manual_seed(0)
    change = torch.eye(4) + 0.2 * torch.randn(4, 4, generator=generator)
    algebra = LieAlgebra.lorentz().conjugated(change)
    mixed = torch.randn(6, 6, generator=generator, dtype=torch.float64)
    algebra = LieAlgebra(torch.einsum("ab,bij->aij", mixed, algebra.basis))
    assert stabiliser(algebra, BEAMS @ change.double().T).c == 1
    assert stabiliser(algebra, torch.zeros(0, 4)) == algebra
    assert stabiliser(algebra, torch.randn(3, 4, generator=generator)).c == 0


def test_of_a_discrete_group():
    turn = torch.zeros(2, 3, 3)
    turn[0, 0, 1], turn[0, 1, 0] = -torch.pi / 2, torch.pi / 2
    turn[1, 1, 2], turn[1, 2, 1] = -torch.pi / 2, torch.pi / 2
    left = stabiliser(LieAlgebra(turn, Integer(-1, 1)), AXIS)
    assert left.is_discrete and torch.equal(left.basis, turn[:1].double())


class Sees(nn.Module):
    """f(x) = x . v for a vector v of the laboratory."""

    def __init__(self):
        super().__init__()
        self.rep_in, self.rep_out = Rep.parse("1x1", 3), Rep.parse("1x0", 3)

    def forward(self, x):
        return (x * AXIS).sum(-1)

    def posed(self, x):
        both = torch.stack([x, AXIS.expand_as(x)], dim=1)
        return Posed(lambda both: (both[:, 0] * both[:, 1]).sum(-1), Rep.parse("2x1", 3), self.rep_out, both)

    def held(self, x):
        return Held(self, self.rep_in, self.rep_out, x, what="axis", vectors=AXIS)


def test_a_network_says_how_it_is_to_be_seen():
    x = torch.randn(4, 3)
    module = Sees()
    assert posed(module, x).rep_in.dim == 6 and held(module, x).what == "axis"
    del Sees.posed
    plain = posed(module, x)
    assert plain.function is module and plain.x is x and plain.rep_in is module.rep_in
    assert held(nn.Linear(3, 1), x) is None
    with pytest.raises(ConfigError, match="does not say how a symmetry acts"):
        posed(nn.Linear(3, 1), x)
