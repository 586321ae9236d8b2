"""Solutions of an evolution equation moved by a symmetry: flows of (x, t, u), and back to the grid that they came from.

After a flow the values u'(x, t) are known at the moved points alone. Along x, which is a ring, both the places x' and
what is known there are functions of where a point came from: Whittaker-Shannon interpolation evaluates them anywhere,
and Newton's method finds where a node of the grid came from. Along t they are interpolated by cubics.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import DataError, SymmetryError
from .field import GeneratorField

_FINER = 4  # times that the grid is refined by padding its waves, before polynomials interpolate
_NEIGHBOURS = 8  # of these polynomials
_EVEN = [math.prod(k - j for j in range(_NEIGHBOURS) if j != k) for k in range(_NEIGHBOURS)]
_NEWTON = 4  # steps at most
_SETTLED = 1e-8  # of the spacing of the grid, by which a last step of Newton's method moves places
_FEWEST = 4  # times, for cubics


@dataclass(frozen=True)
class Moved:
    """Solutions on the grid that they were moved away from.

    Attributes
    ----------
    u : Tensor
        `(B, T, X)`; NaN at times to which nothing was moved.
    known : Tensor
        `(B, T)` booleans: at which times a solution is known everywhere. They follow each other without gaps.
    """

    u: Tensor
    known: Tensor


def move(field: GeneratorField, coefficients: Tensor, u: Tensor, x: Tensor, t: Tensor, *, step: float = 0.5) -> Moved:
    """exp(sum_i a_i V_i) of solutions, on the same grid.

    Parameters
    ----------
    field : GeneratorField
        On (x, t, u), periodic in x.
    coefficients : Tensor
        a, `(B, c)`.
    u : Tensor
        `(B, T, X)` on an even grid of a ring.
    x, t : Tensor
        `(X,)` and `(T,)`, both growing by even steps.
    step : float
        Of the flow, in units of its time, which is 1.

    Returns
    -------
    Moved
        In float64. Solutions whose points are no longer in the order of the grid are nowhere known.

    Raises
    ------
    DataError
        If shapes do not fit.
    SymmetryError
        If the field is on another space, or its flow leaves every bound.
    """
    if u.ndim != 3 or u.shape[1:] != (len(t), len(x)) or len(t) < _FEWEST or coefficients.shape != (len(u), field.c):
        raise DataError(
            f"solutions are (B, {len(t)}, {len(x)}) at {_FEWEST} times at least, with coefficients (B, {field.c}); got "
            f"{tuple(u.shape)} and {tuple(coefficients.shape)}"
        )
    if field.n != 3:
        raise SymmetryError(f"solutions are moved by fields on (x, t, u), and these are on R^{field.n}")
    u, x, t = u.double(), x.double(), t.double()
    count, height, width = u.shape
    points = torch.stack([x.expand_as(u), t[:, None].expand_as(u), u], dim=3).reshape(-1, 3)
    each = coefficients.to(points).repeat_interleave(height * width, dim=0)
    moved = field.flow(points, 1.0, each, step=step).double().reshape(count, height, width, 3)
    period = period_of(x)
    away, later = moved[..., 0] - x, moved[..., 1] - t[:, None]
    back, ordered = _came_from(away, period, x)
    at = _Ring.of(torch.stack([later, moved[..., 2]], dim=1), period)
    shifts, values = at(back[:, None] - x[0]).unbind(1)
    found, known = _at_times(t[:, None] + shifts, values, t)
    known = known & ordered.all(1)[:, None]
    return Moved(torch.where(known[:, :, None], found, torch.nan), known)


def _came_from(away: Tensor, period: float, x: Tensor) -> tuple[Tensor, Tensor]:
    """Places xi with xi + away(xi) = x for all nodes x, `(B, T, X)`, and whether a row `(B, T)` is still in order."""
    spacing = period / len(x)
    ordered = (away.diff(dim=-1, append=away[..., :1]) > -0.9 * spacing).all(-1)
    away = torch.where(ordered[..., None], away, 0.0)
    ring, slope = _Ring.of(away, period), _Ring.of(derivative(away, period), period)
    places = x - away.mean(-1, keepdim=True)
    for _ in range(_NEWTON):
        off = places + ring(places - x[0]) - x
        if float(off.abs().amax()) < _SETTLED * spacing:
            break
        places = places - off / (1 + slope(places - x[0])).clamp_min(0.1)
    settled = (places + ring(places - x[0]) - x).abs().amax(-1) < 1e-3 * spacing
    return places, ordered & settled


def period_of(x: Tensor) -> float:
    """Of the ring on which x `(X,)` is an even grid: one step more than from the first point to the last."""
    return float(x[-1] - x[0]) * len(x) / (len(x) - 1)


def derivative(values: Tensor, period: float, order: int = 1) -> Tensor:
    """Of functions that are known at even places of a ring, `(..., X)`, at these: that of the waves between them."""
    waves = torch.fft.rfft(values)
    k = 2 * math.pi / period * torch.arange(waves.shape[-1], dtype=values.dtype, device=values.device)
    if values.shape[-1] % 2 == 0 and order % 2:
        k[-1] = 0  # the wave that is known at its zeros alone
    return torch.fft.irfft((1j * k) ** order * waves, n=values.shape[-1])


class _Ring:
    """Functions that are known at even places of a ring, `(..., X)`, anywhere."""

    def __init__(self, finer: Tensor, spacing: float) -> None:
        self.nodes, self.spacing = finer.shape[-1], spacing
        before = _NEIGHBOURS // 2 - 1
        self.around = torch.cat([finer[..., -before:], finer, finer[..., : _NEIGHBOURS - before]], dim=-1)

    @classmethod
    def of(cls, values: Tensor, period: float) -> _Ring:
        n = values.shape[-1]
        waves = torch.fft.rfft(values)
        if n % 2 == 0:
            waves[..., -1] /= 2  # it stands for both of its signs
        finer = torch.fft.irfft(waves, n=_FINER * n) * _FINER
        return cls(finer, period / (_FINER * n))

    def __call__(self, places: Tensor) -> Tensor:
        """Values at places `(..., P)` from the first node on, by Lagrange's polynomials between refined nodes."""
        at = places / self.spacing
        first = at.floor()
        rest = (at - first) + (_NEIGHBOURS // 2 - 1)
        rows = torch.broadcast_shapes(self.around.shape[:-1], places.shape[:-1])
        near = first.long().remainder_(self.nodes).expand(*rows, -1)
        around = self.around.expand(*rows, -1)
        weights = _lagrange([rest - k for k in range(_NEIGHBOURS)])
        found = torch.zeros((), dtype=places.dtype, device=places.device)
        for k, weight in enumerate(weights):
            found = found + around.gather(-1, near + k) * (weight / _EVEN[k])
        return found


def _lagrange(away: Sequence[Tensor]) -> list[Tensor]:
    """Of the distances to all nodes, for each the product of the others: a weight times its value at its own node."""
    before, after = [torch.ones_like(away[0])], [torch.ones_like(away[0])]
    for left, right in zip(away[:-1], reversed(away[1:]), strict=True):
        before.append(before[-1] * left)
        after.append(after[-1] * right)
    return [left * right for left, right in zip(before, reversed(after), strict=True)]


def _at_times(times: Tensor, values: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """Values `(B, T, X)` known at times `(B, T, X)`, at the wanted ones, and which of these lie between known ones."""
    times, values = (each.transpose(1, 2).contiguous() for each in (times, values))  # (B, X, T)
    growing = (times.diff(dim=-1) > 0).all(-1).all(-1)
    height = times.shape[-1]
    targets = wanted.expand(*times.shape[:-1], len(wanted)).contiguous()
    after = torch.searchsorted(times, targets)
    first = (after - 2).clamp(0, height - _FEWEST)
    nodes = [times.gather(-1, first + k) for k in range(_FEWEST)]
    found = torch.zeros_like(targets)
    for k, weight in enumerate(_lagrange([targets - node for node in nodes])):
        own = math.prod(nodes[k] - node for j, node in enumerate(nodes) if j != k)
        found += weight / own * values.gather(-1, first + k)
    tolerance = 1e-9 * float(wanted[-1] - wanted[0])
    within = (targets >= times[..., :1] - tolerance) & (targets <= times[..., -1:] + tolerance)
    return found.transpose(1, 2), within.all(1) & growing[:, None]
