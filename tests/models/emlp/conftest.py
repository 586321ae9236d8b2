"""Symmetries and networks that several test files build on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from zoo.models.emlp import EMLP
from zoo.symmetries import Integer, LieAlgebra

ALGEBRAS: dict[str, Callable[[], LieAlgebra]] = {
    "so2": lambda: LieAlgebra.so2(2),
    "so3": lambda: LieAlgebra.so(3),
    "lorentz": LieAlgebra.lorentz,
    "c7": lambda: LieAlgebra(LieAlgebra.so2(1, 1).basis * (2 * torch.pi / 7), Integer(-3, 3)),
    "sl2": lambda: LieAlgebra.sl(2),
    "none": lambda: LieAlgebra.random(1, 4, seed=3),
}


@pytest.fixture(params=sorted(ALGEBRAS))
def algebra(request: pytest.FixtureRequest) -> LieAlgebra:
    """One algebra of each sort: compact, not compact, discrete, and one without invariants."""
    return ALGEBRAS[request.param]()


@pytest.fixture(scope="session")
def scrambled() -> Callable[[nn.Module], nn.Module]:
    """Give every parameter of a module, biases too, random values of a fixed seed."""

    def scramble(module: nn.Module) -> nn.Module:
        generator = torch.Generator().manual_seed(7)
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.add_(0.3 * torch.randn(parameter.shape, generator=generator, dtype=parameter.dtype))
        return module

    return scramble


@pytest.fixture
def planar() -> EMLP:
    """A small network for SO(2) on two planes, with tensors of all ranks inside, in float64."""
    torch.manual_seed(0)
    return EMLP(
        LieAlgebra.so2(2),
        rep_in="3x1",
        rep_out="1x0 + 2x1",
        input_shape=(3, 4),
        output_shape=(9,),
        hidden="6x0 + 4x1 + 2x2",
        layers=2,
    ).double()
