"""The flow of every field by itself, all at once, by rk4 with a fixed step (torchdiffeq)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from ...errors import SymmetryError
from .field import NeuralField

_MOST_BYTES = 2**31  # of what is kept to go back through the steps
_STAGES = 4  # of rk4


def own_flows(
    field: NeuralField,
    points: Tensor,
    times: Tensor,
    *,
    step: float = 0.05,
    size: Tensor | None = None,
    signs: Tensor | None = None,
    adjoint: bool | None = None,
) -> Tensor:
    """Where each field takes the points by the given times.

    Parameters
    ----------
    field : NeuralField
    points : Tensor
        `(P, n)`, the same for all fields, or `(c, P, n)`.
    times : Tensor
        `(T,)`, positive and growing.
    step : float
        Longest step, in units of time.
    size : Tensor, optional
        Of the fields, instead of the one that is kept, see `NeuralField.own`; gradients go through it.
    signs : Tensor, optional
        `(c,)`: -1 for fields that flow backwards.
    adjoint : bool, optional
        Gradients by solving backwards, in memory that does not grow with the steps, or by going back through them,
        which is faster. By default the latter, as long as that takes less than 2 GiB.

    Returns
    -------
    Tensor
        `(T, c, P, n)`.

    Raises
    ------
    SymmetryError
        If times or step are out of range, or a flow leaves every bound.
    """
    from torchdiffeq import odeint, odeint_adjoint

    moments = torch.cat([times.new_zeros(1), times])
    if times.ndim != 1 or not len(times) or not bool((moments.diff() > 0).all()) or not step > 0:
        raise SymmetryError(f"flows need growing positive times and a positive step, got {times.tolist()} and {step}")
    start = points.expand(field.c, *points.shape) if points.ndim == 2 else points
    longest = float(moments.diff().max())
    options = {"step_size": float(moments.diff().min()) / math.ceil(longest / step)}
    if adjoint is None:
        steps = float(times[-1]) / options["step_size"]
        adjoint = torch.is_grad_enabled() and steps * start.shape[1] * _bytes_a_point(field) > _MOST_BYTES
    # sizes are part of the state: they depend on the parameters, so as parameters they would be counted twice
    state = (start.contiguous(), field.size if size is None else size)
    velocity = _Velocity(field, signs)
    if adjoint:
        parameters = tuple(parameter for parameter in field.parameters() if parameter.requires_grad)
        flown = odeint_adjoint(velocity, state, moments, method="rk4", options=options, adjoint_params=parameters)[0]
    else:
        flown = odeint(velocity, state, moments, method="rk4", options=options)[0]
    if not torch.isfinite(flown).all():
        raise SymmetryError("a flow leaves every bound: take shorter times or a smaller step")
    return flown[1:]


class _Velocity(nn.Module):
    def __init__(self, field: NeuralField, signs: Tensor | None) -> None:
        super().__init__()
        self._field, self._signs = [field], signs  # in a list: its parameters are given separately

    def forward(self, _: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        points, size = state
        values = self._field[0].own(points, size)
        return values if self._signs is None else values * self._signs[:, None, None], torch.zeros_like(size)


def _bytes_a_point(field: NeuralField) -> int:
    """What one step keeps of each point: the layers' outputs, before and after the activations."""
    widths = [layer.out_features for layer in field.trunk if isinstance(layer, nn.Linear)] + [field.first.shape[2]]
    return _STAGES * field.c * (2 * sum(widths) + field.n) * field.centre.element_size()
