"""The value type: algebra, span, group, and what does not depend on the basis it is written in."""

from __future__ import annotations

import copy
import dataclasses
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo.errors import SymmetryError
from zoo.symmetries import Integer, LieAlgebra, Normal, Uniform

SEEDS = st.integers(0, 10_000)
ALGEBRAS = {
    "so(2) x4": LieAlgebra.so2(4),
    "so(3)": LieAlgebra.so(3),
    "so(1,3)": LieAlgebra.lorentz(),
    "sl(3)": LieAlgebra.sl(3),
    "affine(2)": LieAlgebra.affine2d(),
    "translations(3)": LieAlgebra.translations(3),
    "so(3) x3": LieAlgebra.so(3).on_tuples(3),
    "any two": LieAlgebra.random(2, 5, seed=7),
}
each_algebra = pytest.mark.parametrize("algebra", ALGEBRAS.values(), ids=ALGEBRAS.keys())

Disguise = Callable[..., LieAlgebra]


# ---- change of basis


@each_algebra
@settings(deadline=None, max_examples=15)
@given(seed=SEEDS, condition=st.sampled_from([1.0, 30.0, 1e3]))
def test_span_does_not_depend_on_the_basis(
    algebra: LieAlgebra, disguised: Disguise, seed: int, condition: float
) -> None:
    other = disguised(algebra, seed, basis=condition)
    assert other == algebra and hash(other) == hash(algebra)
    assert other.fingerprint == algebra.fingerprint
    assert torch.allclose(other.projector, algebra.projector, atol=1e-11)
    assert other.principal_angles(algebra).max() < 1e-11


@each_algebra
@settings(deadline=None, max_examples=10)
@given(seed=SEEDS)
def test_other_spans_have_other_fingerprints(algebra: LieAlgebra, disguised: Disguise, seed: int) -> None:
    other = disguised(algebra, seed, noise=1e-4, basis=1.0)
    assert other != algebra
    assert other.fingerprint != algebra.fingerprint


def test_fingerprint_of_hundreds_of_nodes_needs_no_projector() -> None:
    """Which would have 10^10 entries here; where it is small, the sketches are sums over its entries."""
    matrix = np.random.default_rng(0).standard_normal((320, 320))
    algebra = LieAlgebra(matrix)
    assert algebra.fingerprint == LieAlgebra(-3 * matrix).fingerprint != LieAlgebra(matrix.T).fingerprint
    # names that were given by the sum itself stay what they were
    named = LieAlgebra.lorentz(), LieAlgebra.cyclic(7)
    assert [one.fingerprint for one in named] == ["span6x4-cb807e9f4667e39e", "span1x2-ad2880a8971d46d5"]


def test_structure_constants_transform_as_a_tensor(disguised: Disguise) -> None:
    algebra = LieAlgebra.lorentz()
    for seed in range(5):
        other = disguised(algebra, seed, basis=100.0)
        found = other.structure_constants()
        assert found.residual < 1e-12
        rebuilt = torch.einsum("ijm,mab->ijab", found.constants, other.basis)
        x, y = torch.eye(6, dtype=torch.float64)[[0, 4]]
        assert torch.allclose(rebuilt[0, 4], other.bracket(x, y), atol=1e-10)


# ---- brackets


