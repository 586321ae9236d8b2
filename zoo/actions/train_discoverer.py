"""Train a discoverer from its recipe: one seed of what `zoo.discover` does on the user's data."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..engine import fit
from ..factory.building import build
from ..registry import Entry, Registry
from ..tasks.task import Task
from .discover import split
from .recipe import Discovery, discovery_recipe
from .sureness import sureness
from .train import outcome, task_of


def trained_discoverer(
    name: str,
    entry: Entry,
    registry: Registry,
    data: Any,
    changes: dict[str, Any],
    checkpoint_seconds: float | None,
    run: dict[str, Any],
) -> tuple[Any, dict[str, Any]]:
    """The module, and what its weights file says of the training."""
    seed = changes.get("seed", entry.training.get("seed", 0))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module: Any = build(entry.family, None, **entry.config)
    recipe = discovery_recipe(name, entry, changes, type(module).learner_options())
    task = task_of(name, entry, recipe)
    pairs, held_out = _pairs(task, recipe, data)
    history = fit(module.learner(pairs, **recipe.options), pairs, recipe.to_schedule(checkpoint_seconds), **run)
    module = sureness([module.cpu().eval()], held_out, seed)
    summary = {**entry.training, **changes, "task": task.name, **outcome(history), "report": module.report}
    return module, summary


def _pairs(task: Task, recipe: Discovery, data: Any) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Pairs to train on, and pairs for the two-sample test: of the validation split, or held out of the user's."""
    if data is None:
        train = task.make_discovery("train", **recipe.data.train)
        held_out = task.make_discovery("validation", **(recipe.data.validation or {}))
        return (train.x, train.y), (held_out.x, held_out.y)
    arrays = task.read_discovery(Path(data)) if isinstance(data, (str, PathLike)) else task.check_discovery(*data)
    return split(arrays.x, arrays.y)
