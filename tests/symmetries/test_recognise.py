"""Names of algebras in any basis, in any coordinates, with noise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo.symmetries import LieAlgebra
from zoo.symmetries.recognise import classical

L = LieAlgebra
Disguise = Callable[..., LieAlgebra]


def joined(*bases: torch.Tensor | np.ndarray) -> LieAlgebra:
    return L(np.concatenate([np.asarray(basis) for basis in bases]))


def padded(algebra: LieAlgebra, trivial: int) -> LieAlgebra:
    return L(np.pad(algebra.basis.numpy(), ((0, 0), (0, trivial), (0, trivial))))


QUATERNIONS = np.array(
    [
        np.kron(np.eye(2), [[0, -1], [1, 0]]),
        np.kron([[0, -1], [1, 0]], [[1, 0], [0, -1]]),
        np.kron([[0, -1], [1, 0]], [[0, 1], [1, 0]]),
    ]
)
# name -> algebra; those of the first kind come with a change of basis to canonical coordinates.
WITH_COORDINATES = {
    "so(2)": L.so2(1), "so(2) x4 on R^8": L.so2(4), "so(2) on R^3": L.so2(1, 1), "so(2) x2 on R^8": L.so2(2, 4),
    "so(2) with frequencies 1, 2, 2 on R^7": L.so2((2, 1, 2), 1), "so(3)": L.so(3), "so(4)": L.so(4), "so(5)": L.so(5),
    "so(1,1)": L.so(1, 1), "so(1,1) x2 on R^5": padded(L.so(1, 1).on_tuples(2), 1), "so(1,2)": L.so(2, 1),
    "so(1,3)": L.lorentz(), "so(2,2)": L.so(2, 2), "so(1,4)": L.so(1, 4), "sl(2)": L.sl(2), "sl(3)": L.sl(3),
    "gl(2)": L.gl(2), "gl(3)": L.gl(3), "scaling": L.scaling(4),
    "scaling with weights 3, 1": L(np.diag([1.0, 3])[None]), "affine(1)": L.affine(1),
    "affine(2)": L.affine2d(), "affine(3)": L.affine(3),
    "galilei(1)": L.galilei(), "translations(2)": L.translations(2), "translations(3)": L.translations(3),
    "euclidean(2)": joined(L.translations(2).basis, padded(L.so(2), 1).basis),
    "euclidean(3)": joined(L.translations(3).basis, padded(L.so(3), 1).basis),
    "poincare(1,3)": joined(L.translations(4).basis, padded(L.lorentz(), 1).basis),
    "similarity(3)": joined(L.translations(3).basis, padded(joined(L.so(3).basis, L.scaling(3).basis), 1).basis),
    "so(1,3) + scaling": joined(L.lorentz().basis, L.scaling(4).basis),
    "so(3) x2 on R^6": L.so(3).on_tuples(2), "so(3) x3 on R^10": padded(L.so(3).on_tuples(3), 1),
    "so(3) on R^5": padded(L.so(3), 2), "so(1,3) x2 on R^8": L.lorentz().on_tuples(2),
    "sl(2) x2 on R^4": L.sl(2).on_tuples(2),
}  # fmt: skip
BY_STRUCTURE = {
    "trivial": L(np.zeros((0, 3, 3))), "translations(1)": L.translations(1),
    "abelian(2)": L.so2(1).direct_sum(L.so2(1)),
    "so(3) up to isomorphism, on R^4": L(QUATERNIONS),
    "so(3) + abelian(1) up to isomorphism, on R^5": L.so(3).direct_sum(L.so2(1)),
    "abelian(1)": L.random(1, 8),
}  # fmt: skip
NAMES = {**WITH_COORDINATES, **BY_STRUCTURE}


@pytest.mark.parametrize(("name", "algebra"), NAMES.items(), ids=NAMES.keys())
def test_canonical_bases(name: str, algebra: LieAlgebra) -> None:
    found = algebra.recognise()
    assert found.name == name and found.residual < 1e-12
    assert (found.change_of_basis is not None) == (name in WITH_COORDINATES)


@pytest.mark.parametrize(("name", "algebra"), WITH_COORDINATES.items(), ids=WITH_COORDINATES.keys())
@settings(deadline=None, max_examples=5)
@given(seed=st.integers(0, 1000), condition=st.sampled_from([1.0, 5.0, 20.0]))
def test_any_conjugate(name: str, algebra: LieAlgebra, disguised: Disguise, seed: int, condition: float) -> None:
    other = disguised(algebra, seed, coordinates=condition)
    found = other.recognise()
    assert found.name == name and found.residual < 1e-9
    assert found.canonical is not None and found.change_of_basis is not None
    assert L(found.canonical).recognise().name == name
    assert L(found.canonical).conjugated(found.change_of_basis).same_span(other, 1e-8)


@pytest.mark.parametrize(("name", "algebra"), WITH_COORDINATES.items(), ids=WITH_COORDINATES.keys())
@pytest.mark.parametrize("noise", [1e-4, 1e-3, 1e-2])
def test_noisy(name: str, algebra: LieAlgebra, noise: float, disguised: Disguise) -> None:
    noisy = disguised(algebra, 3, noise=noise, basis=3.0)
    found = noisy.recognise()
    assert found.name == name
    if algebra.c < algebra.k**2:
        assert 0.05 * noise < found.residual < 10 * noise * algebra.k


@pytest.mark.parametrize("name", ["so(3)", "so(5)", "so(1,3)", "so(2,2)", "so(2) x4 on R^8", "so(3) x2 on R^6"])
@pytest.mark.parametrize("seed", range(6))
def test_canonical_coordinates_are_left_alone(name: str, seed: int) -> None:
    """Whatever the rounding: the generators are mixed, and changed in their last digit."""
    draw = np.random.default_rng(seed)
    basis = NAMES[name].basis.numpy()
    mixed = np.tensordot(np.linalg.qr(draw.normal(size=(len(basis), len(basis))))[0], basis, 1)
    found = L(mixed + 1e-15 * draw.normal(size=basis.shape)).recognise()
    assert torch.allclose(found.change_of_basis, torch.eye(NAMES[name].k, dtype=torch.float64), atol=1e-12)


def test_form_without_a_diagonal() -> None:
    """so(1,1) in light-cone coordinates: its form is off the diagonal, of no sign."""
    found = classical._orthogonal(np.diag([1.0, -1.0])[None])
    assert found is not None and found.name == "so(1,1)" and np.isfinite(found.change).all()


@pytest.mark.parametrize("seed", range(5))
def test_invariant_form_from_the_change_of_basis(seed: int, disguised: Disguise) -> None:
    """J = P^-T diag(1, -1, -1, -1) P^-1 is what the disguised Lorentz generators keep."""
    other = disguised(L.lorentz(), seed, coordinates=5.0)
    inverse = torch.linalg.inv(other.recognise().change_of_basis)
    form = inverse.T @ torch.diag(torch.tensor([1.0, -1, -1, -1], dtype=torch.float64)) @ inverse
    broken = other.basis.transpose(1, 2) @ form + form @ other.basis
    assert broken.abs().max() < 1e-10 * form.abs().max() * other.basis.abs().max()


def test_random_spans_are_not_recognised() -> None:
    for c, k in ((2, 4), (3, 4), (3, 3), (6, 4), (5, 3)):
        found = L.random(c, k, seed=c).recognise()
        assert found.name == "unrecognised" and found.residual > 0.25
        assert found.change_of_basis is None


def test_discrete_groups_are_named_by_their_order() -> None:
    assert L.cyclic(5).recognise().name == "C5 in so(2)"
    stretched = L(1.01 * L.cyclic(7).basis, L.cyclic(7).coefficients).recognise()
    assert stretched.name == "C7 in so(2)" and stretched.residual == pytest.approx(0.01 / 1.01, rel=1e-6)
    assert L(L.so2(1).basis, L.cyclic(7).coefficients).recognise().name == "discrete, in so(2)"
