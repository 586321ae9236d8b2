"""Weighted sums over the neighbours of nodes, mixed: walked in blocks of nodes, so that no gathered copy is held."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from . import node_first

_NUMBERS = 2**19  # of one buffer: 2 MB in float32, so that those in use stay in the cache


class MixedAround(torch.autograd.Function):
    """W_0 f_mu + sum_c W_c sum_k t_mu,c,k f_nu(mu, k) at every node mu, which backward gathers again.

    Arguments are f `(d, m, B)`, the neighbours nu `(d, K)`, the table t `(d, c, K)`, the W_c `(m', c m)` side by side
    and W_0 `(m', m)`, all contiguous; the result is `(d, m', B)`.
    """

    @staticmethod
    def forward(  # type: ignore[override]
        ctx: Any, f: Tensor, nodes: Tensor, table: Tensor, weight: Tensor, own: Tensor
    ) -> Tensor:
        ctx.save_for_backward(f, nodes, table, weight, own)
        result = node_first.mixed(own, f)
        walk = _Walk(f, nodes, weight)
        for rows in walk.blocks():
            node_first.add_mixed(result[rows], weight, walk.moved(rows, table)[1])
        return result

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        f, nodes, table, weight, own = ctx.saved_tensors
        slope = slope.contiguous()
        d_f, d_own, d_weight = node_first.mixed(own.mT, slope), node_first.outer(slope, f), torch.zeros_like(weight)
        d_table = torch.empty_like(table) if ctx.needs_input_grad[2] else None
        walk = _Walk(f, nodes, weight)
        for rows in walk.blocks():
            around, moved = walk.moved(rows, table)
            d_weight += node_first.outer(slope[rows], moved)
            d_moved = node_first.mixed(weight.mT, slope[rows], out=moved).view(len(around), table.shape[1], -1)
            if d_table is not None:
                torch.bmm(d_moved, around.mT, out=d_table[rows])
            torch.bmm(table[rows].mT, d_moved, out=around)  # what was gathered is no longer needed
            d_f.flatten(1).index_add_(0, nodes[rows].flatten(), around.flatten(0, 1))
        return d_f, None, d_table, d_weight, d_own


class _Walk:
    """Buffers for a block of nodes, allocated once."""

    def __init__(self, f: Tensor, nodes: Tensor, weight: Tensor) -> None:
        self._f, self._nodes, self._batch = f.flatten(1), nodes, f.shape[2]
        per_node = nodes.shape[1] * self._f.shape[1]
        if self._batch > 1:  # then the gradient of W is summed of one for each node
            per_node = max(per_node, weight.numel())
        self._rows = max(1, min(len(f), _NUMBERS // max(1, per_node)))
        self._around = f.new_empty(self._rows * nodes.shape[1], self._f.shape[1])
        self._moved = f.new_empty(self._rows, weight.shape[1], self._batch)

    def blocks(self) -> list[slice]:
        return [slice(first, min(first + self._rows, len(self._f))) for first in range(0, len(self._f), self._rows)]

    def moved(self, rows: slice, table: Tensor) -> tuple[Tensor, Tensor]:
        """f of the neighbours `(rows, K, m B)`, and its weighted sums `(rows, c m, B)`."""
        nodes = self._nodes[rows]
        flat = torch.index_select(self._f, 0, nodes.flatten(), out=self._around[: nodes.numel()])
        around = flat.view(*nodes.shape, -1)
        moved = self._moved[: len(nodes)]
        torch.bmm(table[rows], around, out=moved.view(len(nodes), table.shape[1], -1))
        return around, moved
