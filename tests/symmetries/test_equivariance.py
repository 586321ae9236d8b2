"""How broken a symmetry is: none for what is equivariant, of order one for what is not, and the same in any units."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from zoo.errors import DataError
from zoo.symmetries import LieAlgebra, Rep
from zoo.symmetries.equivariance import finite_error, infinitesimal_error

VECTOR, PAIR, SCALAR = Rep.parse("1x1", 3), Rep.parse("2x1", 3), Rep.parse("1x0", 3)
SO3 = LieAlgebra.so(3)
# float32 keeps 1.2e-7 of each of some ten operations
TOLERANCE = {torch.float32: 1e-6, torch.float64: 1e-14}


def points(n: int = 16, dim: int = 6, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(n, dim, generator=torch.Generator().manual_seed(0), dtype=torch.float64).to(dtype)


def cross(x: Tensor) -> Tensor:
    """Two vectors to one: equivariant under rotations."""
    return torch.linalg.cross(x[:, :3], x[:, 3:]) * (x[:, :3] * x[:, 3:]).sum(1, keepdim=True).tanh()


def invariant(x: Tensor) -> Tensor:
    return (x[:, :3] * x[:, 3:]).sum(1).sin() + 100


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize(("f", "rep_out"), [(cross, VECTOR), (invariant, SCALAR)])
def test_equivariant_maps(f, rep_out: Rep, dtype: torch.dtype) -> None:
    x, z = points(dtype=dtype), torch.randn(5, 3, dtype=torch.float64)
    errors = infinitesimal_error(f, SO3, PAIR, rep_out, x)
    assert errors.shape == (3,) and errors.dtype == torch.float64 and errors.max() < TOLERANCE[dtype]
    errors = finite_error(f, SO3, PAIR, rep_out, x, z)
    assert errors.shape == (5,) and errors.max() < TOLERANCE[dtype]


def test_maps_without_regard_to_the_symmetry() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(6, 32), nn.Tanh(), nn.Linear(32, 3))
    x = points(dtype=torch.float32)
    assert infinitesimal_error(net, SO3, PAIR, VECTOR, x).min() > 0.2
    assert finite_error(net, SO3, PAIR, VECTOR, x, torch.eye(3)).min() > 0.2


def test_a_leak_is_measured_whatever_the_offset_and_the_units() -> None:
    def leaky(x: Tensor) -> Tensor:
        return invariant(x) + 1e-3 * x[:, 0]

    plain = infinitesimal_error(leaky, SO3, PAIR, SCALAR, points())
    assert 1e-4 < plain[:2].max() < 1e-2  # although the output is near 100 everywhere
    louder = infinitesimal_error(lambda x: 1e6 * leaky(x), SO3, PAIR, SCALAR, points())
    longer = infinitesimal_error(leaky, LieAlgebra(1e3 * SO3.basis), PAIR, SCALAR, points())
    assert torch.allclose(plain, louder, rtol=1e-9) and torch.allclose(plain, longer, rtol=1e-9)


def test_the_broken_generator_is_the_one_that_is_named() -> None:
    # keeps rotations about z alone; so(3)'s first generator turns x into y
    errors = infinitesimal_error(lambda x: x[:, 2], SO3, VECTOR, SCALAR, points(dim=3))
    assert errors[0] == 0 and errors[1:].min() > 0.3
    assert [int(torch.count_nonzero(generator[2])) for generator in SO3.basis] == [0, 1, 1]


def test_constants_are_invariant_and_only_that() -> None:
    assert infinitesimal_error(lambda x: 0 * x[:, 0] + 2, SO3, PAIR, SCALAR, points()).tolist() == [0, 0, 0]
    assert infinitesimal_error(lambda x: 0 * x[:, :3] + 2, SO3, PAIR, VECTOR, points()).tolist() == [1, 1, 1]


class Detaching(nn.Module):
    """As networks do that make their input a leaf of their own graph: forward differentiation sees nothing."""

    def __init__(self, f) -> None:
        super().__init__()
        self.f, self.scale = f, nn.Parameter(torch.ones(()))

    def forward(self, x: Tensor) -> Tensor:
        return self.scale * self.f(x.detach())


class NoForwardMode(torch.autograd.Function):
    """An operation with a backward only."""

    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, grad: Tensor) -> Tensor:
        return 2 * ctx.saved_tensors[0] * grad


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("leak", [0.0, 0.1])
def test_differences_stand_in_for_derivatives(dtype: torch.dtype, leak: float) -> None:
    def direct(x: Tensor) -> Tensor:
        return (x * x).sum(1).sin() + leak * x[:, 0]

    x = points(dtype=dtype)
    expected = infinitesimal_error(direct, SO3, PAIR, SCALAR, x)
    detached = infinitesimal_error(Detaching(direct).to(dtype), SO3, PAIR, SCALAR, x)
    unsupported = infinitesimal_error(
        lambda x: NoForwardMode.apply(x).sum(1).sin() + leak * x[:, 0], SO3, PAIR, SCALAR, x.double()
    )
    assert torch.allclose(detached, expected, atol=1e-6) and torch.allclose(unsupported, expected, atol=1e-6)


def test_hamiltonian_fields_are_differentiated_through_their_gradient() -> None:
    class Field(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            with torch.enable_grad():
                x = x if x.requires_grad else x.requires_grad_()
                (slope,) = torch.autograd.grad(invariant(x).sum(), x, create_graph=True)
            return slope

    x = points()
    errors = infinitesimal_error(Field(), SO3, PAIR, PAIR, x)
    assert errors.max() < 1e-14 and not x.requires_grad and not errors.requires_grad


def test_modes_and_gradients_are_left_alone() -> None:
    net = nn.Sequential(nn.Linear(6, 4), nn.Dropout(0.5), nn.Linear(4, 3))
    net[1].eval()
    first = infinitesimal_error(net, SO3, PAIR, VECTOR, points(dtype=torch.float32))
    assert torch.equal(first, infinitesimal_error(net, SO3, PAIR, VECTOR, points(dtype=torch.float32)))
    assert net.training and net[0].training and not net[1].training
    assert all(parameter.grad is None for parameter in net.parameters())


def test_boosts_in_float64() -> None:
    lorentz, four = LieAlgebra.lorentz(), Rep.parse("1x1", 4)
    metric = torch.diag(torch.tensor([1.0, -1, -1, -1], dtype=torch.float64))

    def mass(x: Tensor) -> Tensor:
        return torch.einsum("bi,ij,bj->b", x, metric, x)

    x = points(dim=4)
    scalar = Rep.parse("1x0", 4)
    assert infinitesimal_error(mass, lorentz, four, scalar, x).max() < 1e-14
    assert finite_error(mass, lorentz, four, scalar, x, 2 * torch.eye(6)).max() < 1e-13
    assert infinitesimal_error(lambda x: x.square().sum(1), lorentz, four, scalar, x)[:3].min() > 0.3


def test_an_output_that_is_not_finite_is_refused() -> None:
    with pytest.raises(DataError, match="NaN or infinity"):
        infinitesimal_error(lambda x: x[:, 0] / 0, SO3, PAIR, SCALAR, points())


def test_no_generators_no_errors() -> None:
    nothing = LieAlgebra(torch.zeros(0, 3, 3))
    assert infinitesimal_error(cross, nothing, PAIR, VECTOR, points()).shape == (0,)
    assert finite_error(cross, SO3, PAIR, VECTOR, points(), torch.zeros(0, 3)).shape == (0,)
