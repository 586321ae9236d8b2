"""Integration of vector fields: fixed-step rk4, as adaptive solvers can underflow in their step on learned fields."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import SymmetryError

# Halving the step of a fourth-order method divides the error by 16, so the finer result is off by 1/15 of the change.
_RICHARDSON = 15.0


@dataclass(frozen=True)
class Flow:
    """End points of a flow.

    Attributes
    ----------
    points : Tensor
        `(P, n)`.
    error : float
        Largest error of a coordinate, estimated by halving the step.
    """

    points: Tensor
    error: float


def integrate(
    field: Callable[[Tensor], Tensor], x: Tensor, t: float | Tensor, coefficients: Tensor, step: float
) -> Tensor:
    """x(t) of dx/dt = sum_i a_i V_i(x), for points `(P, n)`, see `GeneratorField.flow`."""
    times = torch.as_tensor(t, dtype=x.dtype, device=x.device)
    longest = float(times.detach().abs().max()) if times.numel() else 0.0
    if not math.isfinite(longest) or step <= 0:
        raise SymmetryError(f"a flow needs a finite time and a positive step, got time {longest} and step {step}")
    if longest == 0.0 or len(x) == 0:
        return x.clone()
    return _rk4(field, x, times, coefficients, math.ceil(longest / step))


def integrate_with_error(
    field: Callable[[Tensor], Tensor], x: Tensor, t: float | Tensor, coefficients: Tensor, step: float
) -> Flow:
    """`integrate` at half the step, with the error estimated from the result at the full step."""
    coarse = integrate(field, x, t, coefficients, step)
    fine = integrate(field, x, t, coefficients, step / 2)
    change = (fine - coarse).detach().abs()
    return Flow(fine, float(change.max()) / _RICHARDSON if change.numel() else 0.0)


def _rk4(field: Callable[[Tensor], Tensor], x: Tensor, times: Tensor, coefficients: Tensor, steps: int) -> Tensor:
    """All points in `steps` equal steps of the time s = 0..1, each with its own speed t."""
    from torchdiffeq import odeint

    speed = coefficients * (times[:, None] if times.ndim else times)

    def velocity(_: Tensor, points: Tensor) -> Tensor:
        return torch.einsum("pnc,c->pn" if speed.ndim == 1 else "pnc,pc->pn", field(points), speed)

    ends = torch.tensor([0.0, 1.0], dtype=x.dtype, device=x.device)
    end: Tensor = odeint(velocity, x, ends, method="rk4", options={"step_size": 1.0 / steps})[1]  # type: ignore
    if not torch.isfinite(end).all():
        raise SymmetryError("the flow leaves every bound: integrate for a shorter time, or with a smaller step")
    return end
