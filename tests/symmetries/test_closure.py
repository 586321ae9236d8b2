"""The nearest bracket-closed span."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo.errors import SymmetryError
from zoo.symmetries import LieAlgebra, closure

L = LieAlgebra
EUCLIDEAN = L(np.concatenate([L.translations(2).basis, L.so2(1, 1).basis]))
CLOSED = {
    "so(3)": L.so(3), "so(5)": L.so(5), "so(1,3)": L.lorentz(), "so(2,2)": L.so(2, 2), "sl(2)": L.sl(2),
    "sl(3)": L.sl(3), "affine(2)": L.affine2d(), "translations(2)": L.translations(2), "euclidean(2)": EUCLIDEAN,
    "so(3) x2": L.so(3).on_tuples(2), "torus": L.so2(1).direct_sum(L.so2(1)),
    "so(3) + scaling": L(np.concatenate([L.so(3).basis, np.eye(3)[None]])),
}  # fmt: skip
Disguise = Callable[..., LieAlgebra]


@pytest.mark.parametrize("algebra", CLOSED.values(), ids=CLOSED.keys())
@pytest.mark.parametrize("noise", [1e-4, 1e-3, 1e-2, 3e-2])
def test_noisy_algebras_close_nearby(algebra: LieAlgebra, noise: float, disguised: Disguise) -> None:
    for seed in range(3):
        noisy = disguised(algebra, seed, noise=noise)
        nearest = noisy.nearest_closed()
        assert nearest.algebra.c == algebra.c
        assert nearest.algebra.structure_constants().residual <= closure.CLOSED
        truth = float(noisy.principal_angles(algebra).max())
        assert 0 < nearest.distance < 1.3 * truth  # the true algebra is closed: the nearest is hardly further away
        assert nearest.distance == pytest.approx(float(noisy.principal_angles(nearest.algebra).max()))


@pytest.mark.parametrize("algebra", CLOSED.values(), ids=CLOSED.keys())
@settings(deadline=None, max_examples=5)
@given(seed=st.integers(0, 1000))
def test_closed_algebras_stay_as_they_are(algebra: LieAlgebra, disguised: Disguise, seed: int) -> None:
    written_otherwise = disguised(algebra, seed, basis=100.0, coordinates=5.0)
    nearest = written_otherwise.nearest_closed()
    assert nearest.distance < 1e-11 and nearest.algebra == written_otherwise


def test_rigid_algebras_keep_their_killing_form(disguised: Disguise) -> None:
    noisy = disguised(L.lorentz(), 0, noise=3e-2)
    values = torch.linalg.eigvalsh(noisy.nearest_closed().algebra.killing_form())
    assert ((values < -0.1).sum(), (values > 0.1).sum()) == (3, 3)


def test_is_nearest_to_first_order() -> None:
    """Sliding along the family of conjugates brings nothing: no small conjugation of the result is nearer."""
    rng = np.random.default_rng(0)
    noisy = L(L.so(3).basis.numpy() + 0.02 * rng.standard_normal((3, 3, 3)))
    nearest = noisy.nearest_closed().algebra

    def separation(algebra: LieAlgebra) -> float:
        return float(torch.linalg.norm(algebra.projector - noisy.projector))

    for _ in range(50):
        nudge = np.eye(3) + 1e-3 * rng.standard_normal((3, 3))
        assert separation(nearest.conjugated(nudge)) > separation(nearest) - 1e-7


def test_refuses_with_the_measured_residual(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closure, "_STEPS", 2)
    with pytest.raises(SymmetryError, match=r"leave it by \d\.\d+e[-+]\d+, and by \d\.\d+e[-+]\d+ after fitting"):
        L.random(4, 5).nearest_closed()


def test_random_spans_close_far_away_only() -> None:
    for seed in range(5):
        assert L.random(3, 4, seed).nearest_closed().distance > 0.3


def test_a_redundant_generator_is_cut_first(disguised: Disguise) -> None:
    noisy = disguised(L.lorentz(), 1, noise=3e-4, basis=2.0)
    seven = L(torch.cat([noisy.basis, noisy.basis[:1] - noisy.basis[2:3] + 1e-4 * L.random(1, 4).basis]))
    found = seven.orthonormal(seven.clear_rank).nearest_closed()
    assert found.algebra.c == 6 and found.distance < 2e-2 and found.algebra.recognise().name == "so(1,3)"


def test_the_residual_of_matrices_on_many_nodes_fits_the_memory():
    k = 240  # all that is orthogonal to a span of 240 x 240 matrices would be 26 GB
    generators = torch.randn(3, 2, k, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    algebra = LieAlgebra(generators[:, 0] @ generators[:, 1].mT)
    assert 0.01 < algebra.structure_constants().residual < 2
    block = torch.zeros(3, k, k, dtype=torch.float64)
    block[:, :3, :3] = LieAlgebra.so(3).basis
    assert LieAlgebra(block).structure_constants().residual < 1e-14
