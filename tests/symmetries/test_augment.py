"""Augmentation: group elements, their distribution, and what they do to inputs and targets."""

from __future__ import annotations

import math

import pytest
import torch

from zoo.errors import ConfigError, SymmetryError
from zoo.symmetries import Integer, LieAlgebra, Normal, Rep, Uniform
from zoo.symmetries.augment import Augmentation

TOLERANCE = 1e-12  # float64, a few hundred operations on numbers of order one


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def turn(t: float) -> torch.Tensor:
    return torch.tensor([t], dtype=torch.float64)


def augmentation(algebra: LieAlgebra, over: str = "coefficients") -> Augmentation:
    return Augmentation(algebra, Rep.parse("2x1", algebra.k), Rep.parse("1x0 + 1x2", algebra.k), over=over)


@pytest.mark.parametrize(
    "algebra",
    [
        LieAlgebra.so2(4),
        LieAlgebra.so2((1.0, 2.0), trivial=1),
        LieAlgebra.so2(4).conjugated(torch.eye(8) + 0.1 * torch.randn(8, 8, generator=generator(3))),
        LieAlgebra.random(1, 4, seed=1).with_coefficients(Normal(0.5)),
        LieAlgebra.scaling(3),
        LieAlgebra.translations(1),  # not diagonalisable
        LieAlgebra.so(3),
        LieAlgebra.lorentz().with_coefficients(Uniform(-0.5, 0.5)),
        LieAlgebra.cyclic(7, trivial=1),
    ],
    ids=lambda algebra: f"c{algebra.c}k{algebra.k}",
)
def test_elements_are_exponentials_of_the_drawn_coefficients(algebra):
    elements = augmentation(algebra).elements(50, generator())
    z = algebra.coefficients.sample(50, algebra.c, generator())
    torch.testing.assert_close(elements, algebra.exp(z), rtol=1e-10, atol=1e-10)


def test_inputs_and_targets_move_with_the_same_element():
    algebra = LieAlgebra.so(3)
    augment = augmentation(algebra)
    a, b = torch.randn(2, 40, 3, dtype=torch.float64, generator=generator(1))
    # equivariant by construction: a.b is invariant, and the outer product of a and b a tensor
    y = torch.cat([(a * b).sum(1, keepdim=True), torch.einsum("ni,nj->nij", a, b).flatten(1)], dim=1)
    x, moved = augment(torch.stack([a, b], dim=1), y, generator(2))
    a, b = x.unbind(1)
    expected = torch.cat([(a * b).sum(1, keepdim=True), torch.einsum("ni,nj->nij", a, b).flatten(1)], dim=1)
    torch.testing.assert_close(moved, expected, rtol=TOLERANCE, atol=TOLERANCE)
    assert (moved - y).abs().max() > 0.1


def test_each_sample_and_call_gets_its_own_element():
    augment, stream = augmentation(LieAlgebra.so2(1)), generator()
    elements = torch.cat([augment.elements(20, stream), augment.elements(20, stream)])
    assert len(elements.flatten(1).unique(dim=0)) == 40
    torch.testing.assert_close(augment.elements(20, generator()), elements[:20], rtol=0, atol=0)


@pytest.mark.parametrize("frequencies", [(1.0, 1.0), (2.0, 3.0), (0.5, 1.5, 1.0)])
def test_the_period_is_covered_evenly(frequencies):
    algebra = LieAlgebra.so2(frequencies)
    augment = augmentation(algebra, over="period")
    assert augment.period is not None
    torch.testing.assert_close(
        algebra.exp(turn(augment.period)), torch.eye(algebra.k, dtype=torch.float64), rtol=0, atol=1e-9
    )
    for part in (2, 3):  # and nothing shorter closes
        once = algebra.exp(turn(augment.period / part))
        assert (once - torch.eye(algebra.k, dtype=torch.float64)).abs().max() > 0.1
    mean = augment.elements(20_000, generator()).mean(0)  # of every matrix element over the circle: 0
    assert mean.abs().max() < 5 / math.sqrt(20_000)


def test_a_noisy_rotation_is_projected_before_going_round():
    noise = 1e-2 * torch.randn(1, 8, 8, dtype=torch.float64, generator=generator(5))
    noisy = LieAlgebra(LieAlgebra.so2(4).basis + noise)
    augment = augmentation(noisy, over="period")
    assert augment.period is not None
    whole = augment.algebra.exp(turn(augment.period))
    torch.testing.assert_close(whole, torch.eye(8, dtype=torch.float64), rtol=0, atol=1e-8)


def test_refusals():
    with pytest.raises(SymmetryError):
        augmentation(LieAlgebra.scaling(2), over="period")
    with pytest.raises(SymmetryError):
        augmentation(LieAlgebra.so(3), over="period")
    with pytest.raises(ConfigError, match="over"):
        augmentation(LieAlgebra.so(3), over="haar")


def test_integer_coefficients_make_a_discrete_group():
    algebra = LieAlgebra.cyclic(7).with_coefficients(Integer(-10, 9))
    elements = augmentation(algebra).elements(500, generator())
    assert len(elements.flatten(1).round(decimals=9).add(0.0).unique(dim=0)) == 7


def test_float32_data_stay_float32():
    x, y = augmentation(LieAlgebra.so2(1))(torch.ones(3, 2, 2), torch.ones(3, 5), generator())
    assert x.dtype == y.dtype == torch.float32 and x.shape == (3, 2, 2) and y.shape == (3, 5)
