"""Exponential time differencing with Runge-Kutta of fourth order (Cox, Matthews 2002; Kassam, Trefethen 2005)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, fields

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

    def rows(self, count: int) -> _Coefficients:
        """Those of the first rows."""
        return _Coefficients(**{field.name: getattr(self, field.name)[:count] for field in fields(self)})


def integrate(
    symbol: Tensor,
    factor: Tensor,
    nonlinear: Callable[[Tensor, Tensor], Tensor],
    v: Tensor,
    times: Tensor,
    steps: Tensor,
) -> Tensor:
    """v(t) of dv/dt = c v + d N(v, t), c and d diagonal, in equal steps between any two times.

    Rows that take longer steps than others rest until all have come to the next of the times: many rows that share
    what a step costs beside arithmetic are faster than few at a time.

    Parameters
    ----------
    symbol : Tensor
        c `(M,)`, complex.
    factor : Tensor
        d `(M,)`, complex.
    nonlinear : callable
        ``N(v, t)`` of some rows, each at its own time `(B, 1)`, or all at one `(1, 1)`; a tensor of its own.
    v : Tensor
        At the first time, `(B, M)`.
    times : Tensor
        `(T,)`, growing.
    steps : Tensor
        The longest of each row, `(B,)`.

    Returns
    -------
    Tensor
        `(B, T, M)`.
    """
    sizes, size_of = torch.unique(steps.cpu(), return_inverse=True)
    order = torch.argsort(size_of)  # the shortest steps first: those that still go on are the first rows
    size_of, v = size_of[order].to(v.device), v[order.to(v.device)]
    rows_to = torch.bincount(size_of).cumsum(0).tolist()
    result = v.new_empty(len(v), len(times), v.shape[1])
    result[:, 0] = v
    known: dict[float, _Coefficients] = {}
    for number, (start, end) in enumerate(itertools.pairwise(times.tolist()), 1):
        counts = [max(1, math.ceil((end - start) / size - 1e-9)) for size in sizes.tolist()]
        lengths = [float(f"{(end - start) / count:.12g}") for count in counts]  # equal ones to the last bit
        known |= {h: _coefficients(symbol, factor, h) for h in lengths if h not in known}
        by, h = _of_rows([known[h] for h in lengths], lengths, size_of)
        done = 0
        for last, active in reversed(list(zip(counts, rows_to, strict=True))):
            here, by, h = v[:active], by.rows(active), h[:active]
            for i in range(done, last):
                here = _step(here, start + i * h, h, nonlinear, by)
            v[:active], done = here, max(done, last)
        result[:, number] = v
    return result[torch.argsort(order).to(v.device)]


def _of_rows(levels: list[_Coefficients], lengths: list[float], level_of: Tensor) -> tuple[_Coefficients, Tensor]:
    """The coefficients of each row `(B, M)`, and its step `(B, 1)`; one row where all are the same."""
    if len(levels) == 1:
        level_of = level_of[:1]
    names = [field.name for field in fields(_Coefficients)]
    each = {name: torch.stack([getattr(level, name) for level in levels])[level_of] for name in names}
    return _Coefficients(**each), torch.tensor(lengths, dtype=torch.float64, device=level_of.device)[level_of, None]


def _step(v: Tensor, t: Tensor, h: Tensor, nonlinear: Callable[[Tensor, Tensor], Tensor], by: _Coefficients) -> Tensor:
    at_start = nonlinear(v, t)
    carried = by.half * v
    a = torch.addcmul(carried, by.to_half, at_start)
    middle = t + h / 2
    at_a = nonlinear(a, middle)
    at_b = nonlinear(carried.addcmul_(by.to_half, at_a), middle)
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
