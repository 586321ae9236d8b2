"""Replacement of the worst candidates of a generator by copies of the best."""

from __future__ import annotations

import torch
from torch.optim import Optimizer

from .generator import Generator


@torch.no_grad()
def renew(generator: Generator, optimizer: Optimizer, random: torch.Generator, *, far: bool) -> None:
    """Give the worst quarter of the candidates the bases of the best quarter, changed.

    A copy has another scale, or where the basis is orthonormal, perturbed entries. It starts with its parent's score
    and moments of Adam.

    Parameters
    ----------
    generator : Generator
    optimizer : Optimizer
        Holds the state that goes with the bases.
    random : torch.Generator
        Of the training step, on its device.
    far : bool
        Whether the scales are spread over a decade, or within 10 % of the parent's.
    """
    count = generator.candidates // 4
    if count == 0:
        return
    order = generator.scores.argsort(descending=True)
    best, worst = order[:count], order[-count:]
    copies = generator.raw[best]
    if generator.orthonormal:
        size = 0.5 if far else 0.05
        copies = copies + size * torch.randn(copies.shape, generator=random, device=random.device).to(copies)
    else:
        if far:
            scale = 0.2 + 2.0 * torch.rand(count, generator=random, device=random.device)
        else:
            scale = 1.0 + 0.1 * torch.randn(count, generator=random, device=random.device)
        copies = copies * scale.to(copies)[:, None, None, None]
    generator.raw[worst] = copies
    generator.retract()
    generator.scores[worst] = generator.scores[best]
    for moment in optimizer.state.get(generator.raw, {}).values():
        if moment.shape == generator.raw.shape:
            moment[worst] = moment[best]
