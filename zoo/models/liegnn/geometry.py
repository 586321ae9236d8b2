"""Invariants of pairs of points: psi of x^T J y and of (x - y)^T J (x - y)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .clouds import Clouds


def psi(t: Tensor) -> Tensor:
    """sign(t) log(1 + |t|), which tames the range of invariants (Gong et al. 2022, equation 3.3)."""
    return torch.sign(t) * torch.log1p(t.abs())


def norms(x: Tensor, forms: Tensor) -> Tensor:
    """psi(x^T J x) for points `(..., k)` and forms `(F, k, k)`: `(..., F)`; see `_exactly`."""
    exact = _exactly(x)
    values = torch.stack([((exact @ form) * exact).sum(-1) for form in _exactly(forms)], dim=-1)
    return psi(values.to(x.dtype))


@dataclass(frozen=True, eq=False)
class PairFeatures:
    """Features of all pairs of points of a batch, and their sums.

    Attributes
    ----------
    values : list of Tensor
        `(g, n, n, 1 + F)` for each group: ones, then the norms of the differences, then the inner products (these
        zero where there is no pair).
    received, sent : Tensor
        `(M, F)`, sums over the senders and over the receivers of each point, without the ones.
    mean : Tensor
        `(F,)`, over all pairs.
    second : Tensor
        `(F, F)`, the sum of centred products over all pairs.
    """

    values: list[Tensor]
    received: Tensor
    sent: Tensor
    mean: Tensor
    second: Tensor


def pair_features(x: list[Tensor], symmetric: Tensor, products: Tensor, clouds: Clouds) -> PairFeatures:
    """Features of points `(g, n, k)` of each group, by forms `(F, k, k)` of differences and of inner products."""
    values = [_features(each, group.pairs, symmetric, products) for group, each in zip(clouds.groups, x, strict=True)]
    received, sent = (
        torch.cat([group.flat(each.sum(axis)[..., 1:]) for group, each in zip(clouds.groups, values, strict=True)])
        for axis in (2, 1)
    )
    mean = received.sum(0) / clouds.degree.sum().clamp_min(1)
    second = mean.new_zeros(len(mean), len(mean))
    for group, each in zip(clouds.groups, values, strict=True):
        centred = ((each[..., 1:] - mean) * group.pairs[..., None]).flatten(0, 2)
        second = second + centred.mT @ centred
    return PairFeatures(values, received, sent, mean, second)


def _features(x: Tensor, pairs: Tensor, symmetric: Tensor, products: Tensor) -> Tensor:
    found = [torch.ones_like(pairs)]
    exact = _exactly(x)
    if len(symmetric):
        # from the differences themselves: |x|^2 + |y|^2 - 2 x.y loses the digits of small ones
        difference = exact[:, :, None] - exact[:, None]
        for form in _exactly(symmetric):
            lowered = exact @ form
            values = (difference * (lowered[:, :, None] - lowered[:, None])).sum(-1)
            found.append(psi(values.to(x.dtype)) * pairs)
    found += [psi(((exact @ form) @ exact.mT).to(x.dtype)) * pairs for form in _exactly(products)]
    return torch.stack(found, dim=-1)


def _exactly(x: Tensor) -> Tensor:
    """In float64: an indefinite form of nearly light-like vectors is a small difference of large numbers."""
    return x.double()
