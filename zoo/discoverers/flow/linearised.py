"""How far vector fields are from symmetries of an equation: the equation of small changes, at given solutions."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.autograd.functional import jvp

from ...symmetries.solutions import derivative, period_of
from .rate import rate

_SHARE = 10  # of the waves of the grid, one in so many is looked at: shorter ones are lost in six derivatives


def violations(
    field: Callable[[Tensor], Tensor], residual: Callable[..., Tensor], u: Tensor, x: Tensor, t: Tensor
) -> Tensor:
    """Inner products of what each field leaves of the linearised equation, in units of u_t at the same time.

    A field (xi, tau, phi) changes a solution of u_t = F[u] by Q = phi - xi u_x - tau u_t at every point, and takes it
    to another one, to first order, if Q solves the linearised equation D_t Q = F'[Q] (Olver, Applications of Lie Groups
    to Differential Equations, 1993, section 5.1). D_t is the derivative along the solution, whose rate is F[u]: no
    differences between times are taken.

    Parameters
    ----------
    field : callable
        `(P, 3)` points (x, t, u) to `(P, 3, c)`, in float64 and differentiable.
    residual : callable
        As in `rate`.
    u : Tensor
        Solutions `(B, T, X)` on an even grid of a ring.
    x, t : Tensor
        `(X,)` and `(T,)`.

    Returns
    -------
    Tensor
        `(c, c)`: the mean over solutions and times, by the longest waves. a^T G a is that of the field a_i V_i, and 0
        of a symmetry.
    """
    u, x, t = u.double(), x.double(), t.double()
    period = period_of(x)

    def slope(u: Tensor, t: Tensor) -> Tensor:
        return rate(residual, u, x, t)

    def change(u: Tensor, t: Tensor) -> Tensor:
        points = torch.stack([x.expand_as(u), t[:, None].expand_as(u), u], dim=3).flatten(0, 2)
        along_x, along_t, up = field(points).view(*u.shape, 3, -1).unbind(3)
        return up - along_x * derivative(u, period)[..., None] - along_t * slope(u, t)[..., None]

    speed = slope(u, t)
    q, along = jvp(change, (u, t), (speed, torch.ones_like(t)))
    linear = [jvp(lambda v: slope(v, t), u, each.contiguous())[1] for each in q.unbind(-1)]
    left = torch.fft.rfft(along - torch.stack(linear, dim=-1), dim=2)[:, :, : len(x) // _SHARE]
    left = (left / (speed.norm(dim=2)[..., None, None] * len(x) ** 0.5)).flatten(0, 2)
    return (left.conj().T @ left).real / (u.shape[0] * u.shape[1])
