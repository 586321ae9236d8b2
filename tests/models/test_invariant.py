from __future__ import annotations

import pytest
import torch

from zoo.errors import ConfigError, SymmetryError
from zoo.models.invariant import Invariant, cyclic_group
from zoo.symmetries import Integer, LieAlgebra
from zoo.symmetries.equivariance import finite_error

SHAPES = {"rep_in": "1x1", "rep_out": "1x0", "input_shape": (3,), "output_shape": ()}


def seven(noise: float = 0.0, turns: int = 1) -> LieAlgebra:
    generator = torch.zeros(3, 3, dtype=torch.float64)
    generator[0, 1], generator[1, 0] = -2 * torch.pi * turns / 7, 2 * torch.pi * turns / 7
    rough = torch.randn(3, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return LieAlgebra((generator + noise * rough)[None], Integer(-3, 3))


def build(symmetry: LieAlgebra, **changes) -> Invariant:
    torch.manual_seed(0)
    return Invariant(symmetry, **{**SHAPES, "hidden": (16, 16), "head": (8,), **changes}).double()


@pytest.mark.parametrize("noise", [0.0, 0.01])
@pytest.mark.parametrize("turns", [1, 3])
def test_is_invariant_under_the_whole_group(noise, turns):
    module = build(seven(noise, turns))
    assert module.order == 7 and module.promises_equivariance
    assert (module.distance > 0) == (noise > 0)
    x = torch.randn(50, 3, dtype=torch.float64)
    assert module(x).shape == (50,) and module(x).std() > 1e-3
    z = torch.arange(1.0, 7.0).unsqueeze(1)
    errors = finite_error(module, module.symmetry, module.rep_in, module.rep_out, x, z)
    assert errors.max() <= 1e-12
    # but not under half of such a turn
    half = finite_error(module, module.symmetry, module.rep_in, module.rep_out, 3 * x, torch.tensor([[0.5]]))
    assert half.min() > 1e-6


def test_casting_up_again_loses_nothing_of_the_group():
    module = build(seven(0.01)).float().double()
    x = torch.randn(20, 3, dtype=torch.float64)
    z = torch.ones(1, 1)
    assert finite_error(module, module.symmetry, module.rep_in, module.rep_out, x, z).max() <= 1e-12


def test_the_group_is_that_of_the_powers():
    group = cyclic_group(seven())
    assert group.shape == (7, 3, 3)
    product = group[3] @ group[5]
    assert torch.allclose(product, group[1], atol=1e-14)
    assert cyclic_group(LieAlgebra(torch.zeros(1, 3, 3), Integer(0, 3))).shape == (1, 3, 3)


def test_config_builds_it_again():
    module = build(seven(0.01))
    with torch.device("meta"):
        again = Invariant(module.discovered, **module.config)
    again.load_state_dict(module.state_dict(), assign=True)
    x = torch.randn(4, 3, dtype=torch.float64)
    assert torch.equal(again(x), module(x)) and again.config == module.config


@pytest.mark.parametrize(
    "symmetry",
    [LieAlgebra.so2(1, 1), LieAlgebra(LieAlgebra.so(3).basis, Integer(-1, 1)), None],
    ids=["continuous", "three generators", "none"],
)
def test_needs_one_discrete_generator(symmetry):
    with pytest.raises(SymmetryError, match="one generator and integer coefficients"):
        build(symmetry)


def test_an_infinite_orbit_is_refused():
    one_radian = LieAlgebra(LieAlgebra.so2(1, 1).basis, Integer(-3, 3))
    with pytest.raises(SymmetryError, match="no power of exp"):
        build(one_radian)


def test_only_scalars_come_out():
    with pytest.raises(ConfigError, match='gives scalars, but rep_out is "1x1"'):
        build(seven(), rep_out="1x1", output_shape=(3,))
    with pytest.raises(ConfigError, match="invariant does not know layers"):
        build(seven(), layers=3)
