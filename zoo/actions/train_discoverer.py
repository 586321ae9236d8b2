"""Train a discoverer from its recipe, or solve for it: one seed of what `zoo.discover` does on the user's data."""

from __future__ import annotations

import logging
from os import PathLike
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..engine import fit
from ..errors import ConfigError
from ..factory.building import build
from ..registry import Entry, Registry
from ..tasks.task import Task
from .discover import split
from .recipe import Solution, discovery_recipe, solution_recipe
from .solve import is_solved, learns_fields, solve
from .sureness import sureness
from .train import outcome, task_of

_log = logging.getLogger(__name__)


def trained_discoverer(
    name: str,
    entry: Entry,
    registry: Registry,
    data: Any,
    source: dict[str, Any] | None,
    changes: dict[str, Any],
    checkpoint_seconds: float | None,
    run: dict[str, Any],
) -> tuple[Any, dict[str, Any]]:
    """The module, and what its weights file says of the training."""
    if is_solved(entry.family):
        return _solved_discoverer(name, entry, data, source, changes, run)
    if learns_fields(entry.family):
        return _fields(name, entry, registry, data, source, changes, checkpoint_seconds, run)
    seed = changes.get("seed", entry.training.get("seed", 0))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module: Any = build(entry.family, None, **entry.config)
    recipe = discovery_recipe(name, entry, changes, type(module).learner_options())
    task = task_of(name, entry, recipe)
    pairs, held_out = _pairs(task, recipe, data, source)
    history = fit(module.learner(pairs, **recipe.options), pairs, recipe.to_schedule(checkpoint_seconds), **run)
    module = sureness([module.cpu().eval()], held_out, seed)
    summary = {**entry.training, **changes, "task": task.name, **outcome(history), "report": module.report}
    return module, summary


def _fields(
    name: str,
    entry: Entry,
    registry: Registry,
    data: Any,
    source: dict[str, Any] | None,
    changes: dict[str, Any],
    checkpoint_seconds: float | None,
    run: dict[str, Any],
) -> tuple[Any, dict[str, Any]]:
    """Vector fields on solutions of the task's equation, or on its images."""
    from ..discoverers.flow import Flow
    from .field_problem import recipe_problem
    from .fields import fresh_fields, trained_fields

    recipe = discovery_recipe(name, entry, changes, Flow.learner_options())
    task = task_of(name, entry, recipe)
    if data is not None and source is None:
        raise ConfigError(f"{name} is trained on data of its task; on your own use zoo.discover")
    problem, held_out = recipe_problem(task, recipe, source or {}, registry)
    module = fresh_fields(entry.config, recipe.seed)
    schedule = recipe.to_schedule(checkpoint_seconds)
    history = trained_fields(module, problem, problem.data, held_out, recipe.options, schedule, **run)
    return module, {**entry.training, **changes, "task": task.name, **outcome(history), "report": module.report}


def _solved_discoverer(
    name: str,
    entry: Entry,
    data: Any,
    source: dict[str, Any] | None,
    changes: dict[str, Any],
    run: dict[str, Any],
) -> tuple[Any, dict[str, Any]]:
    """There is nothing random in solving: what a seed changes are the pairs."""
    recipe = solution_recipe(name, entry, changes)
    task = task_of(name, entry, recipe)
    if run["resume"]:
        _log.warning("%s is solved for in a minute or so: there are no checkpoints, and it starts anew", name)
    drawn = {"seed": recipe.seed, "dtype": torch.float64, **(source or {})} if data is None or source else None
    module: Any = build(entry.family, None, **entry.config)
    solve(module, *_pairs(task, recipe, data, drawn), device=run["device"], progress=run["progress"], title=name)
    return module, {**entry.training, **changes, "task": task.name, "report": module.report}


def _pairs(
    task: Task, recipe: Solution, data: Any, source: dict[str, Any] | None
) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Pairs to train on, and pairs for the two-sample test: of the validation split, or held out of the user's."""
    if data is None or source is not None:
        train = task.make_discovery("train", **{**recipe.data.train, **(source or {})})
        held_out = task.make_discovery("validation", **{**(recipe.data.validation or {}), **(source or {})})
        return (train.x, train.y), (held_out.x, held_out.y)
    arrays = task.read_discovery(Path(data)) if isinstance(data, (str, PathLike)) else task.check_discovery(*data)
    return split(arrays.x, arrays.y)
