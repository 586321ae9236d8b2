"""What keeps a generator from the identity, and several generators from each other (LieGAN, section 4.2)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def cosine_similarity(x: Tensor, transformed: Tensor) -> Tensor:
    """Mean over the batch of |cos(x, gx)|, flattened per sample: 1 where nothing moves.

    The published code takes the absolute value of the mean instead, which vanishes when cosines cancel.
    """
    return functional.cosine_similarity(x.flatten(1), transformed.flatten(1)).abs().mean()


def channel_correlation(basis: Tensor) -> Tensor:
    """Sum over pairs of generators of |cos(L_i, L_j)|, for a basis `(..., c, k, k)`, averaged over leading axes."""
    directions = functional.normalize(basis.flatten(-2), dim=-1)
    return torch.triu(directions @ directions.mT, diagonal=1).abs().sum((-2, -1)).mean()
