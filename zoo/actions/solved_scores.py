"""How near a generator is that was solved for, and what the same method finds in other pairs."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch

from ..discoverers.lconv import correlation, moments
from ..errors import ConfigError, MissingData
from ..factory.building import build
from ..tasks.pairs_on_grid import TASK, PairsOnGrid
from ..tasks.samples import Arrays
from .measured_data import arrays_of, required_task, source_of, specification
from .scores import report_scores
from .solve import parts, solve
from .subject import Subject

_OTHERS = 101  # added to the seed for the pairs that nothing was solved for yet
_log = logging.getLogger(__name__)

Measured = list[tuple[int | None, dict[str, float]]]


def solved_scores(subject: Subject, data: Any, *, write: bool = False, progress: bool = False) -> Measured:
    """Scores of every seed.

    On the task's own pairs:

    - "correlation": |tr(A^T B)| / |A| |B| of the generator and the true one, the measure of the L-conv paper without
      the sign, which no discoverer can know; "correlation_on_data": the same in the metric of test data,
      <A, B> = E[(A f) . (B f)].
    - For each of the task's other kinds of pairs (`others`) the method is used anew: "correlation_bilinear" with the
      generator of linear interpolation; "correlation_images" with the true one, in the metric of these images (where
      natural images are at hand), and "correlation_images_as_matrices" without it; "correlation_scrambled" with the
      main generator, after the order of the nodes is put right: how far both agree.
    - "report_...": what the discovery itself said of how sure it is.

    On pairs of the user's own, whose truth nobody knows: "residual" of a generator solved for in them, and
    "correlation_on_data" of that one with this one.

    Raises
    ------
    MissingData
        With `write`, if the recipe's natural images are not at hand: a record without them would replace one with them.
    """
    if data is not None and source_of(subject, data) is None and not isinstance(data, Mapping):
        pairs = arrays_of(replace(subject, task=TASK), data)
        return [(seed, _on_own_pairs(module, pairs, progress)) for seed, module in subject.members()]
    task = required_task(subject)
    if not isinstance(task, PairsOnGrid):
        raise ConfigError(
            f"{subject.label} found matrices on the nodes of a grid, and {task.name} has none; give pairs"
        )
    options = {**specification(subject), **(source_of(subject, data) or data or {})}
    kinds = _kinds(task, options, write)
    results: Measured = []
    for seed, module in subject.members():
        drawn = {**options, "seed": (seed or 0) + _OTHERS} if "seed" not in options else options
        results.append((seed, _on_task(module, task, drawn, kinds, progress)))
    return results


def _on_task(
    module: Any, task: PairsOnGrid, options: Mapping[str, Any], kinds: Mapping[str, Mapping], progress: bool
) -> dict[str, float]:
    test = task.make_discovery("test", dtype=torch.float64, **options)
    truth = task.truth(**options)
    scores = {
        "generators": 1.0,
        "correlation": abs(correlation(module.generator, truth)),
        "correlation_on_data": abs(correlation(module.generator, truth, moments(test.x))),
    }
    for label, changes in kinds.items():
        chosen = {**options, **changes}
        pairs = task.make_discovery("test", dtype=torch.float64, **chosen)
        other = _solved_like(module, pairs, label, progress)
        if label == "scrambled":
            back = torch.argsort(task.order(**chosen))
            scores[f"correlation_{label}"] = abs(correlation(other.generator[back][:, back], module.generator))
        else:
            true = task.truth(**chosen)
            scores[f"correlation_{label}"] = abs(correlation(other.generator, true))
            if label == "images":
                scores["correlation_images_as_matrices"] = scores["correlation_images"]
                scores["correlation_images"] = abs(correlation(other.generator, true, moments(pairs.x)))
    return scores | report_scores(module.report)


def _on_own_pairs(module: Any, pairs: Arrays, progress: bool) -> dict[str, float]:
    other = _solved_like(module, pairs, "own pairs", progress)
    mass = moments(module.functions(pairs.x))
    agreement = abs(correlation(other.generator, module.generator, mass))
    return {"correlation_on_data": agreement, "residual": other.report["held_out"]}


def _solved_like(module: Any, pairs: Arrays, label: str, progress: bool) -> Any:
    """Another module of the same config, from these pairs."""
    config = {**module.config, "input_shape": list(pairs.x.shape[1:])}
    other: Any = build(module.family, None, **config)
    if other.d != module.d:
        raise ConfigError(f"this generator is a matrix on {module.d} nodes, and the pairs have {other.d}")
    solve(other, *parts(pairs.x, pairs.y, 0), progress=progress, title=label)
    return other.cpu()


def _kinds(task: PairsOnGrid, options: Mapping[str, Any], write: bool) -> dict[str, Mapping[str, Any]]:
    """The other pairs that can be made: natural images are of the user's own, and signals are none."""
    kinds = dict(task.others)
    if len(task.request(**options).shape) == 1:
        del kinds["images"]
        return kinds
    try:
        task.make("test", **{**options, **kinds["images"], "size": 1})
    except MissingData as error:
        if write:
            raise
        _log.warning("natural images are left out: %s", error)
        del kinds["images"]
    return kinds
