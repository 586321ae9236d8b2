"""Features `(B, m, d)` that lie in memory as `(d, m, B)`: a node's row is read in one go by operators of few nodes."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def rows(f: Tensor) -> Tensor:
    """`(d, m, B)` of features `(B, m, d)`: contiguous, without a copy where they lie so."""
    return f.permute(2, 1, 0).contiguous()


def features(rows: Tensor) -> Tensor:
    """`(B, m, d)` of `(d, m, B)`, never a copy."""
    return rows.permute(2, 1, 0)


def lies_so(f: Tensor) -> bool:
    """Whether features lie in memory node by node, and not in the usual order as well."""
    return f.permute(2, 1, 0).is_contiguous() and not f.is_contiguous()


def by_feature(module: Callable[[Tensor], Tensor], f: Tensor) -> Tensor:
    """A map of features, such as batch normalisation, of `(N, m)` or `(B, m, d)`, in the order in which they lie."""
    if not lies_so(f):
        return module(f)
    return features(module(rows(f)))


def mixed(weight: Tensor, by_node: Tensor, out: Tensor | None = None) -> Tensor:
    """W `(m', m)` times rows `(d, m, B)`: a product per node, or a single one where the batch is one sample."""
    if by_node.shape[2] > 1:
        return torch.bmm(weight.expand(len(by_node), -1, -1), by_node, out=out)
    flat = out.squeeze(2) if out is not None else None
    return torch.mm(by_node.squeeze(2), weight.mT, out=flat).unsqueeze(2)


def outer(left: Tensor, right: Tensor) -> Tensor:
    """The sum over nodes and batch of rows `(d, m', B)` times rows `(d, m, B)`, `(m', m)`."""
    if left.shape[2] > 1:
        return torch.bmm(left, right.mT).sum(0)
    return left.squeeze(2).mT @ right.squeeze(2)


def add_mixed(rows: Tensor, weight: Tensor, by_node: Tensor) -> None:
    """Add to rows `(d, m', B)`, in place, what `mixed` gives."""
    if by_node.shape[2] > 1:
        rows.baddbmm_(weight.expand(len(by_node), -1, -1), by_node)
    else:
        rows.squeeze(2).addmm_(by_node.squeeze(2), weight.mT)
