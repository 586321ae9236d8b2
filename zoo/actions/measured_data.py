"""What a network or a discoverer is measured on: the test split of its recipe, or the user's data."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import Any

import torch

from ..errors import ConfigError, MissingExtra
from ..tasks.samples import Arrays
from ..tasks.task import Task
from .subject import Subject
from .supervision import user_arrays


def arrays_of(subject: Subject, data: Any) -> Arrays:
    """Inputs and targets, of networks in the task's own precision: for a discoverer the pairs with a symmetry in them.

    Parameters
    ----------
    data : optional
        As in `zoo.evaluate`.
    """
    if data is not None and not isinstance(data, str | PathLike | Mapping):
        if subject.task is not None and subject.is_discoverer:
            return subject.task.check_discovery(*_pair(data), dtype=torch.float64)
        dtype = torch.float64 if subject.task is None else subject.task.measured_in
        return user_arrays(subject.task, data, dtype, getattr(subject.module, "config", {}))
    task = required_task(subject)
    source = source_of(subject, data)
    if source is not None:
        return _made(task, subject.is_discoverer, {**specification(subject), **source})
    if isinstance(data, str | PathLike):
        read, dtype = (task.read_discovery, torch.float64) if subject.is_discoverer else (task.read, task.measured_in)
        return read(data, dtype=dtype)  # type: ignore[arg-type]
    return _made(task, subject.is_discoverer, {**specification(subject), **(data or {})})


def source_of(subject: Subject, data: Any) -> dict[str, Any] | None:
    """Options of the task's `make`, where `data` is the path of the data set from which it takes its splits."""
    if subject.task is None or not isinstance(data, str | PathLike):
        return None
    return subject.task.located(data)


def check_source(subject: Subject, data: Any) -> None:
    """Raise where the test data are others than the recipe records; what is written must be what others can repeat."""
    if subject.task is not None:
        subject.task.check_source("test", {**specification(subject), **(source_of(subject, data) or {})})


def validation_arrays(subject: Subject, data: Any) -> Arrays | None:
    """Of a classifier the images by which its weights were selected, as papers report their accuracy on such ones."""
    options = (subject.recipe.get("data") or {}).get("validation")
    if subject.task is None or not subject.task.classes or options is None or subject.is_discoverer:
        return None
    chosen = {**options, **(source_of(subject, data) or {})}
    return subject.task.make("validation", dtype=subject.task.measured_in, **chosen)


def shifted_arrays(subject: Subject) -> dict[str, Arrays]:
    """Test data made by another hand or under other conditions (`Task.shifts`), as far as they can be made here."""
    found = {}
    for label, options in (subject.task.shifts if subject.task is not None else {}).items():
        chosen = {**specification(subject), **options}
        if "size" in options:  # so many items at most
            chosen["size"] = min(specification(subject).get("size", options["size"]), options["size"])
        try:
            found[label] = _made(required_task(subject), False, chosen)
        except MissingExtra:
            continue
    return found


def specification(subject: Subject) -> dict[str, Any]:
    """What the recipe says of the test data."""
    return dict((subject.recipe.get("data") or {}).get("test") or {})


def required_task(subject: Subject) -> Task:
    """The subject's task.

    Raises
    ------
    ConfigError
        If it has none.
    """
    if subject.task is None:
        raise ConfigError(
            f"{subject.label} belongs to no task of zoo, so there is no test split and no file format; "
            "give inputs and targets: zoo.evaluate(model, (x, y))"
        )
    return subject.task


def _made(task: Task, discovery: bool, options: Mapping[str, Any]) -> Arrays:
    if discovery:
        return task.make_discovery("test", dtype=torch.float64, **options)
    return task.make("test", dtype=task.measured_in, **options)


def _pair(data: Any) -> tuple[Any, Any]:
    try:
        x, y = data
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"data must be a file, a pair (x, y) of arrays or a mapping, got a {type(data).__name__}"
        ) from error
    return x, y
