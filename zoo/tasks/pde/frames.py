"""Solutions as they are seen from frames that move: the boost of an equation, by closed form."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .equations import Equation


def from_moving_frames(u: Tensor, equation: Equation, amounts: Tensor) -> Tensor:
    """Solutions moved along the boost xi(t) d_x + phi(t) d_u of their equation, which makes others of them.

    Parameters
    ----------
    u : Tensor
        `(B, T, nx)` at the equation's times.
    equation : Equation
    amounts : Tensor
        Times of the flow, `(B,)`, in units in which phi lifts a solution by its own root mean square.

    Returns
    -------
    Tensor
        `(B, T, nx)`, exact as far as waves of the grid hold the solutions.
    """
    points = torch.zeros(len(equation.times), 3, dtype=torch.float64)
    points[:, 1] = equation.times
    boost = equation.symmetries["boost"](points).to(u)
    along, lift = boost[:, 0], boost[:, 2]
    amounts = amounts * u.square().mean((1, 2)).sqrt() / lift.square().mean().sqrt()
    k = 2 * math.pi / equation.length * torch.arange(u.shape[2] // 2 + 1, device=u.device, dtype=u.dtype)
    turn = torch.polar(torch.ones_like(k), -k * (amounts[:, None] * along)[..., None])
    return torch.fft.irfft(turn * torch.fft.rfft(u), n=u.shape[2]) + (amounts[:, None] * lift)[..., None]
