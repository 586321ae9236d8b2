"""Initial conditions: sums of sines of random amplitude, phase and frequency."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from .equations import Equation

_POTENTIAL = 20.0  # range of log psi of Burgers' equation: psi is from exp(-10) to exp(10)


def initial_conditions(equation: Equation, draw: np.random.Generator, count: int, nx: int) -> Tensor:
    """u(0) `(count, nx)` float64 on x = 0, L / nx, ...: sum of A sin(2 pi l x / L + phi), A from U(-1/2, 1/2).

    For Burgers' equation the sum is the logarithm of psi, scaled to its range, and u = -2 nu (log psi)_x: the pair of
    Cole and Hopf's transformation, and periodic. The first of many are those of fewer.
    """
    amplitude, phase, place = np.moveaxis(draw.random((count, 3, equation.waves)), 1, 0)
    least, most = equation.frequencies
    periods = least + np.floor(place * (most - least + 1))
    angle = 2 * math.pi * (periods[..., None] * np.arange(nx) / nx + phase[..., None])
    size = (amplitude - 0.5)[..., None]
    if equation.viscosity is None:
        return torch.from_numpy((size * np.sin(angle)).sum(1))
    fine = 2 * math.pi * (periods[..., None] * np.arange(16 * nx) / (16 * nx) + phase[..., None])
    values = (size * np.sin(fine)).sum(1)
    scale = _POTENTIAL / (values.max(1) - values.min(1))
    slope = (size * periods[..., None] * np.cos(angle)).sum(1) * (2 * math.pi / equation.length)
    return torch.from_numpy(-2 * equation.viscosity * scale[:, None] * slope)
