from __future__ import annotations

import json

import pytest
import torch

from zoo.errors import ConfigError, SymmetryError
from zoo.models.emlp import EMLP, linear_dimension
from zoo.symmetries import LieAlgebra, Rep
from zoo.symmetries.equivariance import finite_error, infinitesimal_error
from zoo.symmetries.invariants import equivariant_maps

# Relative errors of a few layers: some thousand roundings.
EXACT = {torch.float64: 1e-10, torch.float32: 1e-5}
VECTORS = {"rep_in": "3x1", "rep_out": "1x0 + 2x1"}


def build(algebra: LieAlgebra, **changes) -> EMLP:
    k = algebra.k
    shapes = {"input_shape": (3, k), "output_shape": (1 + 2 * k,), "hidden": "8x0 + 4x1", "layers": 2}
    torch.manual_seed(0)
    return EMLP(algebra, **{**VECTORS, **shapes, **changes})


def noisy(algebra: LieAlgebra, noise: float, seed: int = 0) -> LieAlgebra:
    generator = torch.Generator().manual_seed(seed)
    where = (algebra.basis != 0).any(0) | torch.eye(algebra.k, dtype=torch.bool)
    return LieAlgebra(
        algebra.basis + noise * where * torch.randn(algebra.basis.shape, generator=generator, dtype=torch.float64)
    )


@pytest.mark.parametrize("dtype", EXACT)
@pytest.mark.parametrize("hidden", ["8x0 + 4x1", "5x0 + 3x1 + 2x2", "4x1"])
def test_is_equivariant(algebra, dtype, hidden, scrambled):
    module = scrambled(build(algebra, hidden=hidden)).to(dtype)
    x = torch.randn(6, 3, algebra.k, generator=torch.Generator().manual_seed(1)).to(dtype)
    if algebra.is_discrete:
        errors = finite_error(module, algebra, module.rep_in, module.rep_out, x, torch.tensor([[1.0], [2.0]]))
    else:
        errors = infinitesimal_error(module, algebra, module.rep_in, module.rep_out, x)
    assert errors.max() <= EXACT[dtype]
    assert module(x).shape == (6, 1 + 2 * algebra.k) and module.promises_equivariance


def test_a_discrete_group_allows_more_than_its_circle():
    circle = LieAlgebra.so2(1)
    seven = LieAlgebra.cyclic(3)
    assert linear_dimension(seven, "1x1", "1x2") > linear_dimension(circle, "1x1", "1x2") == 0


def test_dimension_of_linear_maps_counts_all_copies(algebra):
    reps = "2x0 + 3x1", "1x1 + 2x0"
    parsed = [Rep.parse(rep, algebra.k) for rep in reps]
    assert linear_dimension(algebra, *reps) == equivariant_maps(algebra, *parsed, exact=True).dimension


def test_a_noisy_generator_gives_an_exact_network_of_the_same_size(scrambled):
    learned = noisy(LieAlgebra.so2(4), 0.02)
    module = scrambled(build(learned)).double()
    exact = build(LieAlgebra.so2(4))
    assert sum(p.numel() for p in module.parameters()) == sum(p.numel() for p in exact.parameters())
    assert module.discovered is learned and 0 < module.distance < 0.1
    x = torch.randn(5, 3, 8, dtype=torch.float64)
    assert infinitesimal_error(module, module.symmetry, module.rep_in, module.rep_out, x).max() <= 1e-10
    # against the generator as it was learned the network is wrong by its noise, no more
    assert infinitesimal_error(module, learned, module.rep_in, module.rep_out, x).max() <= 0.2


def test_building_again_gives_the_same_network_bit_for_bit(scrambled, tmp_path, monkeypatch):
    learned = noisy(LieAlgebra.so2(2), 0.02)
    first = scrambled(build(learned, hidden="4x0 + 2x1 + 1x2"))
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path))  # solve again
    with torch.device("meta"):
        again = EMLP(LieAlgebra(learned.basis.clone(), learned.coefficients), **json.loads(json.dumps(first.config)))
    again.load_state_dict(first.state_dict(), assign=True)
    x = torch.randn(4, 3, 4)
    with torch.no_grad():
        assert torch.equal(first.eval()(x), again.eval()(x))
    assert again.config == first.config


def test_builds_on_the_meta_device(planar):
    with torch.device("meta"):
        module = EMLP(planar.symmetry, **planar.config)
    assert all(tensor.is_meta for tensor in [*module.parameters(), *module.buffers()])
    assert module.state_dict().keys() == planar.state_dict().keys()
    module.load_state_dict(planar.state_dict(), assign=True)
    x = torch.randn(2, 3, 4, dtype=torch.float64)
    assert torch.equal(module(x), planar(x))


