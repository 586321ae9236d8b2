"""The logarithm of each pair's own map, and what logarithms of many pairs span."""

from __future__ import annotations

import pytest
import torch

from zoo.discoverers.affine import AffineFields, Logarithms, logarithms, principal_directions
from zoo.symmetries import Grid, LieAlgebra

GRID = Grid((12, 12))
FIELDS = AffineFields.all(GRID)


def test_fields_are_orthonormal_in_pixels_and_move_as_the_matrices_of_the_grid_do(noise) -> None:
    flat = FIELDS.values.flatten(1)
    assert torch.allclose(flat @ flat.T / GRID.d, torch.eye(6, dtype=torch.float64), atol=1e-12)
    f, c = noise(4, 2, 12, 12), noise(4, 6, seed=1)
    matrices = GRID.generators(LieAlgebra(FIELDS.matrices))
    expected = torch.einsum("kij,bcj->bcik", matrices, f.flatten(2))
    assert torch.allclose(FIELDS.slopes(f), expected.flatten(1, 2), atol=1e-10)
    assert torch.allclose(FIELDS.moved(c, f).flatten(1), torch.einsum("bpk,bk->bp", expected.flatten(1, 2), c))
    two = FIELDS.combined(noise(2, 6, seed=2))
    matrices = GRID.generators(LieAlgebra(two.matrices))
    expected = torch.einsum("kij,bcj->bcik", matrices, f.flatten(2))
    assert two.count == 2 and torch.allclose(two.slopes(f), expected.flatten(1, 2), atol=1e-10)


def test_each_logarithm_with_its_sign_is_that_of_the_map(rigid) -> None:
    """exp(c L) transports content: a shift to the right is a field that points to the right."""
    x, y = rigid.pairs(60)
    found = logarithms(FIELDS, x[:, None], y[:, None])
    matrices = torch.einsum("bk,kij->bij", found.coefficients, FIELDS.matrices)
    maps = torch.linalg.matrix_exp(matrices)
    points = torch.cat([GRID.points, torch.ones(GRID.d, 1, dtype=torch.float64)], dim=1)
    apart = (points @ (maps - rigid.elements(60)).mT).norm(dim=2) / GRID.spacing
    assert float(apart.square().mean().sqrt()) < 0.1 and bool(found.converged.all())
    expected = found.errors.diagonal(dim1=1, dim2=2).sum(dim=1).mean().sqrt()
    assert float(apart.square().mean().sqrt()) == pytest.approx(float(expected), rel=0.5), "errors are those it has"


def test_shifts_of_one_sign_do_not_look_like_stretches_as_well(motions, noise) -> None:
    right = LieAlgebra([[[0.0, 0.0, 1.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]])
    x = noise(80, 12, 12)
    back = GRID.points - torch.tensor([0.1, 0.0], dtype=torch.float64)
    y = GRID.transform(x, lambda _: back)

    def mean(margin: int) -> torch.Tensor:
        found = logarithms(FIELDS, x[:, None], y[:, None], margin=margin)
        return torch.einsum("bk,kij->bij", found.coefficients, FIELDS.matrices).mean(dim=0)

    assert torch.allclose(mean(1), 0.1 * right.basis[0], atol=0.005)
    assert (mean(0) - 0.1 * right.basis[0]).abs().max() > 0.007


def test_large_motions_are_found_from_blurred_functions(motions) -> None:
    data = motions(LieAlgebra.translations(2), (0.4, 0.4))  # 2.4 pixels
    x, y = data.pairs(60)
    found = logarithms(FIELDS, x[:, None], y[:, None])
    assert float(found.converged.double().mean()) > 0.8


def test_blank_functions_move_nowhere_and_surely_so(noise) -> None:
    x = noise(3, 1, 12, 12)
    x[1] = 0
    found = logarithms(FIELDS, x, x)
    assert found.coefficients.abs().max() < 1e-12 and bool(found.converged.all())
    assert bool(torch.isfinite(found.errors).all()) and found.left_over == 0


def test_one_pair_does_not_depend_on_the_others(rigid) -> None:
    x, y = (values[:, None] for values in rigid.pairs(20))
    all_of_them, few = logarithms(FIELDS, x, y), logarithms(FIELDS, x[:5], y[:5])
    assert torch.allclose(all_of_them.coefficients[:5], few.coefficients, atol=1e-3)
    assert torch.allclose(all_of_them.errors[:5], few.errors, rtol=1e-2, atol=1e-6)


def made(signal: torch.Tensor, noise_sizes: torch.Tensor, count: int, noise) -> Logarithms:
    """Coefficients on a subspace `(c, K)` with errors of known, unequal sizes."""
    errors = torch.diag(noise_sizes**2).expand(count, -1, -1)
    coefficients = noise(count, len(signal)) @ signal + noise(count, signal.shape[1], seed=1) * noise_sizes
    one = torch.ones(count, dtype=torch.float64)
    return Logarithms(coefficients, errors, 0 * one, one, one.bool())


def test_the_span_of_logarithms_whose_noise_is_another_in_every_direction(noise) -> None:
    signal = torch.linalg.qr(noise(6, 2, seed=3))[0].T
    sizes = torch.tensor([0.01, 0.3, 0.02, 0.05, 0.1, 0.02], dtype=torch.float64)
    found = principal_directions(made(signal, sizes, 2000, noise))
    assert found.clear == 2 and torch.allclose(found.strengths[2:], torch.ones(4, dtype=torch.float64), atol=0.1)
    rows = found.first(2)
    assert torch.allclose(rows @ rows.T, torch.eye(2, dtype=torch.float64))
    assert torch.linalg.svdvals(rows @ signal.T).min() > 0.999
    assert found.noise == pytest.approx(float(sizes.square().mean().sqrt()), rel=0.05)


def test_nothing_but_noise_has_no_direction(noise) -> None:
    found = principal_directions(
        made(torch.zeros(1, 6, dtype=torch.float64), torch.full((6,), 0.1).double(), 300, noise)
    )
    assert found.clear == 0 and found.strengths.max() < 1.3 and found.first(0).shape == (0, 6)


def test_pairs_that_did_not_converge_are_left_out(noise) -> None:
    good = made(torch.eye(1, 6, dtype=torch.float64), torch.full((6,), 0.01).double(), 200, noise)
    coefficients, converged = good.coefficients.clone(), good.converged.clone()
    coefficients[:20, 3], converged[:20] = 50.0, False
    found = principal_directions(Logarithms(coefficients, good.errors, good.left, good.whole, converged))
    assert found.clear == 1 and abs(float(found.first(1)[0, 0])) > 0.999
