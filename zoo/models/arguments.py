"""Checks that every family's builder makes on its arguments."""

from __future__ import annotations

import inspect
import math
from collections.abc import Sequence

from ..errors import ConfigError
from ..symmetries import Rep


def refuse_unknown(family: type, unknown: dict) -> None:
    """Raise for keyword arguments that the builder does not know, naming those that it does.

    Raises
    ------
    ConfigError
        If `unknown` is not empty.
    """
    if unknown:
        parameters = inspect.signature(family.__init__).parameters.values()
        allowed = sorted(p.name for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY)
        raise ConfigError(
            f"{getattr(family, 'family', family.__name__)} does not know {', '.join(sorted(unknown))}; "
            f"it takes {', '.join(allowed)}"
        )


def shape_of(name: str, shape: Sequence[int], rep: Rep | None = None) -> tuple[int, ...]:
    """A sample's shape as a tuple, checked against its representation.

    Raises
    ------
    ConfigError
        If a length is not positive or the shape does not hold as many numbers as the representation.
    """
    lengths = tuple(int(length) for length in shape)
    if any(length < 1 for length in lengths):
        raise ConfigError(f"{name} must hold positive lengths, got {list(lengths)}")
    if rep is not None and math.prod(lengths) != rep.dim:
        raise ConfigError(
            f"{name} {list(lengths)} holds {math.prod(lengths)} numbers a sample, but the representation "
            f'"{rep}" on R^{rep.k} has {rep.dim}'
        )
    return lengths


def positive(name: str, value: int) -> int:
    """A whole number of at least 1.

    Raises
    ------
    ConfigError
        If it is not.
    """
    if isinstance(value, bool) or int(value) != value or value < 1:
        raise ConfigError(f"{name} must be a whole number of at least 1, got {value!r}")
    return int(value)


def one_of(name: str, value: str, allowed: Sequence[str]) -> str:
    """One of a few words.

    Raises
    ------
    ConfigError
        If it is not.
    """
    if value not in allowed:
        raise ConfigError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {value!r}")
    return value


def fraction(name: str, value: float) -> float:
    """A number from 0 to below 1.

    Raises
    ------
    ConfigError
        If it is not.
    """
    if isinstance(value, bool) or not 0 <= value < 1:
        raise ConfigError(f"{name} is a share of at least 0 and below 1, got {value!r}")
    return float(value)
