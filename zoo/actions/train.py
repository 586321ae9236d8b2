"""Train: the weights of a registry entry, made again from its recipe."""

from __future__ import annotations

import logging
from functools import partial
from os import PathLike
from typing import Any

import torch
from torch import nn

from ..engine import History, Supervised, fit
from ..engine import checkpoint as checkpoints
from ..engine.rollout import Rollout
from ..engine.tensors import dense
from ..engine.world import World
from ..errors import ConfigError
from ..factory import build, save
from ..factory.loading import cast
from ..factory.meaning import from_name
from ..registry import Entry, Registry
from ..tasks import get_task
from ..tasks.samples import Arrays
from ..tasks.task import Task
from .augmenting import augmentation, moved_beside
from .recipe import Solution, network_recipe
from .record import Target, write_to_registry
from .supervision import loss_of, user_arrays, validator

_log = logging.getLogger(__name__)
_CALIBRATED = 10_000  # images from which scales are taken


def train(
    name: str,
    *,
    seed: int | None = None,
    out: str | PathLike[str] | None = None,
    resume: bool = False,
    write: bool = False,
    data: Any = None,
    registry: Registry | None = None,
    device: str | torch.device | None = None,
    progress: bool = True,
    checkpoint_seconds: float | None = 60.0,
    **overrides: Any,
) -> nn.Module:
    """Make a registry entry's weights again.

    Parameters
    ----------
    name : str
    seed : int, optional
        Of the initial weights and of everything random in the training, instead of the recipe's. The data keep theirs.
    out : path, optional
        Folder for the weights file; the current folder by default. Checkpoints lie beside the file until it is
        written.
    resume : bool
        Go on from the last checkpoint there.
    write : bool
        Put the file among the registry's weights, and its hash into the registry: under `weights` for the recipe's
        seed, under `replicas` for another one.
    data : path or (x, y), optional
        Training data instead of those of the recipe. For tasks whose data are files of the user's own, such as images,
        the path of the data set from which the recipe takes its splits.
    registry : Registry, optional
        Instead of the one that comes with zoo.
    device : str or torch.device, optional
        A GPU where there is one by default.
    progress : bool
        Whether to show a bar.
    checkpoint_seconds : float or None
        Between checkpoints.
    **overrides
        Fields of the recipe, such as ``epochs=10``.

    Returns
    -------
    Module
        Trained, in eval mode, on the CPU.

    Raises
    ------
    ConfigError
        If the recipe is missing or wrong, or does not go with the other arguments.
    TrainingError
        If the loss becomes NaN or infinite.
    """
    registry = Registry.load() if registry is None else registry
    name = registry.resolve(name)
    entry = registry.entries[name]
    source = data_source(entry, data, write, overrides)
    _refuse_untrue_records(write, out, None if source else data, overrides)
    changes = {**overrides, **({} if seed is None else {"seed": seed})}
    if entry.kind == "discoverer":
        from .train_discoverer import trained_discoverer as trained
    else:
        trained = trained_network
    target = Target.of(name, entry, registry, seed, out, write)
    run = {"out": target.checkpoints, "resume": resume, "device": device, "progress": progress}
    module, summary = trained(name, entry, registry, data, source, changes, checkpoint_seconds, run)
    module = module.cpu().eval()
    if World.join(device).is_main:
        written = save(module, target.path, name=name, training=summary)
        if write:
            write_to_registry(target, written, registry)
        checkpoints.clear(target.checkpoints)
        _log.info("%s written to %s", name, target.path)
    return module


def data_source(entry: Entry, data: Any, write: bool, overrides: dict[str, Any]) -> dict[str, Any] | None:
    """Options of the task's `make` that say where its data set is, where `data` is the path of one."""
    task = overrides.get("task") or entry.training.get("task") or entry.task
    if not isinstance(data, str | PathLike) or task is None:
        return None
    task = get_task(task)
    source = task.located(data)
    if source is not None and write:
        for split, options in (entry.training.get("data") or {}).items():
            if options is not None:
                task.check_source(split, {**options, **source})
    return source


def recipe_seeds(name: str, registry: Registry | None = None) -> list[int]:
    """The seed of an entry's recipe, then those of its replicas."""
    training = (Registry.load() if registry is None else registry).entry(name).training
    return [int(training.get("seed", 0)), *(int(seed) for seed in training.get("replicas", []))]