@settings(deadline=None, max_examples=20)
@given(seed=SEEDS)
def test_bracket_is_antisymmetric_and_satisfies_the_jacobi_identity(seed: int) -> None:
    algebra = LieAlgebra.sl(3)
    x, y, z = torch.randn(3, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    f = algebra.structure_constants().constants
    nested = [torch.einsum("ijm,i,j,mln,l->n", f, a, b, f, c) for a, b, c in ((x, y, z), (y, z, x), (z, x, y))]
    assert sum(nested).abs().max() < 1e-10  # type: ignore[union-attr]
    assert torch.equal(algebra.bracket(x, y), -algebra.bracket(y, x))


def test_closure_residual_tells_algebras_from_spans() -> None:
    assert LieAlgebra.so(4).structure_constants().residual < 1e-14
    assert LieAlgebra.random(3, 4).structure_constants().residual > 0.1
    assert LieAlgebra.random(1, 4).structure_constants().residual == 0.0


@pytest.mark.parametrize(
    ("algebra", "negative", "positive"),
    [(LieAlgebra.so(3), 3, 0), (LieAlgebra.lorentz(), 3, 3), (LieAlgebra.sl(2), 1, 2), (LieAlgebra.so2(2), 0, 0)],
)
def test_killing_form_signature(algebra: LieAlgebra, negative: int, positive: int) -> None:
    values = torch.linalg.eigvalsh(algebra.killing_form())
    assert ((values < -1e-9).sum(), (values > 1e-9).sum()) == (negative, positive)


# ---- span


def test_angles_and_cosine() -> None:
    x, y, z = (LieAlgebra(matrix) for matrix in LieAlgebra.so(3).basis)
    between = LieAlgebra(x.basis + 1e-9 * y.basis)
    assert float(x.principal_angles(between)) == pytest.approx(1e-9, rel=1e-6)  # by sines: no loss of half the digits
    assert float(x.principal_angles(z)) == pytest.approx(np.pi / 2)
    assert float(x.principal_angles(LieAlgebra.so(3))) < 1e-15
    assert x.cosine(x) == pytest.approx(1) and x.cosine(LieAlgebra(-3 * x.basis)) == pytest.approx(-1)
    assert abs(x.cosine(y)) < 1e-15
    assert not x.same_span(LieAlgebra.so(3)) and not LieAlgebra.so(3).same_span(LieAlgebra.so(4))
    with pytest.raises(SymmetryError, match="single generators"):
        x.cosine(LieAlgebra.so(3))
    with pytest.raises(SymmetryError, match="cannot compare"):
        x.principal_angles(LieAlgebra.so2(1))


def test_orthonormal_and_rank_cut() -> None:
    six = LieAlgebra.lorentz().basis
    redundant = torch.cat([six, six[:1] + six[3:4] + 1e-3 * LieAlgebra.random(1, 4).basis])
    silent = torch.cat([six, 1e-2 * LieAlgebra.random(1, 4).basis])
    for basis in (redundant, silent):
        seven = LieAlgebra(basis)
        assert seven.clear_rank == 6 and seven.singular_values.shape == (7,)
        six_again = seven.orthonormal(seven.clear_rank)
        assert six_again.c == 6 and six_again.principal_angles(LieAlgebra.lorentz()).max() < 1e-2
        gram = torch.einsum("aij,bij->ab", six_again.basis, six_again.basis)
        assert torch.allclose(gram, torch.eye(6, dtype=torch.float64), atol=1e-13)
        with pytest.raises(SymmetryError, match="no clear cut"):
            seven.orthonormal(5)
    assert LieAlgebra.random(5, 4).clear_rank == 5
    assert LieAlgebra(torch.cat([six, six])).orthonormal().c == 6
    assert LieAlgebra(torch.zeros(2, 3, 3)).clear_rank == 0


# ---- group


def test_exp_act_and_sample() -> None:
    algebra = LieAlgebra.so(3)
    z = torch.tensor([0.3, -0.2, 0.9], dtype=torch.float64)
    g = algebra.exp(z)
    assert torch.allclose(g.T @ g, torch.eye(3, dtype=torch.float64), atol=1e-14)
    x = torch.randn(4, 5, 3)
    assert algebra.act(x, z).dtype == x.dtype and torch.allclose(algebra.act(x, z), x @ g.T.float(), atol=1e-6)
    each = torch.randn(4, 3, dtype=torch.float64)
    assert torch.allclose(algebra.act(x, each)[2], algebra.act(x[2], each[2]), atol=1e-6)
    assert algebra.act(x[:, 0], each).shape == (4, 3)
    drawn = [algebra.sample(7, torch.Generator().manual_seed(1)) for _ in range(2)]
    assert drawn[0].shape == (7, 3, 3) and torch.equal(*drawn)
    small = algebra.sample(7, torch.Generator().manual_seed(1), scale=1e-6)
    assert (small - torch.eye(3, dtype=torch.float64)).abs().max() < 1e-5
    with pytest.raises(SymmetryError, match="last axis"):
        algebra.act(torch.zeros(2, 4), z)


def test_overflowing_elements_are_refused() -> None:
    with pytest.raises(SymmetryError, match="overflow"):
        LieAlgebra.lorentz().sample(4, torch.Generator().manual_seed(0), scale=1e4)


def test_discrete_group() -> None:
    seven = LieAlgebra.cyclic(7, trivial=1)
    assert seven.is_discrete and seven.coefficients == Integer(0, 6)
    elements = seven.sample(50, torch.Generator().manual_seed(0))
    assert torch.allclose(torch.linalg.matrix_power(elements, 7), torch.eye(3, dtype=torch.float64), atol=1e-12)
    with pytest.raises(SymmetryError, match="cannot be scaled"):
        seven.sample(2, scale=2.0)
    twice = LieAlgebra(2 * seven.basis, seven.coefficients)
    assert twice.same_span(seven) and twice != seven  # another element, another group
    assert seven != seven.with_coefficients(Normal(1.0))
    assert LieAlgebra.so(3) == LieAlgebra.so(3).with_coefficients(Uniform())  # coefficients are no part of a span


# ---- other algebras


def test_sums_and_tuples() -> None:
    both = LieAlgebra.so(3).direct_sum(LieAlgebra.so2(1))
    assert (both.c, both.k) == (4, 5) and both.structure_constants().residual < 1e-14
    assert both.basis[:3, 3:].abs().max() == 0 and both.basis[3, :3].abs().max() == 0
    pair = LieAlgebra.so(3).on_tuples(2)
    x = torch.randn(1, 2, 3, dtype=torch.float64)
    z = torch.randn(3, dtype=torch.float64)
    assert torch.allclose(pair.act(x.reshape(1, 6), z), LieAlgebra.so(3).act(x, z).reshape(1, 6), atol=1e-13)


def test_permuted_and_conjugated_act_on_the_new_coordinates() -> None:
    algebra, order = LieAlgebra.affine2d(), [2, 0, 1]
    x, z = torch.randn(1, 3, dtype=torch.float64), torch.randn(6, dtype=torch.float64)
    moved = algebra.act(x, z)
    assert torch.allclose(algebra.permuted(order).act(x[:, order], z), moved[:, order], atol=1e-12)
    s = torch.eye(3, dtype=torch.float64)[order] * 2 + 0.1
    assert torch.allclose(algebra.conjugated(s).act(x @ s.T, z), moved @ s.T, atol=1e-12)


# ---- the value


def test_is_a_frozen_float64_copy() -> None:
    data = np.array([[0.0, -1.0], [1.0, 0.0]], dtype=np.float32)
    algebra = LieAlgebra(data)
    data[0, 1] = 5.0
    assert algebra.basis.dtype == torch.float64 and algebra.basis.shape == (1, 2, 2) and algebra.basis[0, 0, 1] == -1
    with pytest.raises(dataclasses.FrozenInstanceError):
        algebra.basis = torch.zeros(1, 2, 2)  # type: ignore[misc]
    assert copy.deepcopy(algebra) == algebra
    assert algebra != "so(2)"
    assert LieAlgebra(torch.nn.Parameter(torch.ones(2, 2))).basis.requires_grad is False


@pytest.mark.parametrize(
    ("basis", "message"),
    [
        (np.zeros(3), "shape"),
        (np.zeros((2, 3, 4)), "shape"),
        (np.zeros((1, 0, 0)), "shape"),
        (np.full((1, 2, 2), np.nan), "NaN"),
        (np.full((1, 2, 2), np.inf), "NaN or infinity"),
        (np.ones((1, 2, 2), dtype=complex), "real"),
    ],
)
def test_refuses_what_is_no_basis(basis: np.ndarray, message: str) -> None:
    with pytest.raises(SymmetryError, match=message):
        LieAlgebra(basis)


def test_default_device_does_not_matter() -> None:
    expected = LieAlgebra.lorentz()
    with torch.device("meta"):
        algebra = LieAlgebra.lorentz()
        assert algebra == expected and algebra.fingerprint == expected.fingerprint
        assert algebra.direct_sum(algebra).on_tuples(2).nearest_closed().algebra.basis.device.type == "cpu"
        assert algebra.sample(2).device.type == "cpu"
        assert algebra.conjugated(np.eye(4)).permuted([3, 2, 1, 0]).recognise().name == "so(1,3)"


def test_repr_tells_what_it_is() -> None:
    text = repr(LieAlgebra.lorentz())
    fingerprint = LieAlgebra.lorentz().fingerprint
    for part in ("so(1,3)", "6 generators on R^4", "to rounding", "closed", "N(0, 1^2)", fingerprint):
        assert part in text
    assert "exp(n L), n = 0, ..., 6" in repr(LieAlgebra.cyclic(7)) and "C7 in so(2)" in repr(LieAlgebra.cyclic(7))
    assert "eigenvalues" in repr(LieAlgebra.so2(2)) and "±1i" in repr(LieAlgebra.so2(2))
    assert "unrecognised" in repr(LieAlgebra.random(3, 4))
    assert "5 of 6" not in text and "6 of 7" in repr(LieAlgebra(torch.cat([LieAlgebra.lorentz().basis] * 2)[:7]))
    assert "large" in repr(LieAlgebra.so(3).on_tuples(16))
    assert "trivial" in repr(LieAlgebra(np.zeros((0, 3, 3))))


def test_importing_symmetries_needs_torch_and_numpy_only() -> None:
    code = "import zoo.symmetries, sys; print(sorted({'scipy', 'torchdiffeq', 'e3nn', 'rich'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
