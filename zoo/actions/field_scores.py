"""How near learned vector fields are to the true symmetries of the equation whose solutions they were found in."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ..discoverers.flow.appraisal import random_like
from ..discoverers.flow.objective import SolutionValidity, points_of
from ..errors import ConfigError
from ..symmetries.field import FunctionField, GeneratorField
from ..symmetries.field_span import SpanAgreement, closing, compare
from ..symmetries.some_fields import SomeFields
from ..tasks.pde import get_equation
from .measured_data import required_task, specification
from .scores import report_scores
from .solution_fields import SolutionsOnGrid, task_solutions
from .subject import Subject

_POINTS = 4096
_BRACKETS = 512  # points at which these are taken
_RANDOM = 16  # networks of random fields
_PARTS = 8  # of the solutions, as in `appraise`
_REACH = 1.5

Measured = list[tuple[int | None, dict[str, float]]]


def field_scores(subject: Subject, data: Any) -> Measured:
    """Scores of every seed, at points of held-out solutions, in units of the fields' own scale.

    - "generators": how many fields are said to be symmetries, "spare": how many slots are not.
    - "r2_NAME": R^2 of each true symmetry projected on the span of those fields; "r2_least", of all exact ones.
      "r2_NAME_random" and "r2_least_random": the same for as many random fields of the same architecture, the mean of
      16 networks: near constants are in the span of anything that is smooth.
    - "angle_degrees": the largest principal angle between that span and the span of the exact symmetries, a right
      angle where one has more fields than the other.
    - "adds_NAME": what the flow of each true symmetry adds to the residual of the solutions, in units of u_t, as the
      violation of learned ones (see `zoo.discoverers.flow.appraisal`): 0, or more if it is only approximate.
      "adds_most": the most of these.
    - "closing": the largest part of a bracket of two of them outside their span, see `zoo.symmetries.field_span`.
    - "report_...": what the discovery itself said.

    Raises
    ------
    ConfigError
        If the fields belong to no equation of the task `pde`.
    """
    task = required_task(subject)
    if task.name != "pde":
        raise ConfigError(f"{subject.label} has fields on {task.name}, whose true symmetries are not known")
    if data is not None:
        raise ConfigError("learned fields are compared with true ones on the recipe's solutions; leave out data")
    options = specification(subject)
    equation = get_equation(options.get("equation", "kdv"))
    solutions = task_solutions(task, "test", options)
    points = points_of(solutions.u, solutions.x, solutions.t)[:_POINTS]
    adds = _added(equation, solutions, float(subject.recipe.get("reach", _REACH)))
    return [(seed, _scores(module, equation, points) | adds) for seed, module in subject.members()]


@torch.no_grad()
def _added(equation: Any, solutions: SolutionsOnGrid, reach: float) -> dict[str, float]:
    """What the flows of true symmetries add to the residual, as `appraise` takes it of learned ones."""
    score = SolutionValidity.of(equation.residual, solutions.u, solutions.x, solutions.t)
    points = score.points(solutions.u).double()
    known = {name: fields_of(equation, [name]) for name in equation.symmetries}
    sizes = {
        name: float((field(points) / points.std(0)[:, None]).square().sum((1, 2)).mean().sqrt())
        for name, field in known.items()
    }
    stream, added = torch.Generator().manual_seed(0), dict.fromkeys(known, 0.0)
    parts = torch.tensor_split(solutions.u, _PARTS)
    for number, part in enumerate(parts):
        patch = score.draw(part.double(), stream)
        still = score.of_moved(patch.points, patch).exp()
        for name, field in known.items():
            for share in (0.5, 1.0):
                time = (1 if number % 2 else -1) * share * reach / sizes[name]
                moved = field.flow(patch.points.flatten(0, 2), time, step=abs(time) / 8).view_as(patch.points)
                added[name] += float(score.of_moved(moved, patch).exp() - still) / (2 * len(parts))
    added = {name: max(0.0, value) for name, value in added.items()}
    return {**{f"adds_{name}": value for name, value in added.items()}, "adds_most": max(added.values())}


def _scores(module: Any, equation: Any, points: Tensor) -> dict[str, float]:
    found, scale = module.symmetry, module.field.scale
    exact = [name for name in equation.symmetries if name not in equation.approximate]
    scores = {"generators": float(found.c), "spare": float(module.field.c - found.c)}
    mine = _explained(found, equation, points, scale)
    null = []
    for seed in range(_RANDOM):
        other = SomeFields(random_like(module.field, seed), range(found.c))
        null.append(_explained(other, equation, points, scale))
    for name in equation.symmetries:
        scores[f"r2_{name}"] = mine[name]
        scores[f"r2_{name}_random"] = sum(each[name] for each in null) / len(null)
    scores["r2_least"] = min(mine[name] for name in exact)
    scores["r2_least_random"] = sum(min(each[name] for name in exact) for each in null) / len(null)
    if found.c:
        whole = fields_of(equation, list(equation.symmetries) if found.c == len(equation.symmetries) else exact)
        agreement = _agreement(found, whole, points, scale)
        same = found.c == whole.c
        scores["angle_degrees"] = math.degrees(float(agreement.angles.max())) if same else 90.0
        if found.c > 1:
            scores["closing"] = float(closing(found, points[:_BRACKETS].to(found.dtype), scale=scale).max())
    return scores | report_scores(module.report)


def _explained(found: GeneratorField, equation: Any, points: Tensor, scale: Tensor) -> dict[str, float]:
    """R^2 of each true symmetry; 0 where nothing was found."""
    if not found.c:
        return dict.fromkeys(equation.symmetries, 0.0)
    agreement = _agreement(found, fields_of(equation, list(equation.symmetries)), points, scale)
    return dict(zip(equation.symmetries, agreement.explained.tolist(), strict=True))


def _agreement(found: GeneratorField, true: GeneratorField, points: Tensor, scale: Tensor) -> SpanAgreement:
    return compare(found, true, points.to(torch.float64), scale=scale)


def fields_of(equation: Any, names: Sequence[str]) -> FunctionField:
    """True symmetries of an equation by their names."""
    known = [equation.symmetries[name] for name in names]
    return FunctionField(lambda points: torch.stack([each(points) for each in known], dim=2), 3)
