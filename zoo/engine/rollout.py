"""The learner of networks that go on with a solution block by block."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ..errors import ConfigError
from .learner import Fit
from .supervised import Supervised


class Rollout(Supervised):
    """Minimise a loss between module.block(u, start) and the block that follows, at random times of whole solutions.

    `start (B,)` counts the times before the block. Data are x `(B, T_in, nx)` and y `(B, T_out, nx)`, the beginning of
    each solution and the rest. Times at which a solution is NaN, not known, may stand before and after those at which
    it is, and take no part. Other arguments are those of `Supervised`, whose `augment` takes x and y as they are.

    Parameters
    ----------
    blocks : int
        How many blocks are predicted, each from the prediction before it, and compared: with two or more the network
        meets its own errors in training, as in a rollout. Gradients go through all of them (unlike those of the
        pushforward trick, Brandstetter, Worrall, Welling 2022, arXiv 2202.03376, section 3.1).

    Raises
    ------
    ConfigError
        If the module has no `block`; at the first step, if a solution is known at too few times.
    """

    def __init__(self, module: Any, *arguments: Any, blocks: int = 1, **settings: Any) -> None:
        if not callable(getattr(module, "block", None)):
            raise ConfigError(
                f"a {type(module).__name__} does not go on with solutions block by block; leave out rollout"
            )
        super().__init__(module, *arguments, **settings)
        self.blocks = blocks

    def prepare(self, batch: tuple[Tensor, ...], fit: Fit) -> tuple[Tensor, ...]:
        """Of every solution a block and those that follow, and between them when the first starts."""
        x, y = super().prepare(batch, fit)
        seen, whole = x.shape[1], torch.cat([x, y], dim=1)
        length = (1 + self.blocks) * seen
        known = torch.isfinite(whole[:, :, 0])
        choices = known.sum(1) - length + 1
        if bool((choices < 1).any()):
            raise ConfigError(
                f"a solution that is known at {int(known.sum(1).min())} times has no {1 + self.blocks} blocks of {seen}"
            )
        random = torch.rand(len(x), generator=fit.generator, device=x.device)
        start = known.int().argmax(1) + (random * choices).long()
        rows = start[:, None] + torch.arange(length, device=x.device)
        windows = whole[torch.arange(len(x), device=x.device)[:, None], rows]
        return windows[:, :seen], start, windows[:, seen:]

    def predict(self, x: Tensor, *when: Tensor) -> Tensor:
        """The blocks that follow, one after another."""
        made, (start,) = [x], when
        for number in range(self.blocks):
            made.append(self.module.block(made[-1], start + number * x.shape[1]))  # type: ignore[operator]
        return torch.cat(made[1:], dim=1)
