"""How nearly transformed solutions are solutions: the validity of a symmetry of a differential equation."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from torch import Tensor

from ...errors import ConfigError
from .deformed import HALF, TIMES, Stencil, derivatives, stencil

FLOOR = 1e-2
_CEILING = 10.0
_KNOWN = ("x", "t", "u", "u_t", *("u_" + "x" * order for order in HALF))


def stencil_for(residual: Callable[..., Tensor], times: int = TIMES) -> Stencil:
    """The stencil that a residual needs, a function of some of x, t, u, u_t, u_x, u_xx, u_xxx, u_xxxx, named so.

    Raises
    ------
    ConfigError
        If it takes anything else, or no derivative in x.
    """
    order = max((order_of(name) for name in names_of(residual)), default=0)
    if not order:
        raise _refused(residual)
    return stencil(order, times)


def names_of(residual: Callable[..., Tensor]) -> list[str]:
    """What a residual is a function of; errors as in `stencil_for`."""
    names = _names(residual)
    if any(name not in _KNOWN for name in names):
        raise _refused(residual)
    return names


def order_of(name: str) -> int:
    """Of a derivative in x by its name: 2 of u_xx, and 0 of what is none."""
    return len(name) - 2 if name.startswith("u_x") else 0


def residuals(residual: Callable[..., Tensor], points: Tensor, by: Stencil | None = None) -> Tensor:
    """The residual on a deformed grid.

    Parameters
    ----------
    residual : callable
    points : Tensor
        (x, t, u) of a transformed solution, `(..., T, X, 3)`.
    by : Stencil, optional
        That of `stencil_for`.

    Returns
    -------
    Tensor
        `(..., T', X')` float64, at the points that are far enough from the ends, see `derivatives`.
    """
    by = stencil_for(residual) if by is None else by
    x, t, u = points.double().unbind(-1)
    there: dict[str, Any] = derivatives(x, t, u, by)
    return residual(**{name: there[name] for name in _names(residual)})


def log_residual(values: Tensor, floor: float = FLOOR) -> Tensor:
    """log of the mean of min(sqrt(r^2 + floor^2), 10) over the points, `(..., P)` to `(...)`: low if valid.

    The logarithm lets weights of other terms do without the scale of the residual. Below the floor, errors of the
    solution and of its derivatives are all that is left; without it, fields that are valid already would drown the
    gradients of those that are not yet. Where a grid is folded up, the residual is any large number.

    The paper has the mean of the logarithms. That is lowest for fields that vanish in one half of the times and are
    anything in the other, and two of these share a boost between them.
    """
    return (values.square() + floor**2).sqrt().clamp_max(_CEILING).mean(-1).log()


def _refused(residual: Callable[..., Tensor]) -> ConfigError:
    return ConfigError(
        f"the residual of an equation is a function of some of {', '.join(_KNOWN)}, with a derivative in x; this "
        f"one takes {', '.join(_names(residual)) or 'nothing'}"
    )


def _names(residual: Callable[..., Tensor]) -> list[str]:
    return list(inspect.signature(residual).parameters)
