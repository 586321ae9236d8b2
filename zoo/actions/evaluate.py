"""Evaluate: the task's metric of a network, or the distance of a discovered symmetry from the true one."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import nn

from ..errors import ConfigError
from ..factory.probing import takes_images
from ..progress import Bar
from ..registry import Registry
from ..symmetries import LieAlgebra
from ..tasks.metrics import Metric, classification, regression
from ..tasks.samples import Arrays
from .curves import record_curve, table_path
from .measured_data import (
    arrays_of,
    check_source,
    required_task,
    shifted_arrays,
    source_of,
    specification,
    validation_arrays,
)
from .scores import AVERAGED_OVER, network_scores, report_scores, symmetry_scores
from .subject import Subject, subject_of


def evaluate(
    model_or_name: Any,
    data: Any = None,
    *,
    averaged: int | None = None,
    write: bool = False,
    registry: Registry | None = None,
    device: str | torch.device | None = None,
    progress: bool = False,
) -> dict[str, float]:
    """Measure a network or a discoverer.

    Parameters
    ----------
    model_or_name : Module, str or Path
        By a registry name, the other seeds of its recipe are measured too, as far as their files are there.
    data : optional
        - None: the test split of the task, as the recipe has it, and data like it from another hand: for trajectories
          the first 100 orbits made by scipy's integrator ("mse_scipy"), where scipy is installed; for jets 20,000 of
          them with a coarser detector and 20,000 at truth level ("auroc_coarse", "auroc_truth")
        - the path of a file, or inputs and targets `(x, y)`, of the user's own; for tasks whose data are files, such as
          images, the path of the data set, whose test split is measured
        - a mapping such as ``{"integrator": "scipy", "size": 50}``: options of `Task.make` for the test split
    averaged : int, optional
        Also average predictions over so many elements of the network's symmetry, g^-1 f(g x) ("mse_averaged"). By
        default 32 where the network was trained by augmentation, else none.
    write : bool
        Store the metrics in the registry, with data and seeds. For `data` = None, or the path of a data set.
    registry : Registry, optional
        Instead of the one that comes with zoo.
    device : str or torch.device, optional
        Where networks that were asked for by name or path are measured; a module is measured where it is.
    progress : bool
        Whether to show a bar.

    Returns
    -------
    dict
        Metrics of the main seed (for networks those of the task's metric, such as "mse"; see `symmetry_scores` for
        discoverers, `solved_scores` for generators of pairs, `field_scores` and `image_field_scores` for vector
        fields). With other seeds also "seeds", their number, and for each metric "..._mean", "..._std" (of the sample),
        "..._low" and "..._high".

    Raises
    ------
    ConfigError
        If it is not known what to measure on.
    DataError
        If the data cannot be used.
    """
    subject = subject_of(model_or_name, registry)
    if device is not None and subject.module is not model_or_name and not subject.is_discoverer:
        subject.module.to(device)
    if write:
        _ = subject.entry  # an error before the work, not after it
        check_source(subject, data)
        if data is not None and source_of(subject, data) is None:
            raise ConfigError("the registry keeps metrics on the recipe's test split alone; leave out data, or write")
    if hasattr(subject.module, "solve"):
        from .solved_scores import solved_scores

        measured = solved_scores(subject, data, write=write, progress=progress)
    elif hasattr(subject.module, "conclude"):
        from .field_scores import field_scores
        from .image_field_scores import image_field_scores

        on_images = subject.recipe.get("features") is not None
        measured = (image_field_scores if on_images else field_scores)(subject, data)
    elif subject.is_discoverer:
        measured = _discoverers(subject, data)
    else:
        measured = _networks(subject, data, averaged, progress, _curve_writer(subject) if write else None)
    summary = summarise([scores for _, scores in measured])
    if write and subject.registry is not None and subject.name is not None:
        seeds = [seed for seed, _ in measured if seed is not None]
        stored = {**summary, "seeds": seeds, "data": {"split": "test", **specification(subject)}}
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


def _networks(
    subject: Subject, data: Any, averaged: int | None, progress: bool, curve: Callable[..., object] | None
) -> list[tuple[int | None, dict[str, float]]]:
    test = arrays_of(subject, data)
    metric, main = _judged_by(subject, test)
    shifted = shifted_arrays(subject) if data is None else {}
    if data is None or source_of(subject, data) is not None:
        selected_on = validation_arrays(subject, data)
        shifted |= {} if selected_on is None else {"validation": selected_on}
    total = sum(map(len, (test, *shifted.values())))
    results: list[tuple[int | None, dict[str, float]]] = []
    for seed, module in subject.members():
        keep = None if curve is None or results else partial(curve, truth=test.y)
        title = subject.label if seed is None else f"{subject.label}, seed {seed}"
        with Bar(progress, total, title=title, unit="inputs") as bar:
            chosen = _averaging(subject, module, averaged)
            scores = network_scores(module, metric, test.x, test.y, *chosen, main=main, advance=bar.advance, keep=keep)
            for label, arrays in shifted.items():
                also = network_scores(module, metric, arrays.x, arrays.y, advance=bar.advance)
                scores[f"{main}_{label}"] = also[main]
        if subject.task is not None and subject.task.classes:
            scores["parameters"] = float(sum(parameter.numel() for parameter in module.parameters()))
        own: Any = getattr(module, "measures", None)  # what a family says of its trained networks
        results.append((seed, scores | ({} if own is None else own())))
    return results


def _judged_by(subject: Subject, test: Arrays) -> tuple[Metric, str]:
    """The task's metric and its main figure; without a task those of classes where the targets are integers."""
    if subject.task is not None:
        return subject.task.metric, subject.task.main_metric
    return (regression, "mse") if test.y.is_floating_point() else (classification, "accuracy")


def _curve_writer(subject: Subject) -> Callable[..., object] | None:
    """What keeps the ROC curve of a row that decides."""
    if subject.task is None or not subject.task.decides or subject.registry is None or subject.name is None:
        return None
    return partial(record_curve, table_path(subject.task.name, subject.registry.path.parent), subject.name)


def _discoverers(subject: Subject, data: Any) -> list[tuple[int | None, dict[str, float]]]:
    task = required_task(subject)
    x = arrays_of(subject, data).x
    results = []
    for seed, module in subject.members():
        found: Any = module.symmetry
        if not isinstance(found, LieAlgebra):
            raise ConfigError(
                f"{subject.label} found no matrix Lie algebra, so it cannot be compared with the true one"
            )
        channels = getattr(module, "found", found)
        scores = symmetry_scores(found, task.reference(), module.rep_in, x, channels)  # type: ignore[arg-type]
        results.append((seed, scores | report_scores(getattr(module, "report", {}))))
    return results


def _averaging(subject: Subject, module: nn.Module, averaged: int | None) -> tuple[int, LieAlgebra | None]:
    """Over how many elements predictions are averaged, and of which group: the network's, or its augmentation's."""
    augment = {} if takes_images(module) else subject.recipe.get("augment") or {}
    algebra = getattr(module, "symmetry", None)
    if algebra is None and augment:
        from ..factory.meaning import from_name

        algebra = from_name(augment["symmetry"], subject.registry)
    if averaged is None:
        averaged = AVERAGED_OVER if augment else 0
    if averaged and not isinstance(algebra, LieAlgebra):
        raise ConfigError(f"{subject.label} has no symmetry to average over; leave averaged out")
    return int(averaged), algebra
