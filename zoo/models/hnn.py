"""Hamiltonian neural network (Greydanus, Dzamba, Yosinski 2019), integrated over the task's steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import ConfigError
from ..symmetries import LieAlgebra, Rep
from .arguments import positive, refuse_unknown, shape_of
from .perceptron import perceptron


class HNN(nn.Module):
    """Learn H(q, p) and follow dq/dt = dH/dp, dp/dt = -dH/dq from the last state that is given.

    Parameters
    ----------
    symmetry : LieAlgebra, optional
        Kept for reference; the network keeps none.
    rep_in, rep_out : str
        Representations of a sample's input and output, like "5x1".
    input_shape, output_shape : sequence of int
        `(T_in, k)` and `(T_out, k)`, with k = 4 for each body, ordered as (x, y, px, py).
    dt : float
        Time between two states, in the units of the data.
    substeps : int
        Steps of the classical Runge-Kutta method in each dt.
    hidden : sequence of int
        Widths of the hidden layers of H.

    Raises
    ------
    ConfigError
        If an argument is unknown, or the shapes are not those of trajectories.
    """

    family = "hnn"
    head_names = ("energy.output",)
    promises_equivariance = False

    def __init__(
        self,
        symmetry: LieAlgebra | None,
        *,
        rep_in: str,
        rep_out: str,
        input_shape: Sequence[int],
        output_shape: Sequence[int],
        dt: float = 20 / 49,
        substeps: int = 2,
        hidden: Sequence[int] = (128, 128),
        **unknown: Any,
    ) -> None:
        super().__init__()
        refuse_unknown(HNN, unknown)
        shapes = shape_of("input_shape", input_shape), shape_of("output_shape", output_shape)
        if any(len(shape) != 2 for shape in shapes) or shapes[0][1] != shapes[1][1] or shapes[0][1] % 4:
            raise ConfigError(
                "hnn maps trajectories (T_in, k) to (T_out, k), with k = 4 for each body (x, y, px, py), but got "
                f"{list(shapes[0])} -> {list(shapes[1])}"
            )
        if not dt > 0:
            raise ConfigError(f"dt must be positive, got {dt}")
        self.symmetry = symmetry
        self.input_shape, self.output_shape = shapes
        k = self.input_shape[1]
        self.rep_in, self.rep_out = Rep.parse(rep_in, k), Rep.parse(rep_out, k)
        shape_of("input_shape", input_shape, self.rep_in)
        shape_of("output_shape", output_shape, self.rep_out)
        self.dt, self.substeps = float(dt), positive("substeps", substeps)
        self.energy = Energy(k, [positive("hidden", width) for width in hidden])
        self.config: dict[str, Any] = {
            "rep_in": rep_in,
            "rep_out": rep_out,
            "input_shape": list(self.input_shape),
            "output_shape": list(self.output_shape),
            "dt": self.dt,
            "substeps": self.substeps,
            "hidden": list(hidden),
        }

    def forward(self, x: Tensor) -> Tensor:
        """Map `(B, T_in, k)` to `(B, T_out, k)`; only the last state of the input is used."""
        state, states = x[:, -1], []
        for _ in range(self.output_shape[0]):
            for _ in range(self.substeps):
                state = self._runge_kutta(state, self.dt / self.substeps)
            states.append(state)
        return torch.stack(states, dim=1)

    def field(self, state: Tensor) -> Tensor:
        """(dH/dp, -dH/dq) at states `(B, k)`."""
        by_q, by_p = self.energy.slope(state).unflatten(-1, (-1, 2, 2)).unbind(-2)
        return torch.stack([by_p, -by_q], dim=-2).flatten(-3)

    def _runge_kutta(self, state: Tensor, h: float) -> Tensor:
        first = self.field(state)
        second = self.field(state + h / 2 * first)
        third = self.field(state + h / 2 * second)
        fourth = self.field(state + h * third)
        return state + h / 6 * (first + 2 * second + 2 * third + fourth)


class Energy(nn.Module):
    """H(q, p), a perceptron `(B, k) -> (B,)`. Smooth, since its gradient is followed."""

    def __init__(self, k: int, hidden: Sequence[int]) -> None:
        super().__init__()
        widths = [k, *hidden]
        self.hidden = perceptron(widths, "tanh")
        self.output = nn.Linear(widths[-1], 1)

    def forward(self, state: Tensor) -> Tensor:
        """The energy of each state, up to a constant."""
        return self.output(self.hidden(state)).squeeze(-1)

    def slope(self, state: Tensor) -> Tensor:
        """dH/dstate at states `(B, k)`, by the chain rule: a formula that works in every mode of autograd."""
        linears = [layer for layer in self.hidden if isinstance(layer, nn.Linear)]
        values = [state]
        for linear in linears:
            values.append(torch.tanh(linear(values[-1])))
        slope = self.output.weight.expand(len(state), -1)
        for linear, value in zip(reversed(linears), reversed(values), strict=False):
            slope = (slope * (1 - value.square())) @ linear.weight
        return slope
