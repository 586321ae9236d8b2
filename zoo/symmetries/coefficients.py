"""Distributions of the coefficients z in exp(sum_i z_i L_i): which part of the group is sampled."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import SymmetryError


@dataclass(frozen=True)
class Normal:
    """z ~ N(0, scale^2), each coefficient on its own."""

    scale: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.scale < math.inf:
            raise SymmetryError(f"the scale of normal coefficients is positive and finite, got {self.scale}")

    def sample(self, n: int, c: int, generator: torch.Generator | None = None) -> Tensor:
        """`(n, c)` coefficients in float64."""
        return self.scale * torch.randn(n, c, generator=generator, dtype=torch.float64, device=_device(generator))


@dataclass(frozen=True)
class Uniform:
    """z ~ U(low, high)."""

    low: float = -1.0
    high: float = 1.0

    def __post_init__(self) -> None:
        if not -math.inf < self.low <= self.high < math.inf:
            raise SymmetryError(f"uniform coefficients need finite low <= high, got {self.low} and {self.high}")

    def sample(self, n: int, c: int, generator: torch.Generator | None = None) -> Tensor:
        """`(n, c)` coefficients in float64."""
        unit = torch.rand(n, c, generator=generator, dtype=torch.float64, device=_device(generator))
        return self.low + (self.high - self.low) * unit


@dataclass(frozen=True)
class Integer:
    """z uniform among the integers low, ..., high (both included): a discrete subgroup."""

    low: int = -10
    high: int = 10

    def __post_init__(self) -> None:
        if not (isinstance(self.low, int) and isinstance(self.high, int) and self.low <= self.high):
            raise SymmetryError(f"integer coefficients need integers low <= high, got {self.low} and {self.high}")

    def sample(self, n: int, c: int, generator: torch.Generator | None = None) -> Tensor:
        """`(n, c)` coefficients in float64."""
        drawn = torch.randint(self.low, self.high + 1, (n, c), generator=generator, device=_device(generator))
        return drawn.to(torch.float64)


Coefficients = Normal | Uniform | Integer
_KINDS: dict[str, type[Normal] | type[Uniform] | type[Integer]] = {
    "normal": Normal,
    "uniform": Uniform,
    "integer": Integer,
}


def _device(generator: torch.Generator | None) -> torch.device:
    """Where the generator draws; named, as a default device (say meta, while a network is built) must not matter."""
    return torch.device("cpu") if generator is None else generator.device


def to_dict(coefficients: Coefficients) -> dict[str, str | float | int]:
    """Plain data for a header or a registry entry; `from_dict` reads it back."""
    kind = next(name for name, cls in _KINDS.items() if isinstance(coefficients, cls))
    return {"kind": kind, **vars(coefficients)}


def from_dict(data: dict) -> Coefficients:
    """The distribution that `to_dict` wrote.

    Raises
    ------
    SymmetryError
        If the kind or one of its parameters is unknown.
    """
    try:
        values = dict(data)
        return _KINDS[values.pop("kind")](**values)
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, SymmetryError):
            raise
        raise SymmetryError(
            f"cannot read the coefficient distribution {data}: kind must be one of {sorted(_KINDS)}, "
            "with scale (normal) or low and high (uniform, integer)"
        ) from error
