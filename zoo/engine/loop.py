"""`fit`: the training loop."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from ..progress import Bar
from .journal import History
from .learner import Learner
from .run import Run, Validate
from .schedule import Schedule
from .world import World


def fit(
    learner: Learner,
    data: tuple[Tensor, ...],
    schedule: Schedule,
    *,
    out: str | Path | None = None,
    resume: bool = False,
    validate: Validate | None = None,
    device: str | torch.device | None = None,
    progress: bool | Literal["force"] = True,
) -> History:
    """Train a learner's module in place.

    The module ends on the training device with its last weights, their average (`schedule.average`), or those of
    the best validation (`schedule.best`).

    Parameters
    ----------
    learner : Learner
        What is trained, and how one step goes.
    data : tuple of Tensor
        Of equal length; moved to the device whole. Rows of unequal length (anything with the methods of a tensor and
        `dense`) are padded batch by batch. Under ``accelerate launch`` every process gives the same.
    schedule : Schedule
        Epochs, batches, learning rate.
    out : path, optional
        Folder for checkpoints. Without it there are none.
    resume : bool
        Go on from the newest whole checkpoint in `out`, or start anew where there is none.
    validate : callable, optional
        `module -> metrics`, called by the main process with the module in eval mode and no gradients.
    device : str or torch.device, optional
        A GPU where there is one by default.
    progress : bool or "force"
        Whether to show a bar on the terminal.

    Returns
    -------
    History

    Raises
    ------
    ConfigError
        If the checkpoint in `out` is of another run (other schedule, seed, data, optimiser), or `out` holds
        checkpoints and `resume` is off.
    TrainingError
        If a loss or a weight becomes NaN or infinite.
    MissingExtra
        If accelerate is not installed.
    """
    run = Run(learner, data, schedule, World.join(device), validate)
    with run.isolated():
        run.begin(Path(out) if out is not None else None, resume)
        with Bar(progress if run.world.is_main else False, run.total, run.state.step) as bar:
            batches = run.batches.from_step(run.state.step)
            while run.state.step < run.total:
                run.advance(next(batches), bar)
        return run.end()
