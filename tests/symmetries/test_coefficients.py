"""Distributions of coefficients."""

from __future__ import annotations

import pytest
import torch

from zoo.errors import SymmetryError
from zoo.symmetries import Coefficients, Integer, Normal, Uniform
from zoo.symmetries.coefficients import from_dict, to_dict

ALL = [Normal(2.5), Uniform(-0.5, 3.0), Integer(-10, 9)]


@pytest.mark.parametrize("coefficients", ALL, ids=str)
def test_plain_data_round_trip(coefficients: Coefficients) -> None:
    data = to_dict(coefficients)
    assert all(isinstance(value, str | float | int) for value in data.values())
    assert from_dict(data) == coefficients


@pytest.mark.parametrize("coefficients", ALL, ids=str)
def test_samples_are_reproducible_float64_on_the_cpu(coefficients: Coefficients) -> None:
    draw = [coefficients.sample(5, 2, torch.Generator().manual_seed(3)) for _ in range(2)]
    assert torch.equal(*draw) and draw[0].shape == (5, 2) and draw[0].dtype == torch.float64
    with torch.device("meta"):
        assert coefficients.sample(5, 2).device.type == "cpu"


def test_moments_and_bounds() -> None:
    generator = torch.Generator().manual_seed(0)
    normal = Normal(2.0).sample(20000, 1, generator)
    assert abs(normal.mean()) < 0.06 and abs(normal.std() - 2) < 0.05
    uniform = Uniform(1.0, 3.0).sample(20000, 1, generator)
    assert uniform.min() >= 1 and uniform.max() <= 3 and abs(uniform.mean() - 2) < 0.02
    integers = Integer(-2, 3).sample(2000, 1, generator)
    assert sorted(set(integers.flatten().tolist())) == [-2, -1, 0, 1, 2, 3]


@pytest.mark.parametrize(
    "data",
    [{}, {"kind": "cauchy"}, {"kind": "normal", "width": 1.0}, {"kind": "normal", "scale": "wide"}, None, {"kind": []}],
)
def test_refuses_unknown_data(data: object) -> None:
    with pytest.raises(SymmetryError, match="kind must be one of"):
        from_dict(data)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "make",
    [
        lambda: Normal(0.0),
        lambda: Normal(float("nan")),
        lambda: Uniform(2.0, 1.0),
        lambda: Uniform(0.0, float("inf")),
        lambda: Integer(3, 2),
        lambda: Integer(0.5, 2),  # type: ignore[arg-type]
    ],
)
def test_refuses_impossible_parameters(make: object) -> None:
    with pytest.raises(SymmetryError, match="coefficients"):
        make()  # type: ignore[operator]
