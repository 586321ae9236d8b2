from __future__ import annotations

import math

import torch

from zoo.models.averaging import averaged
from zoo.symmetries import Integer, LieAlgebra, Rep, Uniform
from zoo.symmetries.equivariance import finite_error

VECTORS = Rep.parse("2x1", 2)


def first_entry(x: torch.Tensor) -> torch.Tensor:
    """Not equivariant at all: the square of one coordinate."""
    return torch.cat([x[:, :1] ** 2, x[:, 1:]], dim=1)


def test_an_equivariant_function_stays_as_it_is():
    x = torch.randn(5, 4, dtype=torch.float64)
    y = averaged(lambda x: 3 * x, LieAlgebra.so2(1), x, VECTORS, VECTORS, n=4)
    assert torch.allclose(y, 3 * x, atol=1e-13)


def test_the_mean_over_a_finite_group_is_exactly_equivariant():
    quarter = LieAlgebra(LieAlgebra.so2(1).basis * torch.pi / 2, Integer(0, 3))
    elements = [quarter.exp(torch.tensor([float(n)])) for n in range(4)]
    x = torch.randn(6, 4, dtype=torch.float64)
    full = sum(VECTORS.act(g.T, first_entry(VECTORS.act(g, x))) for g in elements) / 4
    # drawing often enough, the average over random elements comes near the mean over all of them
    drawn = averaged(first_entry, quarter, x, VECTORS, VECTORS, n=2000)
    assert (drawn - full).abs().max() < 0.1 * full.abs().max()


def test_more_elements_leave_less_error():
    whole_circle = Uniform(-math.pi, math.pi)
    algebra, x = LieAlgebra.so2(1).with_coefficients(whole_circle), torch.randn(20, 4, dtype=torch.float64)
    z = torch.linspace(0.3, 2, 5).unsqueeze(1)

    def error(n: int) -> float:
        def mean(x):
            return averaged(first_entry, algebra, x, VECTORS, VECTORS, n=n)

        return finite_error(mean, algebra, VECTORS, VECTORS, x, z).mean().item()

    assert error(256) < 0.3 * error(4)


def test_the_first_element_is_the_identity_and_the_seed_fixes_the_others():
    algebra, x = LieAlgebra.so2(1), torch.randn(3, 4)
    assert torch.equal(averaged(first_entry, algebra, x, VECTORS, VECTORS, n=1), first_entry(x))
    first, second, other = (averaged(first_entry, algebra, x, VECTORS, VECTORS, n=3, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(first, second) and not torch.equal(first, other)


def test_a_sample_is_averaged_as_it_would_be_alone():
    x = torch.randn(4, 4, dtype=torch.float64)
    together = averaged(first_entry, LieAlgebra.so2(1), x, VECTORS, VECTORS, n=5)
    alone = torch.cat([averaged(first_entry, LieAlgebra.so2(1), row[None], VECTORS, VECTORS, n=5) for row in x])
    assert torch.allclose(together, alone, atol=1e-14)