def test_state_is_the_same_in_training_and_evaluation(planar):
    x = torch.randn(2, 3, 4, dtype=torch.float64)
    training = {name: tensor.clone() for name, tensor in planar.state_dict().items()}
    y = planar(x)
    with torch.no_grad():
        assert torch.allclose(planar.eval()(x), y, atol=1e-14)
    assert training.keys() == planar.state_dict().keys()
    assert all(torch.equal(tensor, planar.state_dict()[name]) for name, tensor in training.items())


def test_calibration_takes_one_scale_a_term(scrambled):
    algebra = LieAlgebra.so(3)
    module = build(algebra, rep_in="2x0 + 3x1", input_shape=(11,))
    x = torch.randn(400, 11) * torch.tensor([10.0] * 2 + [0.1] * 9)
    y = torch.cat([5 * torch.randn(400, 1), torch.zeros(400, 6)], dim=1)
    module.calibrate(x, y)
    assert module.input_scale.tolist() == pytest.approx([10, 0.1], rel=0.1)
    assert module.output_scale.tolist() == pytest.approx([5, 1], rel=0.1)  # what is zero keeps its scale
    scrambled(module).double()
    errors = infinitesimal_error(module, algebra, module.rep_in, module.rep_out, x[:5].double())
    assert errors.max() <= EXACT[torch.float64]


def test_learns_an_equivariant_function():
    """The cross product and a norm: from one octant of directions to all of them."""
    algebra = LieAlgebra.so(3)
    module = build(algebra, rep_in="2x1", rep_out="1x0 + 1x1", input_shape=(2, 3), output_shape=(4,))
    generator = torch.Generator().manual_seed(0)

    def target(x: torch.Tensor) -> torch.Tensor:
        return torch.cat([(x[:, 0] * x[:, 1]).sum(1, keepdim=True), torch.linalg.cross(x[:, 0], x[:, 1])], dim=1)

    x = torch.rand(256, 2, 3, generator=generator)
    optimizer = torch.optim.Adam(module.parameters(), lr=1e-2)
    for _ in range(150):
        optimizer.zero_grad()
        (module(x) - target(x)).square().mean().backward()
        optimizer.step()
    turned = module.rep_in.act(algebra.exp(torch.tensor([1.0, 2.0, 0.5])), torch.rand(256, 2, 3, generator=generator))
    assert (module(turned) - target(turned)).square().mean() < 0.01 * target(turned).square().mean()


class TestRefuses:
    def test_maps_that_are_not_exact(self):
        learned = noisy(LieAlgebra.so2(2), 0.01)
        with pytest.raises(SymmetryError, match=r"residual of .*e-0[123].*projection=\"regular\""):
            build(learned, projection="none")

    def test_a_promise_for_maps_that_are_accepted_with_a_tolerance(self):
        module = build(noisy(LieAlgebra.so2(2), 0.01), projection="none", tolerance=0.1)
        assert not module.promises_equivariance and module.bases.residual > 1e-4
        with pytest.raises(SymmetryError, match="above the tolerance of 1e-06"):
            build(noisy(LieAlgebra.so2(2), 0.01), projection="none", tolerance=1e-6)

    @pytest.mark.parametrize("name", ["relu", "pointwise", "swish"])
    def test_a_pointwise_nonlinearity(self, name):
        with pytest.raises(ConfigError, match="breaks equivariance"):
            build(LieAlgebra.so(3), nonlinearity=name)

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"width": 3}, "emlp does not know width; it takes backend, gate, hidden"),
            ({"input_shape": (2, 3)}, r"input_shape \[2, 3\] holds 6 numbers .* has 9"),
            ({"output_shape": (3,)}, "output_shape"),
            ({"layers": 0}, "layers must be a whole number of at least 1"),
            ({"backend": "jax"}, "backend must be one of 'dense', 'e3nn'"),
            ({"projection": "best"}, "projection must be one of"),
            ({"gate": "relu"}, "gate must be one of"),
            ({"hidden": "eight vectors"}, "cannot read the representation"),
        ],
    )
    def test_a_config_that_does_not_fit(self, changes, message):
        with pytest.raises((ConfigError, SymmetryError), match=message):
            build(LieAlgebra.so(3), **changes)

    def test_what_is_no_algebra(self):
        with pytest.raises(SymmetryError, match="built on a LieAlgebra"):
            build_on: object = torch.eye(3)
            EMLP(build_on, **VECTORS, input_shape=(3, 3), output_shape=(7,))  # type: ignore[arg-type]

    def test_generators_that_are_near_no_algebra(self):
        with pytest.raises(SymmetryError):
            build(LieAlgebra.random(2, 3, seed=1))
