"""How near generators are that were solved for in pairs, by the family that found them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..errors import ConfigError
from ..tasks.pairs_on_grid import TASK, PairsOnGrid
from . import algebra_scores, matrix_scores
from .measured_data import arrays_of, required_task, source_of, specification
from .scores import report_scores
from .subject import Subject

_OTHERS = 101  # added to the seed for the pairs that nothing was solved for yet
_FAMILIES = {"lconv_pairs": matrix_scores, "affine_pairs": algebra_scores}

Measured = list[tuple[int | None, dict[str, float]]]


def solved_scores(subject: Subject, data: Any, *, write: bool = False, progress: bool = False) -> Measured:
    """Scores of every seed.

    On the task's own pairs those of `matrix_scores.on_task` for matrices on the nodes, of `algebra_scores.on_task` for
    algebras on the coordinates, and "report_...": what the discovery itself said of how sure it is. On pairs of the
    user's own, whose truth nobody knows, those of `on_own_pairs` there.

    Raises
    ------
    ConfigError
        If the subject's task has no pairs on a grid, or its family no scores here.
    MissingData
        With `write`, if the recipe's natural images are not at hand: a record without them would replace one with them.
    """
    family = _FAMILIES.get(subject.module.family)
    if family is None:
        raise ConfigError(f"{subject.label}: there are no scores for the family {subject.module.family}; read .report")
    if data is not None and source_of(subject, data) is None and not isinstance(data, Mapping):
        pairs = arrays_of(replace(subject, task=TASK), data)
        return [(seed, family.on_own_pairs(module, pairs, progress)) for seed, module in subject.members()]
    task = required_task(subject)
    if not isinstance(task, PairsOnGrid):
        raise ConfigError(f"{subject.label} was found in pairs on a grid, and {task.name} has none; give pairs")
    options = {**specification(subject), **(source_of(subject, data) or data or {})}
    others = family.other_pairs(task, options, write)
    results: Measured = []
    for seed, module in subject.members():
        drawn = {**options, "seed": (seed or 0) + _OTHERS} if "seed" not in options else options
        scores = family.on_task(module, task, drawn, others, progress)
        results.append((seed, scores | report_scores(module.report)))
    return results
