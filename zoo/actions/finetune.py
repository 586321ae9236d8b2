"""Fine-tune: a pretrained network on the user's own data, with its symmetry kept exact."""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ..card import Card
from ..engine import History, Schedule, Supervised, fit
from ..engine import checkpoint as checkpoints
from ..engine.world import World
from ..errors import ConfigError, DataError
from ..factory import save
from ..factory.building import check_promise
from ..registry import Registry
from ..tasks.samples import Arrays
from ..tasks.task import Task
from ..weights import read_header
from .subject import Subject, subject_of
from .supervision import LOSSES, user_arrays, validator
from .trainable import Plan, only

_log = logging.getLogger(__name__)
_BATCH = 512
_VALIDATIONS = 20
"""Times that a fine-tuning looks at the validation data."""


def finetune(
    model_or_name: Any,
    data: Any,
    *,
    epochs: int,
    lr: float,
    out: str | PathLike[str] | None = None,
    resume: bool = False,
    trainable: str = "all",
    rank: int = 4,
    batch_size: int | None = None,
    seed: int = 0,
    validation: float = 0.1,
    loss: str | None = None,
    weight_decay: float = 0.0,
    clip: float | None = 1.0,
    device: str | torch.device | None = None,
    progress: bool = True,
    checkpoint_seconds: float | None = 60.0,
    report: Callable[[Plan], object] | None = None,
    registry: Registry | None = None,
) -> nn.Module:
    """Train a pretrained network further.

    Parameters
    ----------
    model_or_name : Module, str or Path
        A module stays as it is: a copy is trained.
    data : path or (x, y)
        A file that the network's task can read, or inputs `(B, *input_shape)` and targets `(B, *output_shape)`.
    epochs, lr, weight_decay, clip
        Of AdamW with a learning rate that falls to zero along a cosine; `clip` is the largest norm of the gradient.
    batch_size : int, optional
        By default that of the network's own recipe; 512 where it has none.
    loss : str, optional
        "mse", "relative", "l1", "huber", "bce" or "cross_entropy"; by default "bce" where the task asks for a decision,
        "cross_entropy" where it asks for a class, else "mse".
    out : path, optional
        The ``.safetensors`` file for the result, which `zoo.load` takes. It appears when all is done; until then
        checkpoints lie beside it.
    resume : bool
        Go on from the last checkpoint.
    trainable : {"all", "head", "low_rank"}
        All parameters; only those of the last layers; or updates of rank `rank` to every weight.
    seed : int
        Of the order of the samples and of the low-rank updates.
    validation : float
        Fraction of the samples, from their end (drawn, where the task asks for a decision or a class), that is kept
        from the training; the weights that do best on them are the result. 0 trains on all and keeps the last weights.
    device : str or torch.device, optional
        A GPU where there is one by default.
    progress : bool
        Whether to show a bar.
    checkpoint_seconds : float or None
        Between checkpoints.
    report : callable, optional
        Called with the `Plan` that says what is trained and what is frozen; it is logged in any case.
    registry : Registry, optional
        Instead of the one that comes with zoo.

    Returns
    -------
    Module
        In eval mode, on the CPU.

    Raises
    ------
    ConfigError
        If an argument is out of range.
    DataError
        If the data cannot be used.
    TrainingError
        If the loss becomes NaN or infinite; nothing is written to `out` then.
    EquivarianceError
        If the result does not keep the symmetry that its family promises.
    """
    path = None if out is None else Path(out)
    _check_settings(lr, loss, path)
    subject = subject_of(model_or_name, registry)
    task = subject.task
    loss = loss or _default_loss(task)
    batch_size = int(subject.recipe.get("batch_size", _BATCH)) if batch_size is None else batch_size
    best = task.best if task is not None else f"min {loss}"
    schedule = _schedule(epochs, batch_size, seed, validation, checkpoint_seconds, best)
    if subject.is_discoverer:
        raise ConfigError(f"{subject.label} is a discoverer: it finds symmetries. Use zoo.discover on your data")
    if path is not None:
        _require_saveable(subject.module)
    module = copy.deepcopy(subject.module)
    train, held_out = _split(subject, data, validation, next(module.parameters()).dtype, seed)
    with only(module, trainable, rank, seed) as plan:
        _log.info("%s", plan)
        if report is not None and World.join(device).is_main:
            report(plan)
        history = fit(
            Supervised(module, LOSSES[loss], lr=lr, weight_decay=weight_decay, clip=clip),
            (train.x, train.y),
            schedule,
            out=None if path is None else _checkpoints(path),
            resume=resume,
            validate=_validate(subject, held_out, loss),
            device=device,
            progress=progress,
        )
    module = module.cpu().eval()
    check_promise(module)
    if path is not None and World.join(device).is_main:
        settings = {"epochs": epochs, "lr": lr, "batch_size": batch_size, "seed": seed, "trainable": trainable}
        if trainable == "low_rank":
            settings["rank"] = rank
        _write(module, path, subject, settings, history)
    return module


