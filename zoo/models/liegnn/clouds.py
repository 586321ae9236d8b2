"""Point clouds of unequal size: nodes side by side, and the same in groups of about equal size for pairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ...errors import DataError

_NUMBERS = {"cpu": 2**19}  # of one buffer: 2 MB in float32, so that those in use at a time stay in a shared cache
_NUMBERS_ELSEWHERE = 2**26
_WASTE = 1.15  # a group's largest cloud may have so many times the points of its smallest: bounds the padding


@dataclass(frozen=True, eq=False)
class Group:
    """Clouds of about equal size: `g` of them with up to `n` points.

    Attributes
    ----------
    counts : tuple of int
        Points of each cloud, descending.
    nodes : slice
        Where their points stand among all.
    index : Tensor or None
        `(g * n,)`, where each point stands among all, padding at the group's first; None where there is no padding.
    places : Tensor or None
        `(m,)`, where the true points stand in the flattened `(g * n)`; None where there is no padding.
    pairs : Tensor
        `(g, n, n)`, 1 for two different points of the same cloud, else 0.
    """

    counts: tuple[int, ...]
    nodes: slice
    index: Tensor | None
    places: Tensor | None
    pairs: Tensor

    @property
    def count(self) -> int:
        """g."""
        return self.pairs.shape[0]

    @property
    def n(self) -> int:
        """Points of the largest."""
        return self.pairs.shape[1]

    def padded(self, nodes: Tensor) -> Tensor:
        """Of features `(M, H)` of all points, those of the group as `(g, n, H)`."""
        own = nodes[self.nodes] if self.index is None else nodes[self.index]
        return own.view(self.count, self.n, nodes.shape[-1])

    def flat(self, padded: Tensor) -> Tensor:
        """`(g, n, H)` as `(m, H)`, without the padding."""
        rows = padded.reshape(self.count * self.n, padded.shape[-1])
        return rows if self.places is None else rows[self.places]


@dataclass(frozen=True, eq=False)
class Clouds:
    """A batch of clouds.

    Attributes
    ----------
    x : Tensor
        `(M, k)`, the points of all clouds side by side, the largest cloud first.
    fixed : Tensor
        `(M,)`, 1 for points that were added to every cloud.
    owner : Tensor
        `(M,)`, the number of the cloud in the order of the input.
    degree : Tensor
        `(M,)`, how many other points the cloud has.
    sizes : Tensor
        `(B,)`, points of each cloud in the order of the input.
    groups : tuple of Group
        In the order of the points.
    most : int
        How many pairs are walked at a time; small clouds share a group as long as it has no more.
    there : Tensor or None
        `(M,)`, 1 for points and 0 for padding, where padding stands among the points.
    """

    x: Tensor
    fixed: Tensor
    owner: Tensor
    degree: Tensor
    sizes: Tensor
    groups: tuple[Group, ...]
    most: int
    there: Tensor | None = None

    def mean(self, h: Tensor) -> Tensor:
        """Mean of features `(M, H)` over each cloud, `(B, H)`."""
        h = h if self.there is None else h * self.there[:, None]
        return h.new_zeros(self.sizes.shape[0], h.shape[1]).index_add(0, self.owner, h) / self.sizes[:, None]


def points_of(data: Any, mask: Tensor | None, k: int) -> tuple[Tensor, Tensor]:
    """Points `(M, k)` side by side and the number of points of each cloud `(B,)`.

    Parameters
    ----------
    data : Tensor or torch_geometric Batch
        `(B, N, k)` padded with zeros, or an object with `x` `(M, k)` and `ptr` or `batch`.
    mask : Tensor, optional
        `(B, N)`; by default a point is there where a coordinate is not zero.

    Raises
    ------
    DataError
        If a shape is wrong, or a cloud has no points.
    """
    if isinstance(data, Tensor):
        points, counts = _from_dense(data, mask, k)
    else:
        points, counts = _from_graph(data, mask, k)
    if len(counts) and not bool(counts.min() > 0):
        empty = torch.nonzero(counts == 0).flatten().tolist()
        raise DataError(
            f"{len(empty)} of {len(counts)} clouds have no points, the first is number {empty[0]}; leave them out"
        )
    return points, counts


def _from_dense(data: Tensor, mask: Tensor | None, k: int) -> tuple[Tensor, Tensor]:
    there: Any = mask_of(data, mask, k)
    return data[there], there.sum(1)


def mask_of(data: Tensor, mask: Tensor | None, k: int) -> Tensor:
    """Which points `(B, N)` of `(B, N, k)` are there, see `points_of`."""
    if data.ndim != 3 or data.shape[-1] != k:
        raise DataError(f"the points must be (B, N, {k}), padded with zeros; got the shape {tuple(data.shape)}")
    if mask is None:
        return (data != 0).any(-1)
    if mask.shape != data.shape[:2]:
        raise DataError(f"the mask must be {tuple(data.shape[:2])}, one flag a point; got {tuple(mask.shape)}")
    return mask.bool()


def _from_graph(data: Any, mask: Tensor | None, k: int) -> tuple[Tensor, Tensor]:
    points: Any = getattr(data, "x", None)
    if not isinstance(points, Tensor) or points.ndim != 2 or points.shape[-1] != k:
        found = tuple(points.shape) if isinstance(points, Tensor) else type(data).__name__
        raise DataError(f"expected a tensor (B, N, {k}), or a graph batch with x (M, {k}); got {found}")
    if mask is not None:
        raise DataError("a graph batch has no padding, so it takes no mask")
    pointers = getattr(data, "ptr", None)
    if pointers is not None:
        return points, pointers.diff()
    owner = getattr(data, "batch", None)
    if owner is None:  # a single graph
        return points, torch.tensor([len(points)], device=points.device)
    if bool((owner.diff() < 0).any()):
        raise DataError("the points of a graph batch must stand cloud after cloud; sort them by batch")
    return points, torch.bincount(owner)


def arrange(points: Tensor, counts: Tensor, added: Tensor | None, width: int) -> Clouds:
    """Sort clouds by size, put the `added` points `(m, k)` into each, and group them for features of a width."""
    sizes = counts.tolist()
    order = sorted(range(len(sizes)), key=lambda cloud: -sizes[cloud])
    pieces = points.split(sizes)
    extra = 0 if added is None else len(added)
    x = torch.cat([part for cloud in order for part in ((pieces[cloud],) if added is None else (pieces[cloud], added))])
    ordered = [sizes[cloud] + extra for cloud in order]
    device = points.device
    totals = torch.tensor(ordered, device=device)
    owner = torch.repeat_interleave(torch.tensor(order, device=device), totals)
    first = torch.repeat_interleave(totals.cumsum(0) - totals, totals)
    last = torch.repeat_interleave(totals, totals)
    position = torch.arange(len(x), device=device) - first
    fixed = (position >= last - extra).to(x.dtype)
    most = max(1, _NUMBERS.get(device.type, _NUMBERS_ELSEWHERE) // width)
    return Clouds(x, fixed, owner, (last - 1).to(x.dtype), counts + extra, _grouped(ordered, x, most), most)


def _grouped(ordered: list[int], x: Tensor, most: int) -> tuple[Group, ...]:
    """Cut clouds, sorted by size, into groups."""
    groups, start, node = [], 0, 0
    while start < len(ordered):
        n, stop = ordered[start], start + 1
        while stop < len(ordered) and ordered[stop] * _WASTE >= n and (stop + 1 - start) * n * n <= most:
            stop += 1
        counts = ordered[start:stop]
        groups.append(_group(counts, node, x))
        start, node = stop, node + sum(counts)
    return tuple(groups)


def _group(counts: list[int], first: int, x: Tensor) -> Group:
    n, total = counts[0], sum(counts)
    column = torch.arange(n, device=x.device)
    different = column[:, None] != column
    nodes = slice(first, first + total)
    if total == n * len(counts):
        return Group(tuple(counts), nodes, None, None, different.to(x.dtype).expand(len(counts), n, n))
    sizes = torch.tensor(counts, device=x.device)
    there = column < sizes[:, None]
    index = torch.where(there, first + (sizes.cumsum(0) - sizes)[:, None] + column, first).flatten()
    pairs = there[:, :, None] & there[:, None, :] & different
    return Group(tuple(counts), nodes, index, torch.nonzero(there.flatten()).flatten(), pairs.to(x.dtype))
