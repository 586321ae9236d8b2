"""Operators that look at few nodes: weighted differences along the edges of a graph, or any sparse matrices."""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor

from ...errors import ConfigError
from ...symmetries.grid import from_incidence
from ...symmetries.grid.incidence import check_edges
from ..plain_operations import wants_plain_operations
from . import node_first
from .around import MixedAround
from .operators import Kept, Operators


class Around(Operators):
    """L_i with few columns in use in each row.

    Attributes
    ----------
    nodes : Tensor
        The columns nu in use, `(d, K)`.
    """

    nodes: Tensor

    @abstractmethod
    def coefficients(self, f: Tensor) -> Tensor:
        """The numbers t of the L_i in those columns, `(d, c, K)`, as features need them."""

    def convolved(self, f: Tensor, own: Tensor, along: Tensor) -> Tensor:
        by_node, table = node_first.rows(f), self.coefficients(f)
        if wants_plain_operations():
            moved = torch.einsum("dck,dkmb->dcmb", table, by_node[self.nodes])
            return torch.einsum("dcmb,cnm->bnd", moved, along) + own @ f
        side_by_side = along.transpose(0, 1).flatten(1)
        result = MixedAround.apply(by_node, self.nodes, table.contiguous(), side_by_side, own.contiguous())
        return node_first.features(result)


class Neighbours(Around):
    """L_i = l_i^alpha B_alpha with the incidence matrix B: differences along edges, so that constants vanish.

    (L_i f)(mu) is the sum over the edges alpha = (mu -> nu) of l_i^alpha (f(nu) - f(mu)).

    Parameters
    ----------
    edges : Tensor
        `(2, E)` int64, mu above nu.
    values : Tensor
        l `(c, E)`.
    d : int
        Number of nodes.
    kept : {"learned", "frozen", "given"}
    """

    edges: Tensor
    slots: Tensor

    def __init__(self, edges: Tensor, values: Tensor, d: int, kept: Kept = "learned") -> None:
        super().__init__(len(values), d)
        check_edges(edges, d)
        if edges.shape[1] != values.shape[1]:
            raise ConfigError(f"edges {tuple(edges.shape)} and l {tuple(values.shape)} are not (2, E) and (c, E)")
        self._keep("values", values, kept)
        nodes, slots = _by_node(edges, self.d)
        for name, numbers in (("edges", edges), ("nodes", nodes), ("slots", slots)):
            self.register_buffer(name, numbers, persistent=False)

    @classmethod
    def random(cls, c: int, edges: Tensor, d: int, kept: Kept = "learned") -> Neighbours:
        """Coefficients N(0, 1 / K) for K neighbours."""
        degree = torch.bincount(edges[0], minlength=d).max().clamp_min(1)
        return cls(edges, torch.randn(c, edges.shape[1]) / degree.sqrt(), d, kept)

    def coefficients(self, f: Tensor) -> Tensor:
        return self._table(self._numbers("values", f))

    def matrices(self) -> Tensor:
        return from_incidence(self._numbers("values"), self.edges, self.d)

    def _table(self, values: Tensor) -> Tensor:
        """The coefficients of the neighbours of each node and of itself, `(d, c, K + 1)`."""
        places = self.nodes.shape[1] - 1
        table = values.new_zeros(self.c, self.d * places).index_copy(1, self.slots, values)
        table = table.view(self.c, self.d, places)
        return torch.cat([table, -table.sum(-1, keepdim=True)], dim=-1).transpose(0, 1)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, {self.edges.shape[1]} edges"


class Sparse(Around):
    """Given matrices of which few columns are in use in each row: derivatives of linear interpolation, for example.

    Parameters
    ----------
    values : Tensor
        `(c, d, d)`.
    """

    def __init__(self, values: Tensor) -> None:
        super().__init__(*values.shape[:2])
        used = (values != 0).any(0)
        # the columns in use come first in each row; rows that use fewer are filled up with columns that are zero there
        nodes = torch.argsort(used.to(torch.uint8), dim=1, descending=True, stable=True)[:, : columns_in_use(values)]
        self.register_buffer("nodes", nodes.contiguous(), persistent=False)
        self._keep("table", values.transpose(0, 1).gather(2, nodes[:, None].expand(-1, self.c, -1)), "given")

    def coefficients(self, f: Tensor) -> Tensor:
        return self._numbers("table", f)

    def matrices(self) -> Tensor:
        table = self._numbers("table")
        values = table.new_zeros(self.d, self.c, self.d)
        return values.scatter_(2, self.nodes.to(table.device)[:, None].expand_as(table), table).transpose(0, 1)


def columns_in_use(values: Tensor) -> int:
    """Of matrices `(c, d, d)`: the largest number of columns that a row uses in any of them, at least 1."""
    return max(1, int((values != 0).any(0).sum(1).max()))


def _by_node(edges: Tensor, d: int) -> tuple[Tensor, Tensor]:
    """Neighbours of each node and the node itself last, `(d, K + 1)`, and where each edge stands in `(d K)`.

    A node with fewer than K neighbours fills up with itself: the difference along such an edge is zero.
    """
    start = edges[0]
    degree = torch.bincount(start, minlength=d)
    most = int(degree.max()) if d else 0
    order = torch.argsort(start, stable=True)
    place = torch.empty_like(start)
    place[order] = torch.arange(len(start), device=edges.device) - (degree.cumsum(0) - degree)[start[order]]
    nodes = torch.arange(d, device=edges.device)[:, None].repeat(1, most + 1)
    nodes[start, place] = edges[1]
    return nodes, start * most + place
