"""Exponential moving average of the parameters."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class Average:
    """Averaged parameters: a <- a + (1 - d) (p - a), with d = min(decay, (1 + t) / (10 + t)) at step t.

    The smaller d of the first steps forgets the random initial weights. Buffers are not averaged.

    Parameters
    ----------
    module : nn.Module
        Whose trainable parameters are averaged.
    decay : float
        Between 0 and 1.
    """

    def __init__(self, module: nn.Module, decay: float) -> None:
        trained = {name: p.detach() for name, p in module.named_parameters() if p.requires_grad}
        self.decay, self._names, self._parameters = decay, list(trained), list(trained.values())
        self._averages = [parameter.clone() for parameter in self._parameters]

    @property
    def tensors(self) -> dict[str, Tensor]:
        """Averages by the name of their parameter."""
        return dict(zip(self._names, self._averages, strict=True))

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take in the parameters after `step`."""
        decay = min(self.decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(self._averages, self._parameters, 1 - decay)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Within the block the module holds the averages."""
        kept = [parameter.clone() for parameter in self._parameters]
        self.assign()
        try:
            yield
        finally:
            torch._foreach_copy_(self._parameters, kept)

    def assign(self) -> None:
        """Give the averages to the module for good."""
        torch._foreach_copy_(self._parameters, self._averages)
