"""Comparison of symmetries on the span of the data."""

from __future__ import annotations

import math

import pytest
import torch

from zoo.discoverers.subspace import angles_on_data, cosine_on_data, data_subspace, smallest_alike
from zoo.errors import SymmetryError
from zoo.symmetries import LieAlgebra, Rep
from zoo.tasks import get_task


def test_two_bodies_span_four_of_eight_dimensions():
    task = get_task("two_body")
    x, y = task.make_discovery("test", size=20)
    subspace = data_subspace(x, y, Rep.parse("1x1", 8), Rep.parse("1x1", 8))
    assert subspace.shape == (8, 4)
    torch.testing.assert_close(subspace[:4], -subspace[4:], rtol=1e-4, atol=1e-4)


def test_turning_each_body_by_the_other_is_the_same_on_the_data():
    """The 4x4 search space: -J between the bodies is J on each, for q2 = -q1."""
    task = get_task("two_body")
    x, y = task.make_discovery("test", size=20)
    subspace = data_subspace(x, y, Rep.parse("1x1", 8), Rep.parse("1x1", 8))
    truth = task.reference()
    swapped = LieAlgebra(-torch.roll(truth.basis, 4, dims=2))
    assert truth.cosine(swapped) == pytest.approx(0.0, abs=1e-9)
    assert cosine_on_data(truth, swapped, subspace) == pytest.approx(1.0, abs=1e-6)


def test_angles_are_those_of_the_algebras_where_the_data_span_everything():
    first, second = LieAlgebra.so(3), LieAlgebra(LieAlgebra.so(3).basis + 1e-3 * torch.ones(3, 3, 3))
    angles = angles_on_data(first, second, torch.eye(3, dtype=torch.float64))
    torch.testing.assert_close(angles.sort().values, first.principal_angles(second).sort().values, rtol=1e-6, atol=1e-9)


def test_large_angles():
    first = LieAlgebra(torch.tensor([[[0.0, 1.0], [0.0, 0.0]]]))
    second = LieAlgebra(torch.tensor([[[0.0, 1.0], [math.tan(1.2), 0.0]]]))
    angles = angles_on_data(first, second, torch.eye(2, dtype=torch.float64))
    assert float(angles.max()) == pytest.approx(1.2, abs=1e-6)


def test_rows_of_tensors_count_and_scalars_do_not():
    x, y = torch.ones(10, 1), torch.zeros(10, 3, 3)
    y[:, 0, 1] = torch.arange(1.0, 11.0)
    subspace = data_subspace(x, y, Rep.parse("1x0", 3), Rep.parse("1x2", 3))
    torch.testing.assert_close(subspace.abs(), torch.tensor([[0.0], [1.0], [0.0]], dtype=torch.float64))
    with pytest.raises(SymmetryError, match="scalars alone"):
        data_subspace(x, x, Rep.parse("1x0", 3), Rep.parse("1x0", 3))


def test_what_the_data_do_not_determine_is_left_at_zero() -> None:
    """Every sample is (q, -q): of the generators that turn it alike, the smallest turns each body by half of both."""
    torch.manual_seed(0)
    rotation = torch.tensor([[0.0, 1.0], [-1.0, 0.0]], dtype=torch.float64)
    junk = torch.randn(4, 2, dtype=torch.float64) @ torch.eye(2, dtype=torch.float64).repeat(1, 2)  # kills (q, -q)
    learned = torch.block_diag(rotation, rotation) + junk
    frame = torch.cat([torch.eye(2), -torch.eye(2)]).double() / 2**0.5
    smallest = smallest_alike(learned[None], frame @ frame.T, torch.ones(4, 4, dtype=torch.bool))[0]
    torch.testing.assert_close(smallest @ frame, learned @ frame)
    expected = torch.kron(torch.tensor([[0.5, -0.5], [-0.5, 0.5]], dtype=torch.float64), rotation)
    torch.testing.assert_close(smallest, expected)


def test_data_that_determine_everything_change_nothing() -> None:
    learned = torch.randn(2, 4, 4, dtype=torch.float64)
    pattern = torch.ones(4, 4, dtype=torch.bool)
    assert torch.equal(smallest_alike(learned, torch.eye(4, dtype=torch.float64), pattern), learned)