def trained_network(
    name: str,
    entry: Entry,
    registry: Registry,
    data: Any,
    source: dict[str, Any] | None,
    changes: dict[str, Any],
    checkpoint_seconds: float | None,
    run: dict[str, Any],
) -> tuple[nn.Module, dict[str, Any]]:
    """A network trained by an entry's recipe, and what its weights file says of the training.

    Parameters
    ----------
    source : dict or None
        What `data_source` says.
    changes : dict
        Fields of the recipe that are others.
    run : dict
        Keyword arguments of `zoo.engine.fit`.
    """
    recipe = network_recipe(name, entry, changes)
    if recipe.blocks > 1 and not recipe.rollout:
        raise ConfigError(
            f"entry {name}, field training.blocks: blocks follow one another where rollout: true asks for them"
        )
    dtype = getattr(torch, recipe.dtype)
    task = task_of(name, entry, recipe)
    every = 1
    if data is None or source is not None:
        options = {**recipe.data.train, **(source or {})}
        if recipe.moved is not None:  # solutions are moved on all nodes, and thinned out afterwards
            every = options.pop("every", 1)
        arrays = task.make("train", dtype=dtype, **options)
    else:
        arrays = user_arrays(task, data, dtype, entry.config)
    module = cast(fresh(entry, registry, recipe.seed), torch.device("cpu"), dtype)
    if recipe.compiled:
        _compile(name, module)
    calibrate = getattr(module, "calibrate", None)
    if recipe.calibrate and calibrate is not None:
        calibrate(*_of_one_shape(arrays))
    if recipe.moved is not None:
        arrays = moved_beside(name, recipe, arrays, registry, run["progress"])
        arrays = Arrays(*(solutions[:, :, ::every] for solutions in arrays))
    elif recipe.samples is not None:
        arrays = arrays[torch.arange(recipe.samples) % len(arrays)]
    learn = partial(Rollout, blocks=recipe.blocks) if recipe.rollout else Supervised
    learner = learn(
        module,
        loss_of(recipe.loss, recipe.smoothing),
        lr=recipe.lr,
        weight_decay=recipe.weight_decay,
        betas=recipe.betas,
        clip=recipe.clip,
        augment=None if recipe.augment is None else augmentation(recipe.augment, module, registry),
    )
    validate = None
    if recipe.data.validation is not None:
        options = {**recipe.data.validation, **(source or {})}
        validate = validator(task.metric, task.make("validation", dtype=dtype, **options))
    schedule = recipe.to_schedule(checkpoint_seconds)
    history = fit(learner, (arrays.x, arrays.y), schedule, validate=validate, **run)
    _log.info("%s: %d steps, %.0f a second", name, history.steps, history.steps_per_second)
    return module, {**entry.training, **changes, "task": task.name, **outcome(history)}


def _of_one_shape(arrays: Arrays) -> tuple[Any, Any]:
    """Data as the network is calibrated on: of images that are kept as bytes the first ones, as a tensor."""
    x, y = arrays
    return (dense(x[:_CALIBRATED]), y[:_CALIBRATED]) if getattr(x, "one_shape", False) else (x, y)


def _compile(name: str, module: nn.Module) -> None:
    """Have a network compile its inner loops."""
    compiled = getattr(module, "compiled", None)
    if compiled is None:
        raise ConfigError(f"entry {name}, field training.compiled: this network has no loops to compile; leave it out")
    compiled()


def outcome(history: History) -> dict[str, Any]:
    """What a weights file says of how the training ended: nothing that differs between two runs of a recipe."""
    ended: dict[str, Any] = {"steps": history.steps}
    if history.losses:
        last = history.losses[-1]
        ended["final_loss"] = {key: value for key, value in last.items() if key not in ("step", "epoch")}
    if history.validation:
        ended["final_validation"] = history.validation[-1]
    if history.best is not None:
        ended["best_validation"] = history.best
    return ended


def fresh(entry: Entry, registry: Registry, seed: int) -> nn.Module:
    """An untrained module of an entry, with initial weights from `seed`; torch's generator is left as it was."""
    symmetry = None if entry.symmetry is None else from_name(entry.symmetry, registry)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build(entry.family, symmetry, **entry.config)


def task_of(name: str, entry: Entry, recipe: Solution) -> Task:
    """The task whose data an entry is trained on."""
    task = recipe.task or entry.task
    if task is None:
        raise ConfigError(f"entry {name} names no task, so that there are no data to train on; set its field task")
    return get_task(task)


def _refuse_untrue_records(write: bool, out: Any, data: Any, overrides: dict[str, Any]) -> None:
    """What the registry records must be what its recipe makes, where it says that the file is."""
    given = [label for label, value in (("out", out), ("data", data)) if value is not None] + sorted(overrides)
    if write and given:
        raise ConfigError(
            f"with write, weights come from the registry's recipe and go to its folder, so {', '.join(given)} cannot "
            "be given beside it; change the recipe in registry.yaml, or leave out write"
        )
