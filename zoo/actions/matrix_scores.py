"""Scores of `LConvPairs`: how near a matrix on the nodes is, and what the same method finds in other pairs."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from typing import Any

import torch

from ..discoverers.lconv import correlation, moments
from ..errors import ConfigError, MissingData
from ..tasks.pairs_on_grid import PairsOnGrid
from ..tasks.samples import Arrays
from .solve import solved_like

_log = logging.getLogger(__name__)


def on_task(
    module: Any, task: PairsOnGrid, options: Mapping[str, Any], others: Mapping[str, Mapping], progress: bool
) -> dict[str, float]:
    """Scores on the task's own pairs.

    - "correlation": |tr(A^T B)| / |A| |B| of the generator and the true one, the measure of the L-conv paper without
      the sign, which no discoverer can know; "correlation_on_data": the same in the metric of test data,
      <A, B> = E[(A f) . (B f)].
    - For each of the task's other kinds of pairs the method is used anew: "correlation_bilinear" with the generator of
      linear interpolation; "correlation_images" with the true one, in the metric of these images (where natural images
      are at hand), and "correlation_images_as_matrices" without it; "correlation_scrambled" with the main generator,
      after the order of the nodes is put right: how far both agree.
    """
    test = task.make_discovery("test", dtype=torch.float64, **options)
    truth = task.truth(**options)
    scores = {
        "generators": 1.0,
        "correlation": abs(correlation(module.generator, truth)),
        "correlation_on_data": abs(correlation(module.generator, truth, moments(test.x))),
    }
    for label, changes in others.items():
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
    return scores


def on_own_pairs(module: Any, pairs: Arrays, progress: bool) -> dict[str, float]:
    """Of a generator solved for in the user's pairs: "residual", and "correlation_on_data" of it with this one."""
    other = _solved_like(module, pairs, "own pairs", progress)
    return {"correlation_on_data": module.agreement(other, pairs.x), "residual": other.report["held_out"]}


def other_pairs(task: PairsOnGrid, options: Mapping[str, Any], write: bool) -> dict[str, Mapping[str, Any]]:
    """Those that can be made: natural images are of the user's own, and signals are none."""
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


def _solved_like(module: Any, pairs: Arrays, label: str, progress: bool) -> Any:
    d = math.prod(pairs.x.shape[1:][-2:])
    if d != module.d:
        raise ConfigError(f"this generator is a matrix on {module.d} nodes, and the pairs have {d}")
    return solved_like(module, pairs, label, progress)
