"""LorentzNet's layers as they are usually written: features of every directed edge, gathered, concatenated, scattered.

The reference for `zoo.models.liegnn`, written for this comparison: an edge list of all pairs i != j, `(2 H + F)` inputs
to the first layer of each edge, ordinary `Linear`, `BatchNorm1d` and `ReLU` modules, `index_add`, and whatever autograd
keeps. It takes the weights of a `LieGNN`, so that both compute the same function (Gong et al. 2022, section 3).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from zoo.models.liegnn import LieGNN


@dataclass(frozen=True, eq=False)
class Graph:
    """All directed edges i != j within each cloud of a batch.

    Attributes
    ----------
    i, j : Tensor
        Receiver and sender of each edge, `(E,)`.
    cloud : Tensor
        Of each node, `(M,)`.
    counts : Tensor
        Nodes of each cloud, `(B,)`.
    """

    i: Tensor
    j: Tensor
    cloud: Tensor
    counts: Tensor


def graph(counts: Tensor) -> Graph:
    """The edge list of clouds with these numbers of nodes, one cloud after the other."""
    start, receivers, senders = 0, [], []
    for n in counts.tolist():
        i, j = torch.nonzero(~torch.eye(n, dtype=torch.bool)).unbind(1)
        receivers.append(i + start)
        senders.append(j + start)
        start += n
    return Graph(torch.cat(receivers), torch.cat(senders), torch.arange(len(counts)).repeat_interleave(counts), counts)


def nodes(x: Tensor, mask: Tensor | None = None, added: Tensor | None = None) -> tuple[Tensor, Tensor, Graph]:
    """What `EdgeList` takes, from padded points `(B, N, k)` and points `(m, k)` that are added to every cloud.

    Returns
    -------
    x, added, graph
        Points `(M, k)`, 1 for those that were added `(M,)`, and all their edges.
    """
    mask = (x != 0).any(-1) if mask is None else mask
    if added is not None:
        x = torch.cat([x, added.to(x).expand(len(x), -1, -1)], dim=1)
        mask = torch.cat([mask, mask.new_ones(len(x), len(added))], dim=1)
    is_added = torch.zeros_like(mask)
    if added is not None:
        is_added[:, -len(added) :] = True
    return x[mask], is_added[mask].to(x), graph(mask.sum(1))


class EdgeList(nn.Module):
    """The network of a `LieGNN`, with its weights.

    Parameters
    ----------
    twin : LieGNN
        Whose sizes, forms and weights it takes, in its dtype.
    """

    def __init__(self, twin: LieGNN) -> None:
        super().__init__()
        config, weight = twin.config, twin.embed.weight
        self.scale, self.beams, step = config["scale"], config["beams"], config["step"]
        is_symmetric = torch.tensor([torch.allclose(form, form.mT, atol=1e-9) for form in twin.forms])
        self.differences = twin.forms[is_symmetric].to(weight)
        self.products = twin.forms.to(weight) if config["inner_products"] else twin.forms[:0].to(weight)
        hidden = config["hidden"]
        scalars = len(self.differences) + 2 * self.beams
        features = len(self.differences) + len(self.products)
        self.embed = nn.Linear(max(scalars, 1), hidden)
        self.layers = nn.ModuleList(
            Layer(hidden, features, scalars, moves=index < config["moves"], step=step)
            for index in range(config["layers"])
        )
        drop = config["dropout"]
        self.head = nn.Sequential(
            nn.Dropout(drop), nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(drop), nn.Linear(hidden, 1)
        )
        self.to(weight.dtype).train(twin.training)
        self.load_state_dict(concatenated(twin.state_dict()))

    def forward(self, x: Tensor, added: Tensor, edges: Graph) -> Tensor:
        """Logits `(B,)` from what `nodes` gives."""
        x = torch.where(added[:, None] > 0, x, x * self.scale)
        parts = self._products(x, x, self.differences)
        if self.beams:
            parts += [1 - added[:, None], added[:, None]]
        s = torch.cat(parts, dim=1) if parts else x[:, :0]
        h = self.embed(s if parts else x.new_ones(len(x), 1))
        for layer in self.layers:
            i, j = x[edges.i], x[edges.j]
            difference = i - j
            features = self._products(difference, difference, self.differences) + self._products(i, j, self.products)
            h, x = layer(h, x, s, difference, torch.cat(features, dim=1), edges)
        pooled = h.new_zeros(len(edges.counts), h.shape[1]).index_add_(0, edges.cloud, h) / edges.counts[:, None]
        return self.head(pooled).squeeze(-1)

    @staticmethod
    def _products(x: Tensor, y: Tensor, forms: Tensor) -> list[Tensor]:
        found = [((x @ form) * y).sum(1, keepdim=True) for form in forms]
        return [torch.sign(t) * torch.log(t.abs() + 1) for t in found]


class Layer(nn.Module):
    """One round of messages.

    Parameters
    ----------
    hidden, features, scalars : int
        Widths: of h, of what an edge knows beside its nodes, and of the scalars of a node.
    moves : bool
        Whether the points move.
    step : float
        Factor of that.
    """

    def __init__(self, hidden: int, features: int, scalars: int, *, moves: bool, step: float) -> None:
        super().__init__()
        self.step = step
        self.edge = nn.Sequential(
            nn.Linear(2 * hidden + features, hidden, bias=False),
            nn.BatchNorm1d(hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
        )
        self.gate = nn.Sequential(nn.Linear(hidden, 1), nn.Sigmoid())
        shift = nn.Sequential(nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 1, bias=False))
        self.shift = shift if moves else None
        self.node = nn.Sequential(
            nn.Linear(2 * hidden + scalars, hidden), nn.BatchNorm1d(hidden), nn.ReLU(), nn.Linear(hidden, hidden)
        )

    def forward(
        self, h: Tensor, x: Tensor, s: Tensor, difference: Tensor, features: Tensor, edges: Graph
    ) -> tuple[Tensor, Tensor]:
        """New h and x of every node."""
        message = self.edge(torch.cat([h[edges.i], h[edges.j], features], dim=1))
        message = message * self.gate(message)
        if self.shift is not None:
            total = torch.zeros_like(x).index_add_(0, edges.i, difference * self.shift(message))
            others = (edges.counts - 1).clamp_min(1)[edges.cloud]
            x = x + self.step * total / others[:, None]
        received = torch.zeros_like(h).index_add_(0, edges.i, message)
        return h + self.node(torch.cat([h, received, s], dim=1)), x


_NAMES = {"norm": "edge.1", "hidden": "edge.3", "gate": "gate.0", "move": "shift.0", "weigh": "shift.2"}


def concatenated(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The `state_dict` (or gradients by name) of a `LieGNN` in the names and shapes of `EdgeList`.

    The factored first edge layer, of receiver, sender and pair, becomes the one matrix `(H, 2 H + F)`.
    """
    renamed: dict[str, Tensor] = {}
    for name, value in state.items():
        parts = name.split(".")
        if parts[0] != "layers":
            renamed[name] = value
            continue
        where, what, rest = ".".join(parts[:2]), parts[2], parts[3:]
        if what == "receive":
            split = [state[f"{where}.{part}"] for part in ("receive", "send", "relate")]
            renamed[f"{where}.edge.0.weight"] = torch.cat(split, dim=1)
        elif what == "update":
            renamed[".".join([where, "node", *rest])] = value
        elif what in _NAMES:
            renamed[".".join([where, _NAMES[what], *rest])] = value
    return renamed
