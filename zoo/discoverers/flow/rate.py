"""u_t of solutions of an evolution equation, from its residual."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ...errors import ConfigError
from ...symmetries.solutions import derivative, period_of
from .validity import names_of, order_of

_LINEAR = 1e-6  # of the terms of the residual, which u_t must leave at most


def rate(residual: Callable[..., Tensor], u: Tensor, x: Tensor, t: Tensor) -> Tensor:
    """The u_t for which the residual is zero.

    Parameters
    ----------
    residual : callable
        A function of some of x, t, u, u_t, u_x, u_xx, u_xxx, u_xxxx, named so, and linear in u_t.
    u : Tensor
        `(B, T, X)` on an even grid of a ring.
    x, t : Tensor
        `(X,)` and `(T,)`.

    Returns
    -------
    Tensor
        `(B, T, X)` float64. Derivatives in x are those of the waves that the grid can hold: it must resolve u.

    Raises
    ------
    ConfigError
        If the residual takes anything else, or is not linear in u_t, so that it gives no u_t.
    """
    names = names_of(residual)
    if "u_t" not in names:
        raise ConfigError("u_t is found from residuals that take it; this one does not")
    u, period = u.double(), period_of(x)
    there: dict[str, Any] = {"x": x.double().expand_as(u), "t": t.double()[:, None].expand_as(u), "u": u}
    there |= {name: derivative(u, period, order_of(name)) for name in names if order_of(name)}
    there = {name: there[name] for name in names if name != "u_t"}
    without = residual(u_t=torch.zeros_like(u), **there)
    found = -without / (residual(u_t=torch.ones_like(u), **there) - without)
    left, terms = residual(u_t=found, **there).abs().amax(), without.abs().amax()
    if not bool(left <= _LINEAR * terms) and bool(terms > 0):
        raise ConfigError("u_t is found from residuals that are linear in it; this one is not")
    return found
