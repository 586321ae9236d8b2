"""One round of messages."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from .clouds import Clouds
from .edge_norm import EdgeNorm
from .geometry import PairFeatures
from .messages import messages
from .walk import Weights


class Layer(nn.Module):
    """LorentzNet's group equivariant block with the first edge layer factored into receiver, sender and pair.

    Parameters
    ----------
    hidden : int
    scalars, features : int
        Invariants of points, and of pairs.
    moves : bool
        Whether points move.
    step : float
        Scale of that motion.
    """

    def __init__(self, hidden: int, scalars: int, features: int, *, moves: bool, step: float) -> None:
        super().__init__()
        self.step, self.compiled = step, False
        first = nn.Linear(2 * hidden + features, hidden, bias=False)  # one layer, so that it starts as one
        self.receive, self.send, self.relate = (
            nn.Parameter(part.detach().clone()) for part in first.weight.split([hidden, hidden, features], dim=1)
        )
        self.norm = EdgeNorm(hidden)
        self.hidden = nn.Linear(hidden, hidden)
        self.gate = nn.Linear(hidden, 1)
        self.move: nn.Linear | None = nn.Linear(hidden, hidden) if moves else None
        self.weigh: nn.Linear | None = nn.Linear(hidden, 1, bias=False) if moves else None
        if self.weigh is not None:  # points hardly move at first
            nn.init.xavier_uniform_(self.weigh.weight, gain=0.001)
        self.update = nn.Sequential(
            nn.Linear(2 * hidden + scalars, hidden), nn.BatchNorm1d(hidden), nn.ReLU(), nn.Linear(hidden, hidden)
        )

    def forward(
        self, h: Tensor, x: list[Tensor], features: PairFeatures, scalars: Tensor, clouds: Clouds
    ) -> tuple[Tensor, list[Tensor]]:
        """New node features `(M, H)` and points `(g, n, k)` of each group."""
        a, b, w = self.norm(h @ self.receive.T, h @ self.send.T, features, self.relate.T, clouds)
        summed, weighed = messages(clouds, a, b, features.values, self._weights(w), self.compiled)
        h = h + self.update(torch.cat([h, summed, scalars], dim=1))
        if self.move is not None:
            x = [
                points + self.step * _shift(points, q, group.padded(clouds.degree[:, None]))
                for group, points, q in zip(clouds.groups, x, weighed, strict=True)
            ]
        return h, x

    def _weights(self, features: Tensor) -> Weights:
        pair: list[Any] = [features, self.hidden.weight, self.hidden.bias, self.gate.weight[0], self.gate.bias]
        if self.move is None or self.weigh is None:
            return Weights(*pair)
        pair += [self.move.weight, self.move.bias, self.weigh.weight[0]]
        return Weights(*pair)


def _shift(x: Tensor, q: Tensor, degree: Tensor) -> Tensor:
    """mean_j (x_i - x_j) q_ij over the other points."""
    return (x * q.sum(-1, keepdim=True) - q @ x) / degree.clamp_min(1)
