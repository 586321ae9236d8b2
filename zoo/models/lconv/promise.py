"""What of an L-conv network commutes with a symmetry of its nodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from ...symmetries import LieAlgebra, Rep
from ...symmetries.posed import Posed
from .spaces import Space

if TYPE_CHECKING:
    from .network import LConvNet


class First(nn.Module):
    """The first layers of a network as a map of features."""

    def __init__(self, network: LConvNet, layers: int) -> None:
        super().__init__()
        self.network, self._layers = network, layers

    def forward(self, f: Tensor) -> Tensor:
        """`(B, m, d)` to `(B, m', d)`."""
        return self.network.features(f, self._layers)


def posed(network: LConvNet, x: Tensor) -> Posed:
    """The layers up to the first pooling, between functions on the nodes; of scrambled ones in their natural order."""
    f, blocks = network.nodes(x), network.blocks
    layers = 1 + next((i for i, block in enumerate(blocks) if block > 1), len(blocks) - 1)
    lift, scramble = _lift(network, network.spaces[0]), network.scramble
    natural = lift if scramble is None else lambda algebra: lift(algebra).permuted(scramble.order.tolist())
    return _posed(First(network, layers), f, network.config["hidden"][layers - 1], natural)


def parts(network: LConvNet, x: Tensor) -> dict[str, Posed]:
    """The linear map of each layer, on white noise as large as the inputs, with the nodes in the layer's own order."""
    found = {}
    for number, (layer, space) in enumerate(zip(network.layers, network.spaces, strict=False), 1):
        outer, inner = layer.own.shape
        f = torch.randn(len(x), inner, space.d, generator=torch.Generator().manual_seed(number - 1)).to(layer.own)
        found[f"layer_{number}"] = _posed(layer.linear, f, outer, _lift(network, space))
    return found


def _posed(
    function: Callable[[Tensor], Tensor], f: Tensor, outer: int, lift: Callable[[LieAlgebra], LieAlgebra]
) -> Posed:
    rep_in, rep_out = (Rep.parse(f"{m}x1", f.shape[2]) for m in (f.shape[1], outer))
    return Posed(function, rep_in, rep_out, f, lift=lift)


def _lift(network: LConvNet, space: Space) -> Callable[[LieAlgebra], LieAlgebra]:
    kind, degree = network.config["interpolation"], network.config["degree"]
    return lambda algebra: LieAlgebra(space.generators(algebra, kind, degree), algebra.coefficients)