def _default_loss(task: Task | None) -> str:
    if task is None or not (task.decides or task.classes):
        return "mse"
    return "bce" if task.decides else "cross_entropy"


def _schedule(epochs: int, batch_size: int, seed: int, fraction: float, seconds: float | None, best: str) -> Schedule:
    if not 0 <= fraction < 1:
        raise ConfigError(f"validation is the fraction of samples held out, at least 0 and below 1; got {fraction}")
    every, kept = max(1, epochs // _VALIDATIONS), best if fraction else None
    return Schedule(epochs, batch_size, seed, validate_every=every, best=kept, checkpoint_seconds=seconds)


def _check_settings(lr: float, loss: str | None, path: Path | None) -> None:
    if not 0 < lr < float("inf"):
        raise ConfigError(f"lr, the learning rate, must be positive, got {lr}")
    if loss is not None and loss not in LOSSES:
        raise ConfigError(f"loss must be one of {', '.join(LOSSES)}, got {loss!r}")
    if path is not None and (path.suffix != ".safetensors" or not path.absolute().parent.is_dir()):
        raise ConfigError(f"out must be a .safetensors file in a folder that exists, got {path}")


def _require_saveable(module: nn.Module) -> None:
    """Before the work, not after it."""
    lacking = [name for name in ("family", "config", "symmetry") if not hasattr(module, name)]
    if lacking:
        raise ConfigError(
            f"the result could not be saved: this {type(module).__name__} has no {', '.join(lacking)}; "
            "use a network made by zoo.build or zoo.load, or leave out away and save it yourself"
        )


def _split(subject: Subject, data: Any, fraction: float, dtype: torch.dtype, seed: int) -> tuple[Arrays, Arrays | None]:
    """Training samples and those held out: the last ones, as neighbours in a file are often parts of one orbit.

    Of a decision or a class they are drawn, as files often hold one class after the other.
    """
    arrays = user_arrays(subject.task, data, dtype, getattr(subject.module, "config", {}))
    if subject.task is not None and (subject.task.decides or subject.task.classes):
        if subject.task.decides and not 0 < int(arrays.y.sum()) < len(arrays):
            raise DataError(f"all {len(arrays)} labels are {int(arrays.y[0])}: a decision is learned from both classes")
        arrays = arrays[torch.randperm(len(arrays), generator=torch.Generator().manual_seed(seed))]
    held = round(fraction * len(arrays))
    if fraction and not 0 < held < len(arrays):
        raise DataError(
            f"{len(arrays)} samples cannot be split into training and validation ({fraction:g} of them); "
            "give more samples, or validation=0"
        )
    cut = len(arrays) - held
    return arrays[:cut], arrays[cut:] if held else None


def _validate(subject: Subject, held_out: Arrays | None, loss: str) -> Callable[[nn.Module], dict[str, float]] | None:
    """By the task's metric; without a task by the loss."""
    if held_out is None:
        return None
    if subject.task is not None:
        return validator(subject.task.metric, held_out)
    return validator(lambda predicted, y: {loss: float(LOSSES[loss](predicted, y))}, held_out)


def _checkpoints(path: Path) -> Path:
    return path.with_suffix(".checkpoints")


def _write(module: nn.Module, path: Path, subject: Subject, settings: dict[str, Any], history: History) -> None:
    summary = {"task": subject.task.name if subject.task is not None else None, "base": subject.label}
    summary |= {"finetuning": settings, "steps": history.steps, "validation": history.best}
    save(module, path, training=summary)
    checkpoints.clear(_checkpoints(path))
    module.card = Card.from_header(read_header(path), path)  # type: ignore[assignment]
    _log.info("fine-tuned network written to %s", path)
