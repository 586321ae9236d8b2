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
    it is, and take no part. Arguments are those of `Supervised`, whose `augment` takes x and y as they are.

    Raises
    ------
    ConfigError
        If the module has no `block`.
    """

    def __init__(self, module: Any, *arguments: Any, **settings: Any) -> None:
        if not callable(getattr(module, "block", None)):
            raise ConfigError(
                f"a {type(module).__name__} does not go on with solutions block by block; leave out rollout"
            )
        super().__init__(module, *arguments, **settings)

    def prepare(self, batch: tuple[Tensor, ...], fit: Fit) -> tuple[Tensor, ...]:
        """Of every solution two blocks that follow each other, and between them when the first starts."""
        x, y = super().prepare(batch, fit)
        seen, whole = x.shape[1], torch.cat([x, y], dim=1)
        known = torch.isfinite(whole[:, :, 0])
        choices = known.sum(1) - 2 * seen + 1
        if bool((choices < 1).any()):
            raise ConfigError(
                f"a solution that is known at {int(known.sum(1).min())} times has no two blocks of {seen}"
            )
        random = torch.rand(len(x), generator=fit.generator, device=x.device)
        start = known.int().argmax(1) + (random * choices).long()
        rows = start[:, None] + torch.arange(2 * seen, device=x.device)
        windows = whole[torch.arange(len(x), device=x.device)[:, None], rows]
        return windows[:, :seen], start, windows[:, seen:]

    def predict(self, x: Tensor, *when: Tensor) -> Tensor:
        """The next block."""
        return self.module.block(x, *when)  # type: ignore[operator]
