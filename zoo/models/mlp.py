"""The plain multilayer perceptron: the baseline, and the network that augmentation trains."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import ConfigError
from ..symmetries import LieAlgebra, Rep
from .arguments import one_of, positive, refuse_unknown, shape_of
from .averaging import averaged
from .perceptron import ACTIVATIONS, perceptron


class MLP(nn.Module):
    """Fully connected layers on the flattened sample.

    Parameters
    ----------
    symmetry : LieAlgebra, optional
        The symmetry of its augmentation; needed for averaging. The network itself keeps none.
    rep_in, rep_out : str
        Representations of a sample's input and output, like "5x1".
    input_shape, output_shape : sequence of int
        Shapes of one sample.
    hidden : sequence of int
        Widths of the hidden layers.
    activation : str
        "relu", "swish" or "tanh".
    average : int
        In evaluation mode, average over this many group elements (`averaged`); 0 is the plain network.
    k : int, optional
        Dimension of the vectors in `rep_in`; needed only without a symmetry.

    Raises
    ------
    ConfigError
        If an argument is unknown, or the shapes do not fit the representations.
    """

    family = "mlp"
    head_names = ("output",)
    promises_equivariance = False

    def __init__(
        self,
        symmetry: LieAlgebra | None,
        *,
        rep_in: str,
        rep_out: str,
        input_shape: Sequence[int],
        output_shape: Sequence[int],
        hidden: Sequence[int] = (128, 128, 128),
        activation: str = "swish",
        average: int = 0,
        k: int | None = None,
        **unknown: Any,
    ) -> None:
        super().__init__()
        refuse_unknown(MLP, unknown)
        one_of("activation", activation, tuple(ACTIVATIONS))
        if average and symmetry is None:
            raise ConfigError(f"average = {average} needs a symmetry to average over, and this mlp was given none")
        k = _dimension(symmetry, k)
        self.symmetry, self.average = symmetry, int(average)
        self.rep_in, self.rep_out = Rep.parse(rep_in, k), Rep.parse(rep_out, k)
        self.input_shape = shape_of("input_shape", input_shape, self.rep_in)
        self.output_shape = shape_of("output_shape", output_shape, self.rep_out)
        widths = [self.rep_in.dim, *(positive("hidden", width) for width in hidden)]
        self.hidden = perceptron(widths, activation)
        self.output = nn.Linear(widths[-1], self.rep_out.dim)
        for name, dim in (("input", self.rep_in.dim), ("output", self.rep_out.dim)):
            self.register_buffer(f"{name}_mean", torch.zeros(dim))
            self.register_buffer(f"{name}_scale", torch.ones(dim))
        self.config: dict[str, Any] = {
            "rep_in": rep_in,
            "rep_out": rep_out,
            "input_shape": list(self.input_shape),
            "output_shape": list(self.output_shape),
            "hidden": widths[1:],
            "activation": activation,
            "average": self.average,
            "k": k,
        }

    def forward(self, x: Tensor) -> Tensor:
        """Map `(B, *input_shape)` to `(B, *output_shape)`."""
        if self.average and self.symmetry is not None and not self.training:
            return averaged(self._once, self.symmetry, x, self.rep_in, self.rep_out, n=self.average)
        return self._once(x)

    def _once(self, x: Tensor) -> Tensor:
        x = (x.reshape(len(x), -1) - self.input_mean) / self.input_scale
        y = self.output(self.hidden(x)) * self.output_scale + self.output_mean
        return y.reshape(len(y), *self.output_shape)

    @torch.no_grad()
    def calibrate(self, x: Tensor, y: Tensor) -> None:
        """Take mean and standard deviation of each entry from the data. To be called before training."""
        for name, data in (("input", x), ("output", y)):
            flat = data.reshape(len(data), -1)
            scale = flat.std(0, correction=0)
            getattr(self, f"{name}_mean").copy_(flat.mean(0))
            getattr(self, f"{name}_scale").copy_(torch.where(scale > 0, scale, torch.ones_like(scale)))


def _dimension(symmetry: LieAlgebra | None, k: int | None) -> int:
    if symmetry is None:
        if k is None:
            raise ConfigError("an mlp without a symmetry needs k, the dimension of the vectors in rep_in")
        return positive("k", k)
    if k not in (None, symmetry.k):
        raise ConfigError(f"k = {k}, but the symmetry acts on R^{symmetry.k}")
    return symmetry.k
