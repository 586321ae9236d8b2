"""Solutions of the equations in Fourier space, in float64, many at a time, with an estimate of their error."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ...errors import DataError
from .equations import Equation
from .etdrk4 import integrate

TOLERANCE = 5e-6
_ORDER = 4  # of the method: steps that are r times as short divide the error by r^4
_SAFETY = 1.3  # of the error that is aimed at
_TRIALS = 7
_MOST = 3  # levels gained at once, as what a much longer step changes says little of the order
_FINER = 8  # times as many nodes where the Cole-Hopf transformation is taken


@dataclass(frozen=True, eq=False)
class Solutions:
    """What `solve` found.

    Attributes
    ----------
    u : Tensor
        `(B, T, nx)` float64.
    error : float
        Largest error relative to the largest |u| of a solution, estimated from what a longer step changes.
    step : float
        The shortest that was taken.
    """

    u: Tensor
    error: float
    step: float


def solve(
    equation: Equation, u0: Tensor, times: Tensor | None = None, *, tolerance: float = TOLERANCE, step: float = 0.0
) -> Solutions:
    """Solve from u(0) on a periodic interval.

    The step of each solution is shortened until the change shows an error below the tolerance. Burgers' equation is
    solved exactly, as the heat equation that Cole and Hopf's transformation u = -2 nu psi_x / psi makes of it.

    Parameters
    ----------
    equation : Equation
    u0 : Tensor
        `(B, nx)` on x = 0, L / nx, ...
    times : Tensor, optional
        `(T,)`, growing and not negative; by default those that the equation keeps.
    tolerance : float
    step : float
        With which to begin, of the equation's clock; by default the equation's own.

    Raises
    ------
    DataError
        If u0 is no batch of finite numbers, or the error does not come below the tolerance.
    """
    if u0.ndim != 2 or not len(u0) or u0.shape[1] < 4 or u0.shape[1] % 2 or not torch.isfinite(u0).all():
        raise DataError(f"initial conditions are finite numbers (B, nx) with an even nx, got {tuple(u0.shape)}")
    u0, times = u0.double(), equation.times if times is None else times.double().cpu()
    if equation.viscosity is not None:
        found, error = _cole_hopf(equation, u0, times)
        if not error <= tolerance:
            raise DataError(
                f"solutions of {equation.name} by Cole and Hopf's transformation are off by {error:.1e}, where "
                f"{tolerance:.1e} is allowed: psi varies too much for float64, as u0 is too large for this viscosity"
            )
        return Solutions(found, error, math.inf)
    longest = step or equation.step
    found = _integrated(equation, u0, times, torch.full((len(u0),), longest, dtype=torch.float64))
    levels, errors = torch.zeros(len(u0), dtype=torch.long), torch.full((len(u0),), math.inf, dtype=u0.dtype)
    for _ in range(_TRIALS):
        rough = ~(errors <= tolerance)  # NaN where a solution blew up
        if not rough.any():
            break
        finer = levels + _levels_to_gain(errors, tolerance)
        fine = _integrated(equation, u0[rough], times, longest / 2 ** (finer[rough].double() / 2))
        size = fine.abs().amax((1, 2)).clamp_min(torch.finfo(fine.dtype).tiny)
        change = (fine - found[rough]).abs().amax((1, 2)) / size
        errors[rough] = change.cpu() / (2 ** (_ORDER * (finer - levels)[rough] / 2) - 1)
        found[rough] = fine
        levels = finer.where(rough, levels)
    worst, shortest = float(errors.nan_to_num(math.inf).max()), longest / 2 ** (float(levels.max()) / 2)
    if worst > tolerance:
        raise DataError(
            f"solutions of {equation.name} are off by {worst:.1e} at the step {shortest:.1e}, where {tolerance:.1e} is "
            "allowed: are the initial conditions resolved by their grid?"
        )
    return Solutions(found, worst, shortest)


def _levels_to_gain(errors: Tensor, tolerance: float) -> Tensor:
    """Steps are halved by two levels, so that many solutions share one: at first so, then as the last error asks."""
    ratios = (_SAFETY * errors / tolerance) ** (1 / _ORDER)
    return (2 * ratios.log2()).ceil().where(errors.isfinite(), 2).clamp(1, _MOST).long()


def wave_numbers(equation: Equation, nx: int) -> Tensor:
    """k of the modes of `rfft`, `(nx / 2 + 1,)` float64."""
    return 2 * math.pi / equation.length * torch.arange(nx // 2 + 1, dtype=torch.float64)


def _integrated(equation: Equation, u0: Tensor, times: Tensor, steps: Tensor) -> Tensor:
    """In the longest waves; their products are taken on a grid that holds them, so that none is taken for another."""
    nx = u0.shape[1]
    grid = 2 * int(equation.refine * nx / 2)
    kept = min(grid // 3, nx // 2 - 1) + 1
    k = wave_numbers(equation, nx)[:kept].to(u0.device)
    every = torch.cat([times.new_zeros(1), times[times > 0]])
    slope = (-0.5j * k).to(torch.complex128)

    def nonlinear(v: Tensor, s: Tensor) -> Tensor:
        squares = torch.fft.irfft(v, n=grid, norm="forward").square_()
        if equation.weight is not None:
            squares *= equation.weight(s)
        return torch.fft.rfft(squares, norm="forward")[:, :kept]

    amplitude = equation.amplitude(every).to(u0)
    v = torch.fft.rfft(u0 / amplitude[0], norm="forward")[:, :kept]
    found = integrate(equation.symbol(k), slope, nonlinear, v, equation.clock(every), steps)
    u = torch.fft.irfft(found, n=nx, norm="forward") * amplitude[:, None]
    return u if len(every) == len(times) else u[:, 1:]


def _cole_hopf(equation: Equation, u0: Tensor, times: Tensor) -> tuple[Tensor, float]:
    """From the potential of u0, whose mean is carried along as a velocity (Galilei); and what rounding leaves."""
    assert equation.viscosity is not None
    nu, nx = equation.viscosity, u0.shape[1]
    fine = _FINER * nx
    k = wave_numbers(equation, fine).to(u0.device)
    modes = torch.fft.rfft(u0, norm="forward")[:, :-1]  # the shortest wave has no direction
    mean = modes[:, 0].real.clone()
    modes[:, 0] = 0
    modes[:, 1:] /= 1j * k[1 : modes.shape[1]]
    potential = torch.fft.irfft(modes, n=fine, norm="forward")  # the integral of u - mean
    exponent = -potential / (2 * nu)
    psi = torch.fft.rfft(torch.exp(exponent - exponent.mean(1, keepdim=True)))
    found, range_of_psi = [], 1.0
    for t in times.tolist():
        # content travels by mean * t
        at_t = psi * torch.exp(-nu * k**2 * t - 1j * k * mean[:, None] * t)
        value, slope = torch.fft.irfft(at_t, n=fine), torch.fft.irfft(1j * k * at_t, n=fine)
        found.append(mean[:, None] - 2 * nu * (slope / value)[:, ::_FINER])
        least = float((value.amin(1) / value.amax(1)).min())
        range_of_psi = max(range_of_psi, 1 / least) if least > 0 else math.inf
    return torch.stack(found, dim=1), torch.finfo(torch.float64).eps * range_of_psi
