"""What a LieGNN promises: invariance when the beam particles are transformed along with the points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from ...symmetries import Rep
from ...symmetries.posed import Held, Posed

if TYPE_CHECKING:
    from .network import LieGNN


class WithBeams(nn.Module):
    """The network as a function of points and added particles in one tensor `(B, N + m, k)`, the last m rows.

    Which points are there is settled beforehand, so that moving the zeros of the padding makes no points of them.

    Parameters
    ----------
    network : LieGNN
    mask : Tensor
        `(B, N)`.
    """

    mask: Tensor

    def __init__(self, network: LieGNN, mask: Tensor) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mask", mask)

    def forward(self, x: Tensor) -> Tensor:
        """Logits `(B,)`; the added particles are the same for all samples, and are taken from the first."""
        n = self.mask.shape[1]
        return self.network(x[:, :n], self.mask, beams=x[0, n:] if x.shape[1] > n else None)


def posed(network: LieGNN, x: Tensor) -> Posed:
    """Points `(B, N, k)` with the beam particles behind them: all that the symmetry moves."""
    mask = (x != 0).any(-1)
    if network.config["beams"]:
        x = torch.cat([x, network._beams.to(x).expand(len(x), -1, -1)], dim=1)
    return Posed(WithBeams(network, mask), Rep.parse(f"{x.shape[1]}x1", x.shape[2]), network.rep_out, x)


def held(network: LieGNN, x: Tensor) -> Held | None:
    """The points alone, while the beam particles stay in the laboratory; None where there are none."""
    if not network.config["beams"]:
        return None
    rep = Rep.parse(f"{x.shape[1]}x1", x.shape[2])
    function = WithBeams(network, (x != 0).any(-1))
    return Held(function, rep, network.rep_out, x, what="beams", vectors=network._beams)
