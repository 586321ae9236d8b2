"""How long, in which batches and at which learning rate a module is trained."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, fields
from typing import Any, Literal

from ..errors import ConfigError

_HARMLESS = {"checkpoint_seconds", "checkpoint_steps", "cuda_graph"}
"""Fields that may change between a run and its resumption, because they leave the weights as they are."""


@dataclass(frozen=True)
class Schedule:
    """Epochs, batches, learning rate over time, and what is kept on the way.

    Parameters
    ----------
    epochs : int
        Passes over the data. A pass drops the samples that do not fill a last batch; the order is new in each.
    batch_size : int
        Samples in a step, over all processes together.
    seed : int
        Seed of the order of the samples and of everything random inside a step.
    decay : {"cosine", "constant", "step"}
        Learning rate after the warm-up, relative to the optimiser's own.
    floor : float
        Where the cosine ends, relative.
    warmup : float
        Epochs of linear rise at the beginning.
    milestones, gamma : tuple of float, float
        For ``decay="step"``: at these epochs the rate is multiplied by `gamma`.
    average : float or None
        Decay of an exponential moving average of the parameters, which become the module's at the end.
    validate_every : int or None
        Epochs between calls of the validation function; the last epoch is always validated.
    best : str or None
        ``"min mse"`` or ``"max accuracy"``: end with the weights at which this validation metric was best.
    checkpoint_seconds, checkpoint_steps : float or None, int or None
        A checkpoint is written when either interval has passed.
    cuda_graph : bool
        On CUDA, capture the step once and replay it: for small networks, whose launches cost more than their work.

    Raises
    ------
    ConfigError
        If a value is out of range.
    """

    epochs: int
    batch_size: int
    seed: int = 0
    decay: Literal["cosine", "constant", "step"] = "cosine"
    floor: float = 0.0
    warmup: float = 0.0
    milestones: tuple[float, ...] = ()
    gamma: float = 0.1
    average: float | None = None
    validate_every: int | None = None
    best: str | None = None
    checkpoint_seconds: float | None = 60.0
    checkpoint_steps: int | None = None
    cuda_graph: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "milestones", tuple(self.milestones))
        _check("epochs", self.epochs, self.epochs >= 1, "at least 1")
        _check("batch_size", self.batch_size, self.batch_size >= 1, "at least 1")
        _check("seed", self.seed, self.seed >= 0, "not negative")
        _check("decay", self.decay, self.decay in ("cosine", "constant", "step"), '"cosine", "constant" or "step"')
        _check("floor", self.floor, 0 <= self.floor <= 1, "between 0 and 1")
        _check("warmup", self.warmup, 0 <= self.warmup <= self.epochs, "between 0 and the number of epochs")
        _check("milestones", self.milestones, list(self.milestones) == sorted(self.milestones), "in rising order")
        _check("average", self.average, self.average is None or 0 < self.average < 1, "between 0 and 1")
        for name in ("validate_every", "checkpoint_steps"):
            _check(name, getattr(self, name), getattr(self, name) is None or getattr(self, name) >= 1, "at least 1")
        seconds = self.checkpoint_seconds
        _check("checkpoint_seconds", seconds, seconds is None or seconds >= 0, "not negative")
        words = (self.best or "min it").split()
        _check("best", self.best, len(words) == 2 and words[0] in ("min", "max"), 'such as "min mse" or "max accuracy"')

    def factor(self, step: int, steps_per_epoch: int) -> float:
        """Learning rate of a step, relative to the optimiser's own: a function of the step alone."""
        warmup = round(self.warmup * steps_per_epoch)
        if step < warmup:
            return (step + 1) / warmup
        if self.decay == "cosine":
            progress = (step - warmup) / max(1, self.epochs * steps_per_epoch - warmup)
            return self.floor + (1 - self.floor) * 0.5 * (1 + math.cos(math.pi * progress))
        if self.decay == "step":
            return self.gamma ** bisect_right(self.milestones, step / steps_per_epoch)
        return 1.0

    def improves(self, metrics: dict[str, float], best: float | None) -> float | None:
        """The value of the `best` metric where it beats `best`, else None.

        Raises
        ------
        ConfigError
            If the validation function did not return that metric.
        """
        direction, name = (self.best or "min loss").split()
        if name not in metrics:
            raise ConfigError(f'best is "{self.best}", but validation returns {sorted(metrics)}; name one of these')
        value = metrics[name]
        if best is None and math.isfinite(value):
            return value
        better = best is not None and (value < best if direction == "min" else value > best)
        return value if better else None

    def identity(self) -> dict[str, Any]:
        """The fields that the final weights depend on, as plain data."""
        names = [field.name for field in fields(self) if field.name not in _HARMLESS]
        values = {name: getattr(self, name) for name in names}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def _check(name: str, value: object, holds: bool, expected: str) -> None:
    if not holds:
        raise ConfigError(f"schedule: {name} must be {expected}, got {value!r}")
