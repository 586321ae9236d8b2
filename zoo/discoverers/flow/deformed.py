"""Derivatives of a function that is known on a deformed grid: weighted essentially non-oscillatory least squares.

A flow takes the points (x, t, u) of a solution to other points, which are no regular grid any more. Their neighbours
along the grid are still neighbours, so a polynomial in (x, t) is fitted to u on several stencils around each point,
and the derivatives are those of the smoothest ones (Ko, Kim, Lee 2024, appendix E).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ...errors import DataError

TIMES = 2  # steps to either side that a stencil has in time
HALF = {1: 2, 2: 3, 3: 3, 4: 4}  # steps to either side of its middle that it has in space, by the highest derivative
SHIFTS = (-1, 0, 1)  # of that middle from the point
_ORDER_T = 4
_REGULAR = 1e-6  # of the smoothness, see Jiang and Shu (1996)
_RIDGE = 1e-12  # of the normal equations, whose columns have about norm 1


@dataclass(frozen=True)
class Stencils:
    """Which neighbours a polynomial is fitted to, and its powers.

    Attributes
    ----------
    order : int
        Highest derivative in x.
    steps : Tensor
        (along t, along x) to the points of each stencil, `(S, K, 2)`.
    powers : Tensor
        (of x, of t) of the monomials, `(M, 2)`.
    reach : tuple of int
        Largest step along t and along x.
    """

    order: int
    steps: Tensor
    powers: Tensor
    reach: tuple[int, int]


def stencils(order: int) -> Stencils:
    """Stencils for derivatives in x up to `order`, whose middles are left of the point, on it, and right of it.

    Raises
    ------
    DataError
        If the order is not 1, 2, 3 or 4.
    """
    if order not in HALF:
        raise DataError(f"derivatives in x are of order 1 to 4 here, got {order}")
    half, highest = HALF[order], 2 * HALF[order]  # lower powers cost much of the accuracy
    steps = [[(i, j + shift) for i in range(-TIMES, TIMES + 1) for j in range(-half, half + 1)] for shift in SHIFTS]
    powers = [(a, b) for b in range(_ORDER_T + 1) for a in range(highest + 1) if a / highest + b / _ORDER_T <= 1 + 1e-9]
    return Stencils(order, torch.tensor(steps), torch.tensor(powers), (TIMES, half + max(SHIFTS)))


def derivatives(x: Tensor, t: Tensor, u: Tensor, rows: Tensor, columns: Tensor, by: Stencils) -> dict[str, Tensor]:
    """u and its derivatives at chosen points of a deformed grid.

    Parameters
    ----------
    x, t, u : Tensor
        `(..., T, X)` float64: places and values of the points; neighbours along T and X are neighbours.
    rows, columns : Tensor
        `(P,)` of the points, far enough from the ends for the stencils.
    by : Stencils

    Returns
    -------
    dict
        "x", "t", "u", "u_t", "u_x", "u_xx", ..., each `(..., P)`.

    Raises
    ------
    DataError
        If a stencil goes over the end of the grid.
    """
    height, width = u.shape[-2:]
    i = rows[:, None, None] + by.steps[..., 0].to(rows.device)
    j = columns[:, None, None] + by.steps[..., 1].to(rows.device)
    if int(i.min()) < 0 or int(j.min()) < 0 or int(i.max()) >= height or int(j.max()) >= width:
        raise DataError(
            f"stencils reach {by.reach[0]} steps in time and {by.reach[1]} in space: points of the grid "
            f"{height} x {width} must be so far from its ends"
        )
    around, own = (i * width + j), rows * width + columns
    flat = [each.flatten(-2) for each in (x, t, u)]
    here = [each[..., own] for each in flat]
    near = [each[..., around] - one[..., None, None] for each, one in zip(flat, here, strict=True)]  # (..., P, S, K)
    with torch.no_grad():
        size_x, size_t = (each.square().mean((-1, -2), keepdim=True).sqrt().clamp_min(1e-300) for each in near[:2])
    design = _monomials(near[0] / size_x, near[1] / size_t, by.powers)
    coefficients = _fitted(design, near[2])  # (..., P, S, M)
    weights = _weights(coefficients, by.powers)
    mixed = (weights[..., None] * coefficients).sum(-2)
    places = {tuple(power): number for number, power in enumerate(by.powers.tolist())}
    found = {"x": here[0], "t": here[1], "u": here[2]}
    found["u_t"] = mixed[..., places[0, 1]] / size_t[..., 0, 0]
    for order in range(1, by.order + 1):
        found["u_" + "x" * order] = mixed[..., places[order, 0]] * math.factorial(order) / size_x[..., 0, 0] ** order
    return found


def _monomials(x: Tensor, t: Tensor, powers: Tensor) -> Tensor:
    """`(..., K, M)`."""
    of_x, of_t = ([torch.ones_like(each)] for each in (x, t))
    for known, each, highest in ((of_x, x, int(powers[:, 0].max())), (of_t, t, int(powers[:, 1].max()))):
        for _ in range(highest):
            known.append(known[-1] * each)
    return torch.stack([of_x[a] * of_t[b] for a, b in powers.tolist()], dim=-1)


def _fitted(design: Tensor, values: Tensor) -> Tensor:
    """Least squares by the normal equations of columns of norm 1."""
    norms = design.detach().norm(dim=-2, keepdim=True).clamp_min(1e-300)
    columns = design / norms
    normal = columns.mT @ columns
    normal = normal + _RIDGE * torch.eye(normal.shape[-1], dtype=normal.dtype, device=normal.device)
    right = (columns.mT @ values[..., None]).squeeze(-1)
    return torch.linalg.solve(normal, right) / norms.squeeze(-2)


@torch.no_grad()
def _weights(coefficients: Tensor, powers: Tensor) -> Tensor:
    """Of the stencils, `(..., S)`: small where the polynomial is rough. Nothing flows back through the choice."""
    rough = coefficients[..., powers.sum(1) >= 2].square().sum(-1)
    size = coefficients.square().sum(-1).amax(-1, keepdim=True).clamp_min(1e-300)
    weights = 1 / (rough / size + _REGULAR).square()
    return weights / weights.sum(-1, keepdim=True)
