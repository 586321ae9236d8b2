"""Generators as weighted differences along edges, on lattices and on any points."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from zoo.errors import ConfigError, SymmetryError
from zoo.symmetries import (
    FunctionField,
    Grid,
    LieAlgebra,
    from_incidence,
    generators_on_points,
    incidence,
    lattice_edges,
    nearest_edges,
    to_incidence,
)

TURN = LieAlgebra([[0.0, -1.0], [1.0, 0.0]])


def noise(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def sphere(count: int) -> Tensor:
    """Points all over the unit sphere, evenly, on a spiral."""
    z = 1 - (2 * torch.arange(count, dtype=torch.float64) + 1) / count
    angle = torch.arange(count, dtype=torch.float64) * torch.pi * (3 - 5**0.5)
    radius = (1 - z**2).sqrt()
    return torch.stack([radius * angle.cos(), radius * angle.sin(), z], dim=1)


def test_edges_of_a_lattice_and_round_a_torus() -> None:
    assert lattice_edges(Grid(3)).tolist() == [[0, 1, 1, 2], [1, 0, 2, 1]]
    assert lattice_edges(Grid(3, periodic=True)).tolist() == [[0, 0, 1, 1, 2, 2], [1, 2, 0, 2, 0, 1]]
    plane = lattice_edges(Grid((3, 4)))
    assert plane[:, plane[0] == 5].tolist() == [[5] * 4, [1, 4, 6, 9]]
    box = lattice_edges(Grid((3, 4)), diagonals=True)
    assert box[1, box[0] == 5].tolist() == [0, 1, 2, 4, 6, 8, 9, 10] and box[1, box[0] == 0].tolist() == [1, 4, 5]
    assert lattice_edges(Grid((5, 5), periodic=True), 2).shape == (2, 25 * 8)
    assert lattice_edges(Grid((2, 1), periodic=True)).tolist() == [[0, 1], [1, 0]]  # neither loops nor doubles
    with pytest.raises(ConfigError, match="reach 0"):
        lattice_edges(Grid(3), 0)


def test_edges_to_the_nearest() -> None:
    points = torch.tensor([[0.0], [1.0], [3.0], [7.0]])
    assert nearest_edges(points, 2).tolist() == [[0, 0, 1, 1, 2, 2, 3, 3], [1, 2, 0, 2, 0, 1, 1, 2]]
    many = noise(1500, 2)
    edges = nearest_edges(many, 3)
    distances = torch.cdist(many, many).fill_diagonal_(torch.inf)
    found = (many[edges[0]] - many[edges[1]]).norm(dim=1).reshape(-1, 3).sort(dim=1).values
    assert torch.allclose(found, distances.sort(dim=1).values[:, :3], atol=1e-6)
    with pytest.raises(ConfigError, match="4 nearest others"):
        nearest_edges(points, 4)


def test_incidence_is_target_minus_source() -> None:
    edges, f = lattice_edges(Grid((3, 4))), noise(12)
    matrix = incidence(edges, 12)
    assert matrix.is_sparse and matrix.shape == (edges.shape[1], 12)
    assert torch.allclose((matrix @ f[:, None])[:, 0], f[edges[1]] - f[edges[0]])


def test_both_ways_with_one_weight_an_edge() -> None:
    edges = nearest_edges(noise(20, 2), 4)
    weights = noise(3, edges.shape[1])
    generators = from_incidence(weights, edges, 20)
    assert generators.shape == (3, 20, 20)
    assert torch.equal(generators[:, edges[0], edges[1]], weights)
    assert torch.allclose(generators.sum(dim=2), torch.zeros(3, 20, dtype=torch.float64), atol=1e-12)
    assert torch.allclose(from_incidence(weights[0], edges, 20), generators[0])
    back, residual = to_incidence(generators, edges)
    assert torch.equal(back, weights) and residual.shape == (3,) and bool((residual < 1e-15).all())


def test_the_full_form_is_the_product_with_the_incidence_matrix() -> None:
    edges = lattice_edges(Grid((3, 3)))
    weights = noise(2, 9, edges.shape[1])
    expected = weights @ incidence(edges, 9).to_dense()
    assert torch.allclose(from_incidence(weights, edges, 9), expected)


def test_generators_of_shifts_are_of_this_form() -> None:
    circle = Grid(9, periodic=True)
    far = lattice_edges(circle, 4)
    weights, residual = to_incidence(circle.shift(), far)
    assert residual < 1e-14 and torch.allclose(from_incidence(weights, far, 9), circle.shift(), atol=1e-14)
    _, residual = to_incidence(circle.shift(), lattice_edges(circle, 1))
    expected = from_incidence(to_incidence(circle.shift(), lattice_edges(circle))[0], lattice_edges(circle), 9)
    assert torch.isclose(residual, (circle.shift() - expected).norm() / circle.shift().norm()) and residual > 0.3
    plane = Grid((5, 6), periodic=True)
    assert bool((to_incidence(plane.bilinear_generator(LieAlgebra.sl(2)), lattice_edges(plane))[1] < 1e-14).all())


def test_the_residual_is_what_has_not_this_form() -> None:
    edges = lattice_edges(Grid(4))
    weights, residual = to_incidence(torch.stack([torch.eye(4), torch.zeros(4, 4)]), edges)
    assert residual.tolist() == [1.0, 0.0] and not weights.any()


def test_gradients_reach_the_weights() -> None:
    edges = lattice_edges(Grid(4))
    weights = noise(2, edges.shape[1]).requires_grad_()
    assert torch.autograd.gradcheck(lambda w: from_incidence(w, edges, 4), (weights,))


def test_what_does_not_fit_is_refused() -> None:
    edges = lattice_edges(Grid(4))
    with pytest.raises(SymmetryError, match=r"weights of 6 edges have shape \(6,\)"):
        from_incidence(noise(2, 5), edges, 4)
    with pytest.raises(SymmetryError, match="edges join nodes 0 to 2, got 0 to 3"):
        from_incidence(noise(6), edges, 3)
    with pytest.raises(SymmetryError, match="whole numbers"):
        incidence(edges.float(), 4)
    with pytest.raises(SymmetryError, match="there twice"):
        to_incidence(noise(4, 4), torch.cat([edges, edges], dim=1))
    with pytest.raises(SymmetryError, match=r"\(d, d\)"):
        to_incidence(noise(4, 3), edges)


def test_rotations_on_points_of_a_sphere() -> None:
    """On spherical harmonics, restricted from polynomials; degree 2 is exact, and degree 3 falls with the distance."""
    errors = []
    for count in (200, 800):
        points = sphere(count)
        edges = nearest_edges(points, 12)
        generators = from_incidence(generators_on_points(LieAlgebra.so(3), points, edges), edges, count)
        fields = LieAlgebra.so(3).as_field()(points)
        x, y, z = points.T
        quadratic = x * y + z**2
        slope = torch.stack([y, x, 2 * z], dim=1)
        assert torch.allclose(generators @ quadratic, -torch.einsum("pnc,pn->cp", fields, slope), atol=1e-8)
        cubic = x**2 * z
        slope = torch.stack([2 * x * z, 0 * x, x**2], dim=1)
        exact = -torch.einsum("pnc,pn->cp", fields, slope)
        errors.append(float((generators @ cubic - exact).norm() / exact.norm()))
    assert errors[0] < 0.1 and errors[1] < 0.4 * errors[0]


def test_on_a_lattice_points_give_what_the_grid_gives() -> None:
    grid = Grid((21, 21))
    edges = lattice_edges(grid)
    inside = torch.ones(21, 21, dtype=torch.bool)
    inside[[0, -1]], inside[:, [0, -1]] = False, False
    central = from_incidence(generators_on_points(TURN, grid.points, edges), edges, 441)[0]
    assert torch.allclose(central[inside.flatten()], grid.bilinear_generator(TURN)[0][inside.flatten()], atol=1e-10)
    edges = lattice_edges(grid, 2, diagonals=True)
    f = torch.exp(-grid.points.square().sum(1) / 0.2 + grid.points[:, 0])
    on_grid = grid.generators(TURN)[0] @ f
    errors = []
    for degree in (1, 3):
        on_points = from_incidence(generators_on_points(TURN, grid.points, edges, degree), edges, 441)[0] @ f
        errors.append(float((on_points - on_grid)[inside.flatten()].norm() / on_grid.norm()))
    assert errors[1] < 0.05 and errors[1] < 0.3 * errors[0]


def test_symmetries_that_leave_the_points_are_refused() -> None:
    points = sphere(100)
    edges = nearest_edges(points, 9)
    outwards = FunctionField(lambda p: p, 3)
    with pytest.raises(SymmetryError, match="no neighbours"):
        generators_on_points(outwards, points, edges)
    with pytest.raises(SymmetryError, match="1 points are moved, but have no edge"):
        generators_on_points(LieAlgebra.so(3), points, edges[:, edges[0] != 50])
    with pytest.raises(SymmetryError, match="degree at least 1"):
        generators_on_points(LieAlgebra.so(3), points, edges, degree=0)
