"""Discover: the symmetry in the user's own arrays, and how sure it is."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import fields
from os import PathLike
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..atomic import write_atomically
from ..discoverers import ALIASES, METHODS
from ..engine import Schedule, fit
from ..engine.world import World
from ..errors import ConfigError, MissingExtra, SymmetryError
from ..factory import save
from ..factory.building import build
from ..factory.providers import builder
from .discovery_data import pairs_with_shapes
from .draw import draw_symmetry
from .solve import is_solved, learns_fields, solved_runs
from .sureness import sureness

_log = logging.getLogger(__name__)

_HELD_OUT = 0.2
"""Share of the pairs that no training sees, for the two-sample test."""
_SCHEDULE = ("batch_size", "average", "decay", "floor", "warmup", "milestones", "gamma")


def discover(
    method: str,
    data: Any,
    *,
    seeds: int = 1,
    epochs: int = 60,
    out: str | PathLike[str] | None = None,
    progress: bool = True,
    seed: int = 0,
    device: str | torch.device | None = None,
    **config: Any,
) -> nn.Module:
    """Look for the symmetry of pairs (x, y).

    Parameters
    ----------
    method : {"liegan", "augerino", "symmetrygan", "lconv", "affine_pairs", "flow"}
        The first three train, and look for transformations of x and y at once that leave their distribution alone.
        "lconv" (L-conv, `zoo.discoverers.lconv.LConvPairs`) solves for the generator L of g = exp(theta L) in pairs
        (x, g x) of functions on the same nodes, each with an angle of its own that nobody knows; in a minute or less,
        so that there is nothing to resume. "affine_pairs" (`zoo.discoverers.affine.AffinePairs`) solves for the Lie
        algebra of affine maps of the coordinates, of any dimension, in such pairs on a grid. "flow" (generator fields,
        `zoo.discoverers.flow.Flow`) trains vector fields on (x, t, u) whose flows take solutions of an evolution
        equation to solutions, or on the plane of images whose flows are nothing to a classifier.
    data : (x, y)
        Arrays or tensors, one sample a row: x `(N, ...)`, y `(N, ...)`. For the last two functions before and
        after, `(N, d)`, `(N, H, W)` or `(N, C, H, W)` both. For the others the last axis of x is taken for the vectors
        that the symmetry acts on unless `rep_in` says otherwise: `(N, k)` is one vector, `(N, T, k)` are T of them.
        For y it is the same where its last axis is k long too; `(N,)` are numbers that the symmetry leaves alone,
        or classes where they are integers. For anything else give `k`, `rep_in` and `rep_out`. For "flow" solutions on
        an even grid of a periodic interval, ``(u (N, T, X), x (X,), t (T,))``, or the path of an HDF5 file of them;
        the equation is `score`, a function of some of x, t, u, u_t, u_x, u_xx, ... named so, or a known one's name. Or
        images `(N, C, H, W)`, alone or with labels; `score` is a classifier to which moved ones should be the same, its
        name, or a function from images to features.
    seeds : int
        Independent runs. Their agreement is part of the report; the run whose pairs are hardest to tell is returned.
    epochs : int
        Of the methods that train: passes over the four fifths of the data that are trained on; the rest is kept for
        the test.
    out : path, optional
        Folder for ``METHOD.safetensors``, ``METHOD.json`` (the report) and, with matplotlib, ``METHOD.png``.
    progress : bool
        Whether to show a bar for each run.
    seed : int
        Of the first run; the others take the numbers after it.
    device : str or torch.device, optional
        A GPU where there is one by default.
    **config
        Options of the method (see `zoo.discoverers`), of its learner (learning rates, regularisers, noise), and
        `batch_size`, `average`, `decay`, `floor`, `warmup`, `milestones`, `gamma` of the schedule.

    Returns
    -------
    Module
        With `.symmetry` and `.report`: the numbers of `zoo.actions.sureness` (of "lconv" those of
        `LConvPairs.solve`, of "affine_pairs" of `AffinePairs.solve`), and a verdict in one line.

    Raises
    ------
    ConfigError
        If the method or an option is unknown or out of range.
    DataError
        If the arrays cannot be used, or it is not clear how a symmetry acts on them.
    TrainingError
        If a loss becomes NaN or infinite.
    """
    if seeds < 1:
        raise ConfigError(f"seeds is the number of runs, at least 1, got {seeds}")
    family = ALIASES.get(method, method)
    if family not in METHODS:
        names = [name for name in METHODS if name not in ALIASES.values()]
        raise ConfigError(f'no discoverer "{method}"; there are {", ".join([*names, *ALIASES])}')
    if learns_fields(family):
        module = _fields(data, config, seeds=seeds, epochs=epochs, seed=seed, device=device, progress=progress)
    elif is_solved(family):
        module = solved_runs(family, data, config, seeds=seeds, seed=seed, device=device, progress=progress)
    else:
        module = _trained_runs(family, data, config, seeds, epochs, seed, device, progress)
    _log.info("%s: %s", method, module.report["verdict"])
    if out is not None and World.join(device).is_main:
        _write(module, method, Path(out))
    return module


def _fields(data: Any, config: dict[str, Any], *, epochs: int, **run: Any) -> Any:
    """Vector fields of solutions, or of images."""
    from .field_problem import problem_of
    from .fields import discovered_fields

    if "score" not in config:
        raise ConfigError(
            '"flow" needs score: of solutions the name of an equation, or its residual as a function; of images a '
            "classifier"
        )
    problem = problem_of(data, config.pop("score"))
    options, learning, scheduling = _sorted_options("flow", config)
    scheduling = {"batch_size": 16, "average": 0.99, "floor": 0.0, "warmup": epochs / 12, **scheduling}

    def schedule(size: int, seed: int) -> Schedule:
        batch = {**scheduling, "batch_size": min(scheduling["batch_size"], size)}
        return Schedule(epochs=epochs, seed=seed, checkpoint_seconds=None, **batch)

    return discovered_fields(problem, options, learning, schedule=schedule, **run)


def _trained_runs(
    method: str,
    data: Any,
    config: Mapping[str, Any],
    seeds: int,
    epochs: int,
    seed: int,
    device: str | torch.device | None,
    progress: bool,
) -> Any:
    """The run whose pairs are hardest to tell, with the report of all."""
    options, learning, scheduling = _sorted_options(method, config)
    x, y, options = pairs_with_shapes(data, options)
    train, held_out = split(x, y)
    scheduling = {"batch_size": 256, "average": 0.998, "decay": "cosine", "floor": 0.02, **scheduling}
    scheduling["batch_size"] = min(scheduling["batch_size"], len(train[0]))
    modules = []
    for number in range(seed, seed + seeds):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(number)
            module: Any = build(method, None, **options)
        schedule = Schedule(epochs=epochs, seed=number, checkpoint_seconds=None, **scheduling)
        fit(module.learner(train, **learning), train, schedule, device=device, progress=progress)
        modules.append(module.cpu().eval())
    return sureness(_with_symmetry(modules), held_out, seed)


def _with_symmetry(modules: list[Any]) -> list[Any]:
    """Those that found one: a single map (SymmetryGAN) may reflect, and then no group goes through it."""
    found: list[Any] = []
    for module in modules:
        try:
            _ = module.symmetry
        except SymmetryError as error:
            if len(found) == 0 and module is modules[-1]:
                raise
            _log.warning("a run without a symmetry is left out: %s", error)
        else:
            found.append(module)
    return found


def _sorted_options(method: str, config: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Options of the method, of its learner and of the schedule, told apart by their names."""
    learner_options = builder(method).learner_options()  # type: ignore[attr-defined]
    known = {field.name for field in fields(Schedule)}
    options: dict[str, Any] = {}
    learning: dict[str, Any] = {}
    scheduling: dict[str, Any] = {}
    for name, value in config.items():
        if name in learner_options:
            learning[name] = value
        elif name in _SCHEDULE and name in known:
            scheduling[name] = value
        else:
            options[name] = value  # the builder names the allowed ones where it is unknown
    return options, learning, scheduling


def split(x: Tensor, y: Tensor) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Training pairs and held-out ones; the same split whatever the seed of the run."""
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
    kept = max(8, round(_HELD_OUT * len(x)))
    held_out, train = order[:kept], order[kept:]
    return (x[train], y[train]), (x[held_out], y[held_out])


def _write(module: Any, method: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    save(module, folder / f"{method}.safetensors", training={"report": module.report})
    write_atomically(folder / f"{method}.json", (json.dumps(module.report, indent=2) + "\n").encode())
    try:
        draw_symmetry(module, folder / f"{method}.png")
    except MissingExtra as error:
        _log.warning("no picture of the basis: %s", error)
