"""Symmetries of the plane as matrices on images."""

from __future__ import annotations

import time

import pytest
import torch
from torch import Tensor

from zoo.errors import SymmetryError
from zoo.symmetries import FunctionField, Grid, LieAlgebra

GRID = Grid((33, 33))
TURN = torch.tensor([[0.0, -1.0], [1.0, 0.0]], dtype=torch.float64)
# A Gaussian of three pixels' width is band-limited and inside the image to about this.
SMOOTH = 1e-4


def bump(points: Tensor, at: tuple[float, float] = (0.1, -0.05), width: float = 0.18) -> Tensor:
    return torch.exp(-(points - torch.tensor(at, dtype=points.dtype)).square().sum(-1) / (2 * width**2))


def along(fields: Tensor, at: tuple[float, float] = (0.1, -0.05), width: float = 0.18) -> Tensor:
    """-V . grad of the bump, in closed form, for fields `(P, 2, c)`."""
    away = GRID.points - torch.tensor(at, dtype=torch.float64)
    return torch.einsum("pnc,pn->cp", fields, away / width**2) * bump(GRID.points, at, width)


def affine() -> LieAlgebra:
    basis = torch.zeros(6, 3, 3)
    for number in range(6):
        basis[number, number // 3, number % 3] = 1
    return LieAlgebra(basis)


def curved(points: Tensor) -> Tensor:
    x, y = points.T
    return torch.stack([torch.stack([x * y, torch.sin(x)], 1), torch.stack([x**2, 1 - y**2], 1)], dim=2)


def test_the_rotation_is_the_derivative_in_closed_form_and_antisymmetric() -> None:
    rotation = GRID.generators(LieAlgebra(TURN))[0]
    x, y = GRID.points.T
    expected = along(torch.stack([-y, x], 1)[..., None])[0]
    assert (rotation @ bump(GRID.points) - expected).abs().max() < SMOOTH * expected.abs().max()
    assert torch.equal(rotation, -rotation.T)
    # x d_y - y d_x up to the sign of transport.
    assert torch.equal(rotation, y[:, None] * GRID.derivative(0) - x[:, None] * GRID.derivative(1))


def test_the_exponential_of_the_rotation_turns_content_forward() -> None:
    angle = torch.tensor([0.5], dtype=torch.float64)
    algebra = LieAlgebra(TURN)
    turned = torch.linalg.matrix_exp(0.5 * GRID.generators(algebra)[0]) @ bump(GRID.points)
    middle = algebra.act(torch.tensor([[0.1, -0.05]], dtype=torch.float64), angle)[0].tolist()
    assert (turned - bump(GRID.points, at=tuple(middle))).abs().max() < SMOOTH
    resampled = GRID.transform(bump(GRID.points), algebra.exp(-angle))
    assert (turned - resampled).abs().max() < SMOOTH


@pytest.mark.parametrize(
    "symmetry", [affine(), LieAlgebra.sl(2), FunctionField(curved, 2), LieAlgebra.sl(2).as_field()]
)
def test_affine_algebras_and_any_fields(symmetry) -> None:
    field = symmetry.as_field() if isinstance(symmetry, LieAlgebra) else symmetry
    points = GRID.points
    if field.n == 3:
        points = torch.cat([points, torch.ones(GRID.d, 1, dtype=torch.float64)], dim=1)
    expected = along(field(points)[:, :2])
    generators = GRID.generators(symmetry)
    assert generators.shape == (field.c, GRID.d, GRID.d) and generators.dtype == torch.float64
    assert (generators @ bump(GRID.points) - expected.to(generators)).abs().max() < 5 * SMOOTH * expected.abs().max()


def test_a_translation_is_a_shift() -> None:
    grid = Grid((4, 6), periodic=True)
    translations = torch.zeros(2, 3, 3)
    translations[0, 0, 2] = translations[1, 1, 2] = grid.spacing
    generators = grid.generators(LieAlgebra(translations))
    assert torch.allclose(generators[0], grid.shift(0)) and torch.allclose(generators[1], grid.shift(1))


def test_brackets_of_matrices_and_of_fields_have_their_signs() -> None:
    f = bump(GRID.points)
    algebra = affine()
    generators = GRID.generators(algebra)
    one = torch.eye(6, dtype=torch.float64)
    for i, j in ((0, 1), (1, 3), (2, 0), (1, 5)):
        commutator = generators[i] @ (generators[j] @ f) - generators[j] @ (generators[i] @ f)
        expected = GRID.generators(LieAlgebra(algebra.bracket(one[i], one[j])))[0] @ f
        assert expected.abs().max() > 0.1
        assert (commutator - expected).abs().max() < 30 * SMOOTH * expected.abs().max()
    field = FunctionField(curved, 2)
    first, second = GRID.generators(field)
    bracket = FunctionField(lambda p: field.bracket(p)[:, :, 0, 1], 2)
    commutator = first @ (second @ f) - second @ (first @ f)
    expected = -GRID.generators(bracket)[0] @ f
    assert (commutator - expected).abs().max() < 30 * SMOOTH * expected.abs().max()


def test_a_flow_that_is_not_affine_moves_content() -> None:
    field = FunctionField(lambda p: torch.stack([0 * p[:, 0], 0.6 * p[:, 0] ** 2], 1), 2)
    moved = torch.linalg.matrix_exp(GRID.generators(field)[0]) @ bump(GRID.points)
    expected = bump(field.flow(GRID.points, -1.0))
    assert (moved - expected).abs().max() < 20 * SMOOTH


def test_what_does_not_fit_is_named() -> None:
    with pytest.raises(SymmetryError, match=r"on R\^4 does not act on points with 2 coordinates.*so\(1,3\)"):
        GRID.generators(LieAlgebra.lorentz())
    with pytest.raises(SymmetryError, match=r"generator \d acts on R\^3, not on \(x, 1\)"):
        GRID.generators(LieAlgebra.so(3))
    with pytest.raises(SymmetryError, match=r"fields on R\^3 do not act on points with 2"):
        GRID.generators(LieAlgebra.so(3).as_field())
    with pytest.raises(SymmetryError, match="not finite at 1 of 1089 points"):
        GRID.generators(FunctionField(lambda p: p / p.norm(dim=1, keepdim=True), 2))
    with pytest.raises(SymmetryError, match="got ndarray"):
        GRID.generators(TURN.numpy())  # type: ignore[arg-type]
    assert GRID.generators(LieAlgebra(torch.zeros(0, 2, 2))).shape == (0, 1089, 1089)


def test_in_one_and_in_three_dimensions() -> None:
    line = Grid(31)
    scaling = line.generators(LieAlgebra([[1.0]]))[0]
    wide = torch.exp(-line.points[:, 0].square() / 0.05)
    assert (scaling @ wide - line.points[:, 0].square() / 0.025 * wide).abs().max() < 1e-4
    space = Grid((5, 6, 7), periodic=True)
    fields = torch.einsum("cij,pj->pic", LieAlgebra.so(3).basis, space.points)
    expected = -sum(fields[:, a].T[:, :, None] * space.derivative(a) for a in range(3))
    assert torch.allclose(space.generators(LieAlgebra.so(3)), expected)
    noise = torch.randn(2, 5, 6, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    for a in range(3):
        slopes = space.differentiate(noise, a)
        assert slopes.shape == noise.shape
        assert torch.allclose(slopes.flatten(1), noise.flatten(1) @ space.derivative(a).T)


def test_six_generators_of_1024_nodes_take_no_time() -> None:
    start = time.perf_counter()
    Grid((32, 32)).generators(affine())
    assert time.perf_counter() - start < 3
