"""What image classifiers are usually augmented with, whatever their data: reflections and shifts by whole pixels."""

from __future__ import annotations

import torch
from torch import Tensor

from ..errors import ConfigError


class FlipAndCrop:
    """Half of the images reflected left to right, all shifted by up to some pixels; what comes in is black.

    Parameters
    ----------
    most : int
        Pixels.

    Raises
    ------
    ConfigError
        If it is negative.
    """

    def __init__(self, most: int = 4) -> None:
        if most < 0:
            raise ConfigError(f"images are shifted by 0 pixels or more, got {most}")
        self.most = int(most)

    def __call__(self, x: Tensor, y: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Images `(B, C, H, W)` and what belongs to them; draws from a generator on their device."""
        count, _, height, width = x.shape
        drawn = torch.rand(3, count, generator=generator, device=generator.device)
        down, right = (drawn[1:] * (2 * self.most + 1)).long()
        rows = down[:, None] + torch.arange(height, device=down.device)
        columns = right[:, None] + torch.arange(width, device=down.device)
        columns = torch.where(drawn[:1].T < 0.5, columns.flip(1), columns)
        padded = torch.nn.functional.pad(x, (self.most,) * 4)
        image = torch.arange(count, device=down.device)[:, None, None]
        return padded.movedim(1, -1)[image, rows[:, :, None], columns[:, None]].movedim(-1, 1), y
