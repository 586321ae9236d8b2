"""How vector fields are trained: flows of random length, whose validity decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.optim import Adam, Optimizer

from ...errors import ConfigError
from .field import NeuralField
from .score import Score

if TYPE_CHECKING:
    from ...engine import Fit

_SHORTEST = 0.2  # of the reach: solutions that are hardly changed say nothing of a field
_FIRST = 0.2  # the reach at first, as a share of that at last


class FieldLearner:
    """Learner of a `NeuralField`.

    Parameters
    ----------
    field : NeuralField
        Its centre and scale are taken from the data here.
    score : Score
    data : Tensor
        What is trained on.
    lr : float
        Learning rate of Adam.
    reach : float
        Longest time of a flow at the end of the training; fields have norm 1 in units of the data's scale. It grows
        from a fifth: long flows of fields that are still wrong fold the data up, short ones cannot tell a symmetry from
        what is nearly one.
    scales : int
        Times at which each flow is scored, evenly spaced.
    clip : float
        Largest norm of the gradient.

    Raises
    ------
    ConfigError
        If one of them is out of range.
    """

    def __init__(
        self, field: NeuralField, score: Score, data: Tensor, *, lr: float, reach: float, scales: int, clip: float
    ) -> None:
        if not (lr > 0 and reach > 0 and scales >= 1 and clip > 0):
            raise ConfigError(f"lr, reach, scales and clip are positive, got {lr}, {reach}, {scales} and {clip}")
        self.module, self.score = field, score
        self.reach, self.scales, self.clip = float(reach), int(scales), float(clip)
        field.place(score.points(data).to(field.centre), score.weight)
        self._adam = Adam(field.parameters(), lr=lr)

    def optimizers(self) -> list[Optimizer]:
        """Adam."""
        return [self._adam]

    def step(self, batch: tuple[Tensor, ...], fit: Fit) -> dict[str, Tensor]:
        """One flow of every field, all of one random length, forwards or backwards."""
        drawn = self.score.draw(batch[0], fit.generator)
        random = torch.rand(1 + self.module.c, generator=fit.generator, device=fit.generator.device)
        reach = self.reach * (_FIRST + (1 - _FIRST) * fit.step / fit.total)
        furthest = reach * (_SHORTEST + (1 - _SHORTEST) * random[0])
        times = furthest * torch.arange(1, self.scales + 1, device=random.device) / self.scales
        signs = torch.where(random[1:] < 0.5, -1.0, 1.0)
        loss, parts = self.score(self.module, drawn, times, signs, fit.step / fit.total)
        self._adam.zero_grad()
        fit.backward(loss)
        fit.clip(self.module.parameters(), self.clip)
        self._adam.step()
        return {"loss": loss.detach(), **{name: part.detach() for name, part in parts.items()}}
