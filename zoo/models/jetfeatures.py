"""A small network on seven numbers of a jet: the control that any tagger has to beat by a wide margin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ..engine.tensors import dense
from ..errors import ConfigError, DataError
from ..symmetries import LieAlgebra, Rep
from ..symmetries.posed import Posed
from .arguments import one_of, positive, refuse_unknown
from .perceptron import ACTIVATIONS, perceptron

FEATURES = (
    "jet mass",
    "constituents",
    "constituents that carry half of the pT",
    "constituents that carry nine tenths of the pT",
    "mass of the five leading constituents",
    "mass of the ten leading constituents",
    "mass of the twenty leading constituents",
)
_LEADING = (5, 10, 20)
_SHARES = (0.5, 0.9)
_CHUNK = 4096  # jets at a time in the calibration


class JetFeatures(nn.Module):
    """Fully connected layers on the masses and multiplicities that `FEATURES` names.

    Parameters
    ----------
    symmetry : None
        The family uses none.
    hidden : sequence of int
        Widths of the hidden layers.
    activation : str
        "relu", "swish" or "tanh".

    Raises
    ------
    ConfigError
        If an argument is unknown, or a symmetry is given.
    """

    family = "jetfeatures"
    head_names = ("output",)
    promises_equivariance = False

    def __init__(
        self,
        symmetry: LieAlgebra | None = None,
        *,
        hidden: Sequence[int] = (64, 64),
        activation: str = "swish",
        **unknown: Any,
    ) -> None:
        super().__init__()
        refuse_unknown(JetFeatures, unknown)
        one_of("activation", activation, tuple(ACTIVATIONS))
        if symmetry is not None:
            raise ConfigError("jetfeatures looks at fixed features of a jet and uses no symmetry; give None")
        self.symmetry = None
        self.rep_in, self.rep_out = Rep.parse("1x1", 4), Rep.parse("1x0", 4)
        widths = [len(FEATURES), *(positive("hidden", width) for width in hidden)]
        self.hidden = perceptron(widths, activation)
        self.output = nn.Linear(widths[-1], 1)
        self.register_buffer("mean", torch.zeros(len(FEATURES)))
        self.register_buffer("scale", torch.ones(len(FEATURES)))
        self.input_shape, self.output_shape = (None, 4), ()
        self.config: dict[str, Any] = {"hidden": widths[1:], "activation": activation}

    def forward(self, momenta: Tensor, mask: Tensor | None = None) -> Tensor:
        """Logits `(B,)` of jets `(B, N, 4)` as (E, px, py, pz) in GeV, ordered by pT and padded with zeros."""
        features = (jet_features(momenta, mask) - self.mean) / self.scale
        return self.output(self.hidden(features)).squeeze(-1)

    def posed(self, x: Tensor) -> Posed:
        """How a symmetry acts on jets `(B, N, 4)`: on each constituent. See `zoo.symmetries.posed`."""
        return Posed(self, Rep.parse(f"{x.shape[1]}x1", 4), self.rep_out, x)

    @torch.no_grad()
    def calibrate(self, x: Any, y: Tensor) -> None:
        """Take mean and standard deviation of each feature from the data. To be called before training."""
        features = torch.cat([jet_features(dense(piece)) for piece in x.split(_CHUNK)]).double()
        scale = features.std(0, correction=0)
        self.mean.copy_(features.mean(0))
        self.scale.copy_(torch.where(scale > 0, scale, torch.ones_like(scale)))


def jet_features(momenta: Tensor, mask: Tensor | None = None) -> Tensor:
    """The features `(B, 7)` that `FEATURES` names, as logarithms: of 1 + m^2 / GeV^2, and of 1 + n.

    Parameters
    ----------
    momenta : Tensor
        `(B, N, 4)` as (E, px, py, pz) in GeV, ordered by pT and padded with zeros.
    mask : Tensor, optional
        `(B, N)`; by default a constituent is there where a component is not zero.

    Raises
    ------
    DataError
        If the shape is another one.
    """
    if momenta.ndim != 3 or momenta.shape[-1] != 4:
        raise DataError(f"jets are (B, N, 4), padded with zeros; got the shape {tuple(momenta.shape)}")
    there: Tensor = (momenta != 0).any(-1) if mask is None else mask.bool()
    momenta = momenta * there[..., None]
    pt = momenta[..., 1:3].norm(dim=-1)
    carried = pt.cumsum(1) / pt.sum(1, keepdim=True).clamp_min(torch.finfo(pt.dtype).tiny)
    counts = [there.sum(1), *((there & (carried < share)).sum(1) + 1 for share in _SHARES)]
    masses = [_mass_squared(momenta[:, :leading]) for leading in (None, *_LEADING)]
    numbers = [masses[0], *counts, *masses[1:]]
    return torch.stack([number.to(momenta.dtype).log1p() for number in numbers], dim=1)


def _mass_squared(momenta: Tensor) -> Tensor:
    """In float64, where the difference of two large numbers keeps its digits."""
    energy, *momentum = momenta.double().sum(1).unbind(-1)
    return (energy.square() - sum(p.square() for p in momentum)).clamp_min(0)
