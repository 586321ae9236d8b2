"""Derivatives of a function that is known on a deformed grid, by the chain rule on Taylor series.

A flow takes the points (x, t, u) of a solution to other points, which are no even grid any more. Counted along the grid
that they come from, by xi and tau, all three are smooth functions still, and as well resolved as they were: their
Taylor series are central differences. The chain rule makes derivatives along x and t of these,

    u_x = (t_tau u_xi - t_xi u_tau) / J,  u_t = (x_xi u_tau - x_tau u_xi) / J,  J = x_xi t_tau - x_tau t_xi,

and those of higher order, exactly but for the differences.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from ...errors import DataError

# Steps to either side of a point that a stencil has in space, by the highest derivative.
HALF = {1: 4, 2: 5, 3: 6, 4: 6}
TIMES = 3  # in time
_FOLDED = 1e-4  # of the mean size of J: smaller ones are taken for this
_LEAST = 1e-12


@dataclass(frozen=True, eq=False)
class Stencil:
    """How Taylor series up to some degree are read off a grid.

    Attributes
    ----------
    order : int
        Highest derivative, and degree of the series.
    along_x, along_t : Tensor
        Coefficients of xi^a and tau^a from the values around a point, `(order + 1, 2 reach + 1)`.
    """

    order: int
    along_x: Tensor
    along_t: Tensor

    @property
    def reach(self) -> tuple[int, int]:
        """Steps to either side along t and along x."""
        return self.along_t.shape[1] // 2, self.along_x.shape[1] // 2


@cache
def stencil(order: int, times: int = TIMES) -> Stencil:
    """The stencil for derivatives in x up to `order`, of `times` steps to either side in time.

    Raises
    ------
    DataError
        If the order is not 1, 2, 3 or 4, or there are too few times.
    """
    if order not in HALF:
        raise DataError(f"derivatives in x are of order 1 to 4 here, got {order}")
    if 2 * times < order:
        raise DataError(f"a Taylor series of degree {order} needs {-(-order // 2)} times to either side, got {times}")
    return Stencil(order, _differences(order, HALF[order]), _differences(order, times))


def derivatives(x: Tensor, t: Tensor, u: Tensor, by: Stencil) -> dict[str, Tensor]:
    """u and its derivatives at the points of a deformed grid that are far enough from its ends.

    Parameters
    ----------
    x, t, u : Tensor
        `(..., T, X)` float64: places and values of the points; neighbours along T and X are neighbours.
    by : Stencil

    Returns
    -------
    dict
        "x", "t", "u", "u_t", "u_x", "u_xx", ..., each `(..., T - 2 r, X - 2 s)` for a stencil of the reach (r, s).

    Raises
    ------
    DataError
        If the grid is smaller than the stencil.
    """
    height, width = u.shape[-2:]
    if height <= 2 * by.reach[0] or width <= 2 * by.reach[1]:
        raise DataError(
            f"stencils reach {by.reach[0]} steps in time and {by.reach[1]} in space to either side, and the grid is "
            f"{height} x {width}"
        )
    series = _Series.of(by.order)
    at_x, at_t, at_u = (series.read(each, by) for each in (x, t, u))
    x_xi, t_xi = series.along(0, at_x), series.along(0, at_t)
    x_tau, t_tau = series.along(1, at_x), series.along(1, at_t)
    inverse = series.inverse(series.times(x_xi, t_tau) - series.times(x_tau, t_xi))
    right, back = series.times(t_tau, inverse), series.times(t_xi, inverse)
    found = {"x": at_x[..., 0], "t": at_t[..., 0], "u": at_u[..., 0]}
    u_xi, u_tau = series.along(0, at_u)[..., 0], series.along(1, at_u)[..., 0]
    found["u_t"] = (x_xi[..., 0] * u_tau - x_tau[..., 0] * u_xi) * inverse[..., 0]
    each = at_u
    for order in range(1, by.order + 1):
        each = series.times(right, series.along(0, each)) - series.times(back, series.along(1, each))
        found["u_" + "x" * order] = each[..., 0]
    return found


class _Series:
    """Arithmetic of Taylor series in (xi, tau), whose coefficients are the last axis, the constant first."""

    def __init__(self, degree: int) -> None:
        self.powers = [(a, total - a) for total in range(degree + 1) for a in range(total, -1, -1)]
        place = {power: number for number, power in enumerate(self.powers)}
        count = len(place)
        self.degree = degree
        self._products = torch.zeros(count, count, count, dtype=torch.float64)
        self._slopes = torch.zeros(2, count, count, dtype=torch.float64)
        for (a, b), i in place.items():
            for (c, d), j in place.items():
                if (a + c, b + d) in place:
                    self._products[i, j, place[a + c, b + d]] = 1
            for axis, (lower, factor) in enumerate((((a - 1, b), a), ((a, b - 1), b))):
                if factor:
                    self._slopes[axis, i, place[lower]] = factor

    @staticmethod
    @cache
    def of(degree: int) -> _Series:
        return _Series(degree)

    def read(self, values: Tensor, by: Stencil) -> Tensor:
        """Series at the inner points of a grid `(..., T, X)`, `(..., T', X', M)`."""
        along_x, along_t = by.along_x.to(values), by.along_t.to(values)
        rows = values.unfold(-1, along_x.shape[1], 1) @ along_x.T  # (..., T, X', a)
        grid = rows.unfold(-3, along_t.shape[1], 1) @ along_t.T  # (..., T', X', a, b)
        return torch.stack([grid[..., a, b] for a, b in self.powers], dim=-1)

    def times(self, f: Tensor, g: Tensor) -> Tensor:
        """Products, without what is beyond the degree."""
        return (f[..., :, None] * g[..., None, :]).flatten(-2) @ self._products.to(f).flatten(0, 1)

    def along(self, axis: int, f: Tensor) -> Tensor:
        """Derivatives by xi (0) or tau (1); the coefficients of the highest degree are lost."""
        return f @ self._slopes[axis].to(f)

    def inverse(self, f: Tensor) -> Tensor:
        """1 / f."""
        first = f[..., :1]
        smallest = (_FOLDED * first.detach().abs().mean()).clamp_min(_LEAST)
        first = torch.where(first.abs() < smallest, smallest, first)
        one = torch.zeros_like(f)
        one[..., 0] = 1
        rest = f / first
        rest = rest - rest[..., :1] * one
        found = one
        for _ in range(self.degree - 1):
            found = one - self.times(rest, found)
        return found / first


def _differences(order: int, half: int) -> Tensor:
    """Taylor coefficients at 0 of the polynomial through values at -half, ..., half; `(order + 1, 2 half + 1)`."""
    nodes = torch.arange(-half, half + 1, dtype=torch.float64)
    powers = (nodes / half)[None, :] ** torch.arange(2 * half + 1)[:, None]
    weights = torch.linalg.inv(powers).T[: order + 1]
    return weights / half ** torch.arange(order + 1, dtype=torch.float64)[:, None]
