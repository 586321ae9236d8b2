"""Features `(B, m, d)` that lie in memory as `(d, B, m)`: a node's row is read in one go by operators of few nodes."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor


def rows(f: Tensor) -> Tensor:
    """`(d, B, m)` of features `(B, m, d)`: contiguous, without a copy where they lie so."""
    return f.permute(2, 0, 1).contiguous()


def features(rows: Tensor) -> Tensor:
    """`(B, m, d)` of `(d, B, m)`, never a copy."""
    return rows.permute(1, 2, 0)


def lies_so(f: Tensor) -> bool:
    """Whether features lie in memory node by node, and not in the usual order as well."""
    return f.permute(2, 0, 1).is_contiguous() and not f.is_contiguous()


def by_feature(module: Callable[[Tensor], Tensor], f: Tensor) -> Tensor:
    """A map of features, such as batch normalisation, of `(N, m)` or `(B, m, d)`, in the order in which they lie."""
    if not lies_so(f):
        return module(f)
    by_node = rows(f)
    mapped = module(by_node.flatten(0, 1))
    return features(mapped.unflatten(0, by_node.shape[:2]))
