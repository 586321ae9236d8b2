"""`FNO`: Fourier neural operators that go on with a solution (Li et al. 2021, arXiv 2010.08895), by neuraloperator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import ConfigError, DataError
from ..symmetries import LieAlgebra, Rep
from .arguments import positive, refuse_unknown

_LEAST_SPREAD = 1e-6  # of a standardised block, in units of the data's size
_POINT = 4  # numbers of a point (x, t, u, 1) that a symmetry of an equation acts on; they leave values at nodes alone


class FNO(nn.Module):
    """Fourier layers along x, with the times that are known as channels.

    A block takes T_in times to the T_in that follow. `forward` feeds a network its own predictions until all times
    that are asked for are there; `block` is what is trained. No x is among the channels, so that shifts by whole nodes
    are kept exactly, whatever the weights.

    Parameters
    ----------
    symmetry : None
        The family uses none; augment its data by one.
    input_shape : sequence of int
        `(T_in, nx)`.
    output_shape : sequence of int
        `(T_out, nx)`.
    modes : int
        Waves that a Fourier layer keeps, of nx / 2 at most.
    width : int
        Channels.
    layers : int
    residual : bool
        Whether the operator makes what is added to the last known time, rather than the solution itself.
    clock : bool
        Whether the time at which a block starts is one more channel, for equations whose coefficients depend on time.
        It is counted from the first of the times that are given.
    standardise : bool
        Whether a block is seen about its own mean and in units of its own spread, which become two more channels, and
        what is made is in units of that spread: waves that are nearly nothing get errors as small (reversible instance
        normalisation, Kim et al. 2022).

    Raises
    ------
    ConfigError
        If an argument is unknown or out of range, or a symmetry is given.
    MissingExtra
        If neuraloperator is not installed.
    """

    family = "fno"
    promises_equivariance = False
    head_names = ("operator.projection",)

    scale: Tensor

    def __init__(
        self,
        symmetry: None = None,
        *,
        input_shape: Sequence[int],
        output_shape: Sequence[int],
        modes: int = 32,
        width: int = 48,
        layers: int = 4,
        residual: bool = True,
        clock: bool = False,
        standardise: bool = False,
        **unknown: Any,
    ) -> None:
        refuse_unknown(FNO, unknown)
        super().__init__()
        if symmetry is not None:
            raise ConfigError("fno uses no symmetry of its own; augment its training data by one")
        shapes = tuple(input_shape), tuple(output_shape)
        if any(len(shape) != 2 or min(shape) < 1 for shape in shapes) or shapes[0][1] != shapes[1][1]:
            raise ConfigError(
                f"input_shape is (T_in, nx) and output_shape (T_out, nx), got {shapes[0]} and {shapes[1]}"
            )
        self.input_shape, self.output_shape = shapes
        modes, width, layers = positive("modes", modes), positive("width", width), positive("layers", layers)
        if modes > self.input_shape[1] // 2:
            raise ConfigError(f"modes is at most nx / 2 = {self.input_shape[1] // 2}, got {modes}")
        self.config: dict[str, Any] = {
            "input_shape": list(self.input_shape),
            "output_shape": list(self.output_shape),
            "modes": modes,
            "width": width,
            "layers": layers,
            "residual": bool(residual),
            "clock": bool(clock),
            "standardise": bool(standardise),
        }
        self.residual, self.clock, self.standardise = bool(residual), bool(clock), bool(standardise)
        self.rep_in, self.rep_out = (Rep.parse(f"{shape[0] * shape[1]}x0", _POINT) for shape in shapes)
        self.operator = _operator(self.input_shape[0], modes, width, layers, self.clock + 2 * self.standardise)
        self.register_buffer("scale", torch.ones(()))
        self.register_state_dict_post_hook(_tensors_alone)

    @property
    def symmetry(self) -> LieAlgebra | None:
        """None."""
        return None

    @torch.no_grad()
    def calibrate(self, x: Tensor, y: Tensor) -> None:
        """Take the size of the solutions, by which they are divided."""
        self.scale.copy_(x.square().mean().sqrt().clamp_min(torch.finfo(torch.float32).tiny))

    def block(self, u: Tensor, start: Tensor | int = 0) -> Tensor:
        """The T_in times `(B, T_in, nx)` after those given, the first of which are times number `start`, `(B,)`."""
        given = u / self.scale
        unit, channels = torch.ones_like(given[:, :1, :1]), [given]
        if self.standardise:
            mean = given.mean(dim=(1, 2), keepdim=True)
            unit = (given - mean).square().mean(dim=(1, 2), keepdim=True).add(_LEAST_SPREAD**2).sqrt()
            channels = [(given - mean) / unit, *(n.expand(-1, 1, u.shape[2]) for n in (mean, unit))]
        if self.clock:
            channels.append(self._time(given, start))
        made = unit * self.operator(torch.cat(channels, dim=1))
        return self.scale * (made + given[:, -1:] if self.residual else made)

    def _time(self, u: Tensor, start: Tensor | int) -> Tensor:
        """A channel `(B, 1, nx)` of the time, from 0 for the first block to 1 at the end of what is asked for."""
        time = torch.as_tensor(start, device=u.device).to(u.dtype) / self.output_shape[0]
        return time.reshape(-1, 1, 1).expand(len(u), 1, u.shape[2])

    def forward(self, u: Tensor) -> Tensor:
        """Solutions `(B, T_in, nx)` gone on with, `(B, T_out, nx)`.

        Raises
        ------
        DataError
            If the input has another shape, or too few nodes for the waves that the layers keep.
        """
        least = 2 * self.config["modes"]
        if u.ndim != 3 or u.shape[1] != self.input_shape[0] or u.shape[2] < least:
            raise DataError(
                f"the network takes (B, {self.input_shape[0]}, nx) with {least} nodes at least (it was built for "
                f"{self.input_shape[1]}), got {tuple(u.shape)}"
            )
        wanted, blocks = self.output_shape[0], [u]
        for start in range(0, wanted, self.input_shape[0]):
            blocks.append(self.block(blocks[-1], start))
        return torch.cat(blocks[1:], dim=1)[:, :wanted]


def _operator(times: int, modes: int, width: int, layers: int, more: int) -> nn.Module:
    """neuraloperator's FNO from so many times, and so `more` channels beside them, to as many times."""
    from ..errors import require

    models = require("neuralop.models", "pde")
    operator = models.FNO(
        n_modes=(2 * modes,),  # it counts those of both signs
        in_channels=times + more,
        out_channels=times,
        hidden_channels=width,
        n_layers=layers,
        positional_embedding=None,
    )
    for module in operator.modules():
        if type(module) is nn.Conv1d and module.kernel_size == (1,):
            module.__class__ = _Pointwise
    return operator


class _Pointwise(nn.Conv1d):
    """A convolution with a kernel of one node, as the product of matrices that it is, which a CPU makes faster."""

    def forward(self, input: Tensor) -> Tensor:
        """Channels `(B, I, nx)` to `(B, O, nx)`."""
        weight = self.weight[:, :, 0].expand(len(input), -1, -1)
        if self.bias is None:
            return torch.bmm(weight, input)
        return torch.baddbmm(self.bias[:, None], weight, input)


def _tensors_alone(module: nn.Module, state: dict[str, Any], prefix: str, metadata: Any) -> None:
    """Take out of a state what neuraloperator puts into it beside tensors: its arguments."""
    state.pop("_metadata", None)
