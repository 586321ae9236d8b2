"""Spans of vector fields."""

from __future__ import annotations

import math

import pytest
import torch

from zoo.errors import SymmetryError
from zoo.symmetries import FunctionField
from zoo.symmetries.field_span import closing, compare

POINTS = torch.randn(400, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def field(*functions) -> FunctionField:
    return FunctionField(lambda p: torch.stack([f(p) for f in functions], 2), 3)


def along(axis: int):
    return lambda p: torch.eye(3, dtype=p.dtype)[axis].expand(len(p), 3)


def boost(p):
    return torch.stack([p[:, 1], 0 * p[:, 0], 1 + 0 * p[:, 0]], 1)


def mixed(p):
    return 0.6 * along(0)(p) + 0.8 * along(1)(p)


def test_a_mixture_lies_in_the_span_and_what_is_outside_does_not() -> None:
    found = compare(field(mixed, along(1), boost), field(along(0), along(1), boost), POINTS)
    torch.testing.assert_close(found.explained, torch.ones(3, dtype=torch.float64))
    assert found.angles.max() < 1e-6 and found.products.shape == (3, 3)
    half = compare(field(mixed), field(along(0), along(2)), POINTS)
    torch.testing.assert_close(half.explained, torch.tensor([0.36, 0.0], dtype=torch.float64))
    assert abs(float(half.angles[0]) - math.acos(0.6)) < 1e-6


def test_scale_and_weight() -> None:
    scale = torch.tensor([10.0, 1.0, 1.0])
    found = compare(field(mixed), field(along(1)), POINTS, scale=scale)
    assert abs(float(found.explained[0]) - 0.64 / (0.64 + 0.0036)) < 1e-9
    weight = (POINTS[:, 1].abs() < 0.1).double()  # where t is about 0, the boost is about d_u
    near, far = (compare(field(boost), field(along(2)), POINTS, weight=w).explained[0] for w in (weight, None))
    assert near > 0.99 > 0.7 > far


def test_closing() -> None:
    """[d_t, boost] = d_x up to its sign."""
    assert closing(field(along(0), along(1), boost), POINTS).max() < 1e-9
    outside = closing(field(along(1), boost), POINTS)
    sizes = boost(POINTS).square().sum(1).mean().sqrt()
    rest = 1 - (POINTS[:, 1].mean() / sizes) ** 2  # of d_x beside the boost
    assert outside.shape == (1,) and abs(float(outside[0] * sizes) - math.sqrt(rest)) < 1e-6


def test_errors() -> None:
    with pytest.raises(SymmetryError, match="cannot be compared at points"):
        compare(field(boost), FunctionField(lambda p: p, 2), POINTS)
    with pytest.raises(SymmetryError, match="field 1 is zero"):
        compare(field(boost, lambda p: 0 * p), field(boost), POINTS)
