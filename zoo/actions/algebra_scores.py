"""Scores of `AffinePairs`: how near an algebra on the coordinates is to the true one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..symmetries import LieAlgebra
from ..tasks.pairs_on_grid import PairsOnGrid
from ..tasks.samples import Arrays
from .solve import solved_like


def on_task(
    module: Any, task: PairsOnGrid, options: Mapping[str, Any], others: Mapping[str, Mapping], progress: bool
) -> dict[str, float]:
    """Scores on the task's own pairs.

    - "generators": their number.
    - "largest_angle": the largest principal angle to the true algebra, in degrees; a right angle where one has more
      generators than the other.
    - "closure": how far brackets leave the span, see `LieAlgebra.structure_constants`.
    """
    found = module.symmetry
    return {
        "generators": float(found.c),
        "largest_angle": _largest_angle(found, task.true_algebra(**options)),
        "closure": float(found.structure_constants().residual) if found.c else 0.0,
    }


def on_own_pairs(module: Any, pairs: Arrays, progress: bool) -> dict[str, float]:
    """Of an algebra solved for in the user's pairs: "residual", and "largest_angle" of it to this one in degrees."""
    other = solved_like(module, pairs, "own pairs", progress)
    angle = _largest_angle(other.symmetry, module.symmetry)
    return {"largest_angle": angle, "residual": other.report["held_out"]}


def other_pairs(task: PairsOnGrid, options: Mapping[str, Any], write: bool) -> dict[str, Mapping[str, Any]]:
    """None."""
    return {}


def _largest_angle(found: LieAlgebra, other: LieAlgebra) -> float:
    if found.c != other.c or not found.c:
        return 90.0
    return math.degrees(float(found.principal_angles(other).max()))
