"""`Keeper`: when checkpoints are written, and where a run goes on."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any

from ..errors import ConfigError
from . import checkpoint as files
from .identity import refuse_another_run
from .schedule import Schedule
from .state import State
from .world import World

_log = logging.getLogger(__name__)


class Keeper:
    """Writes the checkpoints of one run (in the main process), and reads them at its start (in all).

    Parameters
    ----------
    folder : Path or None
        Where; None keeps nothing.
    identity : dict
        What the final weights depend on: a checkpoint with another one is refused.
    """

    def __init__(self, folder: Path | None, schedule: Schedule, identity: dict[str, Any], world: World) -> None:
        self.last: Path | None = None
        self._folder, self._schedule, self._identity, self._world = folder, schedule, identity, world
        self._at_step, self._at_time = 0, time.monotonic()

    def open(self, state: State, resume: bool) -> None:
        """Restore the newest whole checkpoint into `state` where there is one.

        Raises
        ------
        ConfigError
            If it is of another run, or there is one and `resume` is off.
        WeightsError
            If all are damaged.
        """
        folder = self._folder
        if folder is None or not self._world.agree(bool(files.paths_in(folder))):
            return
        if not resume:
            raise ConfigError(
                f"{folder} holds checkpoints of an earlier run: resume it (resume=True), "
                "or give another folder, or delete this one"
            )
        found = files.read_latest(folder) if self._world.is_main else None
        step = self._world.agree(found.step if found is not None else 0)
        found = found or files.read(files.path_of(folder, step))
        refuse_another_run(folder, found.header["identity"], self._identity)
        state.restore(found, self._world.device)
        self.last, self._at_step, self._at_time = files.path_of(folder, step), step, time.monotonic()
        _log.info("resuming from %s", self.last)

    def due(self, step: int) -> bool:
        """Whether a checkpoint before `step` should be written."""
        if self._folder is None or not self._world.is_main:
            return False
        steps, seconds = self._schedule.checkpoint_steps, self._schedule.checkpoint_seconds
        if steps is not None and step - self._at_step >= steps:
            return True
        return seconds is not None and time.monotonic() - self._at_time >= seconds

    def save(self, state: State) -> None:
        """Write a checkpoint, unless the last one is of this very step."""
        if self._folder is None or not self._world.is_main or (self.last and self._at_step == state.step):
            return
        self.last = files.write(self._folder, state.to_checkpoint(self._identity))
        self._at_step, self._at_time = state.step, time.monotonic()
