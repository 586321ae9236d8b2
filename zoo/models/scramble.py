"""`Scramble`: a fixed permutation of the pixels, which a network keeps and applies first."""

from __future__ import annotations

from torch import Tensor, nn

from ..errors import ConfigError
from ..symmetries.permutation import permutation


class Scramble(nn.Module):
    """Put the pixels of images into another order, the same for all images and channels.

    The order is a buffer, so that weights that were trained on scrambled pixels keep it.

    Parameters
    ----------
    seed : int
        Of `zoo.symmetries.permutation`.
    pixels : int
        Height times width.

    Raises
    ------
    ConfigError
        If the seed is no integer from 0 on.
    """

    order: Tensor

    def __init__(self, seed: int, pixels: int) -> None:
        super().__init__()
        if isinstance(seed, bool) or int(seed) != seed or seed < 0:
            raise ConfigError(f"scramble is the seed of a permutation, an integer from 0 on; got {seed!r}")
        self.register_buffer("order", permutation(int(seed), pixels))

    def forward(self, x: Tensor) -> Tensor:
        """Images `(B, C, H, W)` or `(B, C, d)`, scrambled: pixel i is what pixel ``order[i]`` was."""
        return x.flatten(2).index_select(2, self.order).view_as(x)
