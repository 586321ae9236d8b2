"""Batch normalisation of a_i + b_j + W f_ij over all pairs, without forming it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .clouds import Clouds
from .geometry import PairFeatures


class EdgeNorm(nn.Module):
    """As `nn.BatchNorm1d` over the pairs: mean and variance follow from sums over points and over pair features.

    Parameters
    ----------
    width : int
    eps, momentum : float
        As there.
    """

    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor

    def __init__(self, width: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width))
        self.register_buffer("running_mean", torch.zeros(width))
        self.register_buffer("running_var", torch.ones(width))
        self.register_buffer("num_batches_tracked", torch.tensor(0))

    def forward(
        self, a: Tensor, b: Tensor, f: PairFeatures, w: Tensor, clouds: Clouds
    ) -> tuple[Tensor, Tensor, Tensor]:
        """a', b' `(M, H)` and W' `(F, H)` with a'_i + b'_j + W' f_ij the normalised sum.

        Parameters
        ----------
        a, b : Tensor
            `(M, H)`, of receivers and senders.
        f : PairFeatures
        w : Tensor
            `(F, H)`.
        clouds : Clouds
        """
        if self.training:
            mean, var, pairs = pair_moments(a, b, f, w, clouds)
            with torch.no_grad():
                self.num_batches_tracked.add_(1)
                self.running_mean.lerp_(mean.detach(), self.momentum)
                self.running_var.lerp_(var.detach() * (pairs / (pairs - 1).clamp_min(1)), self.momentum)
        else:
            mean, var = self.running_mean, self.running_var
        scale = self.weight * torch.rsqrt(var + self.eps)
        return a * scale + (self.bias - mean * scale), b * scale, w * scale


def pair_moments(a: Tensor, b: Tensor, f: PairFeatures, w: Tensor, clouds: Clouds) -> tuple[Tensor, Tensor, Tensor]:
    """Mean and biased variance `(H,)` of a_i + b_j + W f_ij over the pairs, and the number of pairs.

    Everything is centred first, so that the variance is no difference of large numbers.
    """
    degree = clouds.degree[:, None]
    pairs = degree.sum().clamp_min(1)
    mean_a, mean_b = (degree * a).sum(0) / pairs, (degree * b).sum(0) / pairs
    a, b = a - mean_a, b - mean_b
    received, sent = f.received - degree * f.mean, f.sent - degree * f.mean
    within = [a.new_zeros(len(clouds.sizes), a.shape[1]).index_add(0, clouds.owner, each) for each in (a, b)]
    total = (
        (degree * (a * a + b * b)).sum(0)
        + ((f.second @ w) * w).sum(0)
        + 2 * ((within[0] * within[1]).sum(0) - (a * b).sum(0))
        + 2 * (a * (received @ w) + b * (sent @ w)).sum(0)
    )
    return mean_a + mean_b + f.mean @ w, total.clamp_min(0) / pairs, pairs
