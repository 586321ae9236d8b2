"""What happened in a run: losses without waiting for the device, and the history that is kept."""

from __future__ import annotations

import math
import time
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import Tensor

_ROWS = 200
"""Rows of losses that a history keeps: each is the mean over a 200th of the run."""


@dataclass
class History:
    """How a run went.

    Attributes
    ----------
    losses : list of dict
        Means over equal stretches of the run (at most 200) of what the steps returned, with `step` and `epoch`
        at the end of the stretch. Of the main process's share of the data where there are several.
    validation : list of dict
        `epoch` and the metrics of every validation.
    best : dict or None
        `epoch` and `value` of the best validation, where the schedule asks for it.
    steps : int
        Steps done, including those before a resumption.
    seconds, steps_per_second : float
        Of this process, since its start or resumption.
    """

    losses: list[dict[str, float]] = field(default_factory=list)
    validation: list[dict[str, float]] = field(default_factory=list)
    best: dict[str, float] | None = None
    steps: int = 0
    seconds: float = 0.0
    steps_per_second: float = 0.0


class NonFinite(Exception):
    """A step returned NaN or an infinity: (step, name, value). The loop turns it into a TrainingError."""

    def __init__(self, step: int, name: str, value: float) -> None:
        super().__init__(step, name, value)
        self.step, self.name, self.value = step, name, value


class Journal:
    """Collects the scalars of every step, and reads them off the device a few times a second.

    Between two readings the scalars stay where they are: a step costs an append, and no launch or wait.

    Parameters
    ----------
    total, per_epoch : int
        Steps of the run, and of an epoch.
    seconds : float
        Between readings.
    """

    def __init__(self, total: int, per_epoch: int, seconds: float = 0.25) -> None:
        self.history = History()
        self.latest: tuple[str, float] = ("loss", math.nan)
        self._stretch, self._per_epoch, self._seconds = math.ceil(total / _ROWS), per_epoch, seconds
        self._pending: list[dict[str, Tensor]] = []
        self._sums: dict[str, float] = {}
        self._count = 0
        self._read_at = time.monotonic()

    def add(self, scalars: dict[str, Tensor]) -> bool:
        """Note the scalars of one step; says whether it is time to read."""
        self._pending.append(scalars)
        return time.monotonic() - self._read_at > self._seconds or len(self._pending) >= 4096

    def read(self) -> None:
        """Bring the noted scalars to the host.

        Raises
        ------
        NonFinite
            At the first step that returned NaN or an infinity.
        """
        self._read_at = time.monotonic()
        pending, self._pending = self._pending, []
        if not pending:
            return
        names = list(pending[0])
        table = torch.stack([torch.stack([row[name] for row in pending]) for name in names]).double().tolist()
        for column, row in enumerate(zip(*table, strict=True)):
            step = self.history.steps
            for name, value in zip(names, row, strict=True):
                if not math.isfinite(value):
                    self._pending = pending[column:]
                    raise NonFinite(step, name, value)
                self._sums[name] = self._sums.get(name, 0.0) + value
            self._count += 1
            self.history.steps = step + 1
            if self.history.steps % self._stretch == 0:
                self._close_stretch()
        self.latest = (names[0], table[0][-1])

    def finish(self, seconds: float, steps: int) -> History:
        """The history of the whole run."""
        self._close_stretch()
        self.history.seconds, self.history.steps_per_second = seconds, steps / seconds if seconds > 0 else 0.0
        return self.history

    def state(self) -> dict[str, Any]:
        """Plain data for a checkpoint."""
        kept = {key: value for key, value in asdict(self.history).items() if "second" not in key}
        return {"history": kept, "sums": dict(self._sums), "count": self._count}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what `state` returned."""
        self.history = History(**state["history"])
        self._sums, self._count = dict(state["sums"]), state["count"]

    def _close_stretch(self) -> None:
        if self._count:
            means = {name: total / self._count for name, total in self._sums.items()}
            epoch = self.history.steps / self._per_epoch
            self.history.losses.append({"step": self.history.steps, "epoch": epoch, **means})
        self._sums, self._count = {}, 0
