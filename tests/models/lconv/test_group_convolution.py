"""Multi-layer L-conv approximates convolution over the group, better the deeper (Dehmamy et al. 2021)."""

from __future__ import annotations

import math

import pytest
import torch

from zoo.models.lconv import Dense, LConv
from zoo.symmetries import LieAlgebra
from zoo.symmetries.grid import Grid

SHIFTS = torch.linspace(-2.0, 2.0, 9, dtype=torch.float64)  # elements exp(z L) that the kernel reaches
KERNEL = torch.exp(-SHIFTS.square())


def deep(generator: torch.Tensor, depth: int) -> torch.nn.Sequential:
    """Layers whose channel c steps by z_c / depth: f -> (I + z_c L / depth)^depth f, and their sum under the kernel."""
    operators = Dense(generator[None], "given")
    count = len(SHIFTS)
    first, last = LConv(operators, 1, count, bias=False), LConv(operators, count, 1, bias=False)
    middle = [LConv(operators, count, count, bias=False) for _ in range(depth - 1)]
    layers = torch.nn.Sequential(first, *middle, last).double()
    with torch.no_grad():
        first.own.fill_(1.0)
        first.along.copy_(SHIFTS[None, :, None] / depth)
        for layer in middle:
            layer.own.copy_(torch.eye(count))
            layer.along.copy_(torch.diag(SHIFTS)[None] / depth)
        last.own.copy_(KERNEL[None])
        last.along.zero_()
    return layers


def group_convolution(generator: torch.Tensor, f: torch.Tensor) -> torch.Tensor:
    """sum_z kappa(z) exp(z L) f."""
    elements = torch.linalg.matrix_exp(SHIFTS[:, None, None] * generator)
    return torch.einsum("z,zde,bme->bmd", KERNEL, elements, f)


def smooth(grid: Grid, count: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return grid.band_limited(torch.randn(count, 1, grid.d, generator=generator, dtype=torch.float64), 0.3)


@pytest.mark.parametrize("group", ["shift", "rotation"])
def test_error_falls_with_depth(group: str) -> None:
    if group == "shift":
        grid = Grid((21,), periodic=True)
        generator = grid.shift()
    else:
        grid = Grid((11, 11))
        generator = 0.2 * grid.generators(LieAlgebra.so2())[0]
    f = smooth(grid, 8)
    wanted = group_convolution(generator, f)
    errors = {}
    for depth in (8, 16, 32, 64):
        found = deep(generator, depth)(f).detach()
        errors[depth] = float((found - wanted).norm() / wanted.norm())
    # (I + z L / n)^n = exp(z L) (1 - z^2 L^2 / 2n + ...): a line of slope -1, and small in the end
    slope = math.log(errors[64] / errors[16]) / math.log(4)
    assert -1.15 < slope < -0.9, errors
    assert errors[64] < 0.02, errors


def test_first_order_constant() -> None:
    """The error of depth n is |z^2 L^2 f| / 2n under the kernel, as the expansion says."""
    grid = Grid((21,), periodic=True)
    generator = grid.shift()
    f = smooth(grid, 8)
    squares = torch.einsum("de,bme->bmd", generator @ generator, f)
    elements = torch.linalg.matrix_exp(SHIFTS[:, None, None] * generator)
    theory = torch.einsum("z,zde,bme->bmd", KERNEL * SHIFTS.square() / 2, elements, squares).norm()
    depth = 256
    error = (deep(generator, depth)(f).detach() - group_convolution(generator, f)).norm()
    assert float(depth * error / theory) == pytest.approx(1.0, abs=0.05)
