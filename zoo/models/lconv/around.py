"""Weighted sums over the neighbours of nodes, mixed: walked in blocks of nodes, so that no gathered copy is held."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

_NUMBERS = 2**19  # of one buffer: 2 MB in float32, so that those in use stay in the cache


class MixedAround(torch.autograd.Function):
    """sum_c sum_k t_mu,c,k f_nu(mu, k) W_c at every node mu, which backward gathers again.

    Arguments are f `(d, B, m)`, the neighbours nu `(d, K)`, the table t `(d, c, K)` and W `(c, m, m')`, all
    contiguous; the result is `(d, B, m')`.
    """

    @staticmethod
    def forward(ctx: Any, f: Tensor, nodes: Tensor, table: Tensor, weight: Tensor) -> Tensor:  # type: ignore[override]
        ctx.save_for_backward(f, nodes, table, weight)
        result = f.new_zeros(*f.shape[:2], weight.shape[2])
        walk = _Walk(f, nodes, len(weight))
        for rows in walk.blocks():
            moved = walk.moved(rows, table)[1]
            out = result[rows].flatten(0, 1)
            for one, mix in zip(moved, weight, strict=True):
                out.addmm_(one.view(len(out), -1), mix)
        return result

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        f, nodes, table, weight = ctx.saved_tensors
        slope = slope.contiguous()
        d_f, d_weight = torch.zeros_like(f), torch.zeros_like(weight)
        d_table = torch.empty_like(table) if ctx.needs_input_grad[2] else None
        walk = _Walk(f, nodes, len(weight))
        for rows in walk.blocks():
            around, moved = walk.moved(rows, table)
            by_result = slope[rows].flatten(0, 1)
            d_moved = walk.buffer(1, len(around))
            for c, mix in enumerate(weight):
                d_weight[c].addmm_(moved[c].view(len(by_result), -1).T, by_result)
                torch.mm(by_result, mix.T, out=d_moved[c].view(len(by_result), -1))
            if d_table is not None:
                torch.bmm(d_moved.transpose(0, 1), around.mT, out=d_table[rows])
            torch.bmm(table[rows].mT, d_moved.transpose(0, 1), out=around)  # what was gathered is no longer needed
            d_f.flatten(1).index_add_(0, nodes[rows].flatten(), around.flatten(0, 1))
        return d_f, None, d_table, d_weight


class _Walk:
    """Buffers for a block of nodes, allocated once."""

    def __init__(self, f: Tensor, nodes: Tensor, c: int) -> None:
        self._f, self._nodes, self._c = f.flatten(1), nodes, c
        width = self._f.shape[1]
        self._rows = max(1, min(len(f), _NUMBERS // max(1, nodes.shape[1] * width)))
        self._around = f.new_empty(self._rows * nodes.shape[1], width)
        self._buffers = f.new_empty(2, c * self._rows * width)

    def blocks(self) -> list[slice]:
        return [slice(first, min(first + self._rows, len(self._f))) for first in range(0, len(self._f), self._rows)]

    def buffer(self, number: int, rows: int) -> Tensor:
        """`(c, rows, B m)`."""
        width = self._f.shape[1]
        return self._buffers[number, : self._c * rows * width].view(self._c, rows, width)

    def moved(self, rows: slice, table: Tensor) -> tuple[Tensor, Tensor]:
        """f of the neighbours `(rows, K, B m)`, and its weighted sums `(c, rows, B m)`."""
        nodes = self._nodes[rows]
        flat = torch.index_select(self._f, 0, nodes.flatten(), out=self._around[: nodes.numel()])
        around = flat.view(*nodes.shape, -1)
        moved = self.buffer(0, len(nodes))
        torch.bmm(table[rows], around, out=moved.transpose(0, 1))
        return around, moved
