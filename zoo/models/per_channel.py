"""`PerChannel`: inputs standardised channel by channel, and partly dropped."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .arguments import fraction


class PerChannel(nn.Module):
    """(x - mean) / scale along the channels, the axis 1 of `(B, C, ...)`.

    Parameters
    ----------
    channels : int
    dropout : float
        Share of the numbers that are set to the mean of their channel in training.

    Raises
    ------
    ConfigError
        If the dropout is no share.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, channels: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("scale", torch.ones(channels))
        self.dropout = nn.Dropout(fraction("input_dropout", dropout))

    def forward(self, x: Tensor) -> Tensor:
        """`(B, C, ...)`."""
        shape = (-1, *[1] * (x.ndim - 2))
        return self.dropout((x - self.mean.view(shape)) / self.scale.view(shape))

    @torch.no_grad()
    def calibrate(self, x: Tensor) -> None:
        """Take mean and standard deviation of each channel from data `(B, C, ...)`."""
        others = [axis for axis in range(x.ndim) if axis != 1]
        self.mean.copy_(x.mean(others))
        scale = x.std(others, correction=0)
        self.scale.copy_(torch.where(scale > 0, scale, torch.ones_like(scale)))
