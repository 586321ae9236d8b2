"""Evaluate: the task's metric of a network, or the distance of a discovered symmetry from the true one."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import ConfigError, MissingExtra
from ..registry import Registry
from ..symmetries import LieAlgebra
from ..tasks.metrics import regression
from ..tasks.task import Arrays, Task
from .scores import AVERAGED_OVER, network_scores, report_scores, symmetry_scores
from .subject import Subject, subject_of
from .supervision import user_arrays

FOREIGN_ORBITS = 100  # of the test split, solved again by scipy; a few milliseconds each
FOREIGN = "scipy"


def evaluate(
    model_or_name: Any,
    data: Any = None,
    *,
    averaged: int | None = None,
    write: bool = False,
    registry: Registry | None = None,
) -> dict[str, float]:
    """Measure a network or a discoverer.

    Parameters
    ----------
    model_or_name : Module, str or Path
        By a registry name, the other seeds of its recipe are measured too, as far as their files are there.
    data : optional
        - None: the test split of the task, as the recipe has it; for trajectories also the first 100 orbits of it
          made by scipy's integrator ("mse_scipy"), where scipy is installed
        - the path of a file, or inputs and targets `(x, y)`, of the user's own
        - a mapping such as ``{"integrator": "scipy", "size": 50}``: options of `Task.make` for the test split
    averaged : int, optional
        Also average predictions over so many elements of the network's symmetry, g^-1 f(g x) ("mse_averaged"). By
        default 32 where the network was trained by augmentation, else none.
    write : bool
        Store the metrics in the registry, with data and seeds. For `data` = None only.
    registry : Registry, optional
        Instead of the one that comes with zoo.

    Returns
    -------
    dict
        Metrics of the main seed ("mse", ... for networks; see `symmetry_scores` for discoverers). With other seeds also
        "seeds", their number, and for each metric "..._mean", "..._std" (of the sample), "..._low" and "..._high".

    Raises
    ------
    ConfigError
        If it is not known what to measure on.
    DataError
        If the data cannot be used.
    """
    subject = subject_of(model_or_name, registry)
    if write:
        _ = subject.entry  # an error before the work, not after it
        if data is not None:
            raise ConfigError("the registry keeps metrics on the recipe's test split alone; leave out data, or write")
    measured = _discoverers(subject, data) if subject.is_discoverer else _networks(subject, data, averaged)
    summary = summarise([scores for _, scores in measured])
    if write and subject.registry is not None and subject.name is not None:
        seeds = [seed for seed, _ in measured if seed is not None]
        stored = {**summary, "seeds": seeds, "data": {"split": "test", **_specification(subject)}}
        subject.registry.update(subject.name, metrics=stored)
    return _flat(summary, len(measured))


def summarise(scores: Sequence[Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """For each metric its value for the first seed; with several seeds also mean, std, low and high over all."""
    summary: dict[str, dict[str, float]] = {}
    for key, value in scores[0].items():
        values = [each[key] for each in scores if key in each]
        summary[key] = {"value": value}
        if len(values) > 1:
            spread = {"mean": statistics.fmean(values), "std": statistics.stdev(values)}
            summary[key] |= spread | {"low": min(values), "high": max(values)}
    return summary


def _flat(summary: Mapping[str, Mapping[str, float]], seeds: int) -> dict[str, float]:
    flat = {key: spread["value"] for key, spread in summary.items()}
    if seeds > 1:
        flat["seeds"] = float(seeds)
        for key, spread in summary.items():
            flat |= {f"{key}_{label}": value for label, value in spread.items() if label != "value"}
    return flat


def _networks(subject: Subject, data: Any, averaged: int | None) -> list[tuple[int | None, dict[str, float]]]:
    metric = subject.task.metric if subject.task is not None else regression
    x, y = _arrays(subject, data)
    foreign = _foreign(subject) if data is None else None
    results = []
    for seed, module in subject.members():
        scores = network_scores(module, metric, x, y, *_averaging(subject, module, averaged))
        if foreign is not None:
            scores[f"mse_{FOREIGN}"] = network_scores(module, metric, *foreign)["mse"]
        results.append((seed, scores))
    return results


def _discoverers(subject: Subject, data: Any) -> list[tuple[int | None, dict[str, float]]]:
    task = _required_task(subject)
    x, _ = _arrays(subject, data)
    results = []
    for seed, module in subject.members():
        found: Any = module.symmetry
        if not isinstance(found, LieAlgebra):
            raise ConfigError(
                f"{subject.label} found no matrix Lie algebra, so it cannot be compared with the true one"
            )
        scores = symmetry_scores(found, task.reference(), module.rep_in, x)  # type: ignore[arg-type]
        results.append((seed, scores | report_scores(getattr(module, "report", {}))))
    return results


def _arrays(subject: Subject, data: Any) -> tuple[Tensor, Tensor]:
    """Inputs and targets in float64: for a discoverer the pairs in which a symmetry is looked for."""
    if data is not None and not isinstance(data, str | PathLike | Mapping):
        if subject.task is not None and subject.is_discoverer:
            arrays = subject.task.check_discovery(*_pair(data), dtype=torch.float64)
        else:
            arrays = user_arrays(subject.task, data, torch.float64, getattr(subject.module, "config", {}))
        return arrays.x, arrays.y
    task = _required_task(subject)
    if isinstance(data, str | PathLike):
        read = task.read_discovery if subject.is_discoverer else task.read
        arrays = read(data, dtype=torch.float64)  # type: ignore[arg-type]
    else:
        arrays = _made(task, subject.is_discoverer, {**_specification(subject), **(data or {})})
    return arrays.x, arrays.y


def _made(task: Task, discovery: bool, specification: Mapping[str, Any]) -> Arrays:
    make = task.make_discovery if discovery else task.make
    return make("test", dtype=torch.float64, **specification)


def _foreign(subject: Subject) -> tuple[Tensor, Tensor] | None:
    """Test orbits of an integrator that nobody here wrote; None where there is none."""
    task = subject.task
    if task is None or FOREIGN not in getattr(task, "solvers", {}):
        return None
    specification = dict(_specification(subject))
    size = min(specification.pop("size", FOREIGN_ORBITS), FOREIGN_ORBITS)
    try:
        arrays = _made(task, False, {**specification, "size": size, "integrator": FOREIGN})
    except MissingExtra:
        return None
    return arrays.x, arrays.y


def _specification(subject: Subject) -> dict[str, Any]:
    """What the recipe says of the test data."""
    return dict((subject.recipe.get("data") or {}).get("test") or {})


def _averaging(subject: Subject, module: nn.Module, averaged: int | None) -> tuple[int, LieAlgebra | None]:
    """Over how many elements predictions are averaged, and of which group: the network's, or its augmentation's."""
    augment = subject.recipe.get("augment") or {}
    algebra = getattr(module, "symmetry", None)
    if algebra is None and augment:
        from ..factory.meaning import from_name

        algebra = from_name(augment["symmetry"], subject.registry)
    if averaged is None:
        averaged = AVERAGED_OVER if augment else 0
    if averaged and not isinstance(algebra, LieAlgebra):
        raise ConfigError(f"{subject.label} has no symmetry to average over; leave averaged out")
    return int(averaged), algebra


def _required_task(subject: Subject) -> Task:
    if subject.task is None:
        raise ConfigError(
            f"{subject.label} belongs to no task of zoo, so there is no test split and no file format; "
            "give inputs and targets: zoo.evaluate(model, (x, y))"
        )
    return subject.task


def _pair(data: Any) -> tuple[Any, Any]:
    try:
        x, y = data
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"data must be a file, a pair (x, y) of arrays or a mapping, got a {type(data).__name__}"
        ) from error
    return x, y
