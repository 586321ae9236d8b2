"""Fields in a table."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from zoo.errors import SymmetryError
from zoo.symmetries.field import FunctionField
from zoo.symmetries.tabulated import TabulatedField


def affine(points: Tensor) -> Tensor:
    x, t, u = points.unbind(1)
    one, zero = torch.ones_like(x), torch.zeros_like(x)
    return torch.stack([torch.stack([t, zero, one], 1), torch.stack([2 * u - t, one, 3 * zero], 1)], 2)


def test_what_is_affine_is_exact_in_the_box() -> None:
    field = FunctionField(affine, 3)
    table = TabulatedField(field, [-1, 0, 2], [1, 5, 3], nodes=7)
    points = torch.rand(50, 3, dtype=torch.float64) * torch.tensor([2.0, 5, 1]) + torch.tensor([-1.0, 0, 2])
    assert (table.n, table.c) == (3, 2) and table(points).dtype == torch.float64
    torch.testing.assert_close(table(points), field(points), rtol=0, atol=1e-5)
    assert table.affine_part().remainder.max() < 1e-5  # where it is known
    beyond = torch.tensor([[0.0, 7, 2.5]], dtype=torch.float64)
    at_side = torch.tensor([[0.0, 5, 2.5]], dtype=torch.float64)
    torch.testing.assert_close(table(beyond), table(at_side))


def test_other_fields_converge_and_go_round() -> None:
    def waves(points: Tensor) -> Tensor:
        x, y = points.unbind(1)
        return torch.stack([torch.sin(2 * x) + y, torch.cos(x)], 1)

    points = 6 * torch.rand(200, 2, dtype=torch.float64) - torch.tensor([9.0, 0])
    errors = []
    for nodes in (33, 65):
        table = TabulatedField(FunctionField(waves, 2), [0, 0], [2 * math.pi, 6], periods={0: 2 * math.pi}, nodes=nodes)
        errors.append(float((table(points) - FunctionField(waves, 2)(points)).abs().max()))
    assert errors[1] < errors[0] / 3.5 and errors[1] < 0.006, errors


def test_errors() -> None:
    with pytest.raises(SymmetryError, match=r"on R\^2 and R\^3"):
        TabulatedField(FunctionField(lambda p: p, 4), [0] * 4, [1] * 4)
    with pytest.raises(SymmetryError, match="a low and a high corner"):
        TabulatedField(FunctionField(affine, 3), [0, 0, 0], [1, 0, 1])
