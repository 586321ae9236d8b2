"""Exponential time differencing with Runge-Kutta of fourth order (Cox, Matthews 2002; Kassam, Trefethen 2005)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

_ROOTS = 64  # points of the circle on which the coefficients are averaged


@dataclass(frozen=True)
class _Coefficients:
    whole: Tensor  # exp(h c)
    half: Tensor  # exp(h c / 2)
    to_half: Tensor
    first: Tensor
    middle: Tensor
    last: Tensor


def integrate(
    symbol: Tensor, factor: Tensor, nonlinear: Callable[[Tensor, float], Tensor], v: Tensor, times: Tensor, step: float
) -> Tensor:
    """v(t) of dv/dt = c v + d N(v, t), c and d diagonal, in equal steps of at most `step` between any two times.

    Parameters
    ----------
    symbol : Tensor
        c `(M,)`, complex.
    factor : Tensor
        d `(M,)`, complex.
    nonlinear : callable
        ``N(v, t)``, a tensor of its own.
    v : Tensor
        At the first time, `(B, M)`.
    times : Tensor
        `(T,)`, growing.
    step : float

    Returns
    -------
    Tensor
        `(B, T, M)`.
    """
    result = v.new_empty(len(v), len(times), v.shape[1])
    result[:, 0] = v
    known: dict[float, _Coefficients] = {}
    moments = times.tolist()
    for number, (start, end) in enumerate(itertools.pairwise(moments), 1):
        count = max(1, math.ceil((end - start) / step - 1e-9))
        h = float(f"{(end - start) / count:.12g}")  # equal intervals are not equal to the last bit
        by = known.get(h) or known.setdefault(h, _coefficients(symbol, factor, h))
        for i in range(count):
            v = _step(v, start + i * h, h, nonlinear, by)
        result[:, number] = v
    return result


def _step(v: Tensor, t: float, h: float, nonlinear: Callable[[Tensor, float], Tensor], by: _Coefficients) -> Tensor:
    at_start = nonlinear(v, t)
    carried = by.half * v
    a = torch.addcmul(carried, by.to_half, at_start)
    at_a = nonlinear(a, t + h / 2)
    at_b = nonlinear(carried.addcmul_(by.to_half, at_a), t + h / 2)
    at_end = nonlinear(a.mul_(by.half).addcmul_(by.to_half, torch.sub(at_start, at_b, alpha=2), value=-1), t + h)
    result = torch.addcmul(by.whole * v, by.first, at_start)
    return result.addcmul_(by.middle, at_a.add_(at_b)).addcmul_(by.last, at_end)


def _coefficients(symbol: Tensor, factor: Tensor, h: float) -> _Coefficients:
    """The phi functions lose all digits at small h c: they are analytic, so they are means over a circle around it."""
    angles = 2 * math.pi * (torch.arange(_ROOTS, dtype=torch.float64, device=symbol.device) + 0.5) / _ROOTS
    z = h * symbol[:, None] + torch.polar(torch.ones_like(angles), angles)
    e = torch.exp(z)
    return _Coefficients(
        whole=torch.exp(h * symbol),
        half=torch.exp(h * symbol / 2),
        to_half=h * factor * ((torch.exp(z / 2) - 1) / z).mean(1),
        first=h * factor * ((-4 - z + e * (4 - 3 * z + z**2)) / z**3).mean(1),
        middle=2 * h * factor * ((2 + z + e * (z - 2)) / z**3).mean(1),
        last=h * factor * ((-4 - 3 * z - z**2 + e * (4 - z)) / z**3).mean(1),
    )
