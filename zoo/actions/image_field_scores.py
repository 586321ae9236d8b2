"""How near learned vector fields on images are to the six affine ones of the plane."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from ..discoverers.flow.appraisal import random_like
from ..symmetries import Grid
from ..symmetries.field import FunctionField
from ..symmetries.field_span import compare
from ..symmetries.some_fields import SomeFields
from .image_fields import features_of, pixel_weight, task_images
from .measured_data import required_task, source_of, specification
from .scores import report_scores
from .subject import Subject

_RANDOM = 16  # networks of random fields

AFFINE: Mapping[str, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    "shift_x": ((1, 0, 0), (0, 0, 0)),
    "shift_y": ((0, 0, 0), (1, 0, 0)),
    "stretch_x": ((0, 1, 0), (0, 0, 0)),
    "stretch_y": ((0, 0, 0), (0, 0, 1)),
    "shear_x": ((0, 0, 1), (0, 0, 0)),
    "shear_y": ((0, 0, 0), (0, 1, 0)),
}
"""Components along x and y of each, as coefficients of 1, x and y."""


def image_field_scores(subject: Subject, data: Any) -> list[tuple[int | None, dict[str, float]]]:
    """Scores of every seed, on the pixels of the test images, weighted as the recipe's network is sensitive to them.

    - "generators": how many fields are said to be symmetries, "spare": how many slots are not.
    - "affine_least": the least affine measure of those fields, the norm of the part of a field in the span of the six
      affine ones; "affine_spare": the largest of the spare ones; "affine_random": the mean of random fields.
    - "r2_NAME": R^2 of each affine field projected on the span of the fields that count; "r2_affine", the
      least of them; "r2_least_random", the same of as many random fields, the mean of 16 networks.
    - "angle_degrees": the largest principal angle between that span and the affine fields, a right angle where they
      are not six.
    - "report_...": what the discovery itself said.
    """
    task, options = required_task(subject), {**specification(subject), **(source_of(subject, data) or {})}
    images = task_images(task, "test", options)
    weight = pixel_weight(features_of(subject.recipe["features"]), images)
    points = Grid((images.shape[2], images.shape[3])).points
    return [(seed, _scores(module, points, weight)) for seed, module in subject.members()]


def affine_fields() -> FunctionField:
    """The six of `AFFINE` on the plane."""
    coefficients = torch.tensor(list(AFFINE.values()), dtype=torch.float64)  # (6, 2, 3)

    def at(points: Tensor) -> Tensor:
        known = torch.cat([torch.ones_like(points[:, :1]), points], dim=1)
        return torch.einsum("pk,fnk->pnf", known, coefficients.to(points))

    return FunctionField(at, 2)


@torch.no_grad()
def _scores(module: Any, points: Tensor, weight: Tensor) -> dict[str, float]:
    found, real = module.symmetry, module.real.tolist()
    affine = module.field.affine_part(points.to(module.field.centre), weight).affineness
    scores = {"generators": float(found.c), "spare": float(module.field.c - found.c)}
    for name, wanted, pick in (("affine_least", True, torch.min), ("affine_spare", False, torch.max)):
        chosen = affine[torch.tensor(real) == wanted]
        if len(chosen):
            scores[name] = float(pick(chosen))
    null = [random_like(module.field, seed) for seed in range(_RANDOM)]
    measures = [one.affine_part(points.to(one.centre), weight).affineness for one in null]
    scores["affine_random"] = float(torch.stack(measures).mean())
    explained = torch.zeros(len(AFFINE))
    scores["angle_degrees"] = 90.0
    if found.c:
        agreement = compare(found, affine_fields(), points, scale=module.field.scale, weight=weight)
        explained = agreement.explained
        if found.c == len(AFFINE):
            scores["angle_degrees"] = math.degrees(float(agreement.angles.max()))
    scores |= {f"r2_{name}": value for name, value in zip(AFFINE, explained.tolist(), strict=True)}
    scores["r2_affine"] = float(explained.min())
    others = [SomeFields(one, range(max(1, found.c))) for one in null]
    least = [compare(one, affine_fields(), points, scale=module.field.scale, weight=weight) for one in others]
    scores["r2_least_random"] = sum(float(each.explained.min()) for each in least) / len(least)
    return scores | report_scores(module.report)
