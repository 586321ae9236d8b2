"""The data of a recipe in which vector fields are looked for."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from ..errors import ConfigError
from ..registry import Registry
from ..tasks.task import Task
from .fields import Problem, residual_of, solution_problem, task_solutions
from .image_fields import image_problem, task_images
from .recipe import Discovery


def recipe_problem(task: Task, recipe: Discovery, source: dict[str, Any], registry: Registry) -> tuple[Problem, Tensor]:
    """The problem, with the data that are trained on, and those that are held out.

    Raises
    ------
    ConfigError
        If a recipe for images names no network.
    """
    train, held_out = {**recipe.data.train, **source}, {**(recipe.data.validation or {}), **source}
    if task.name == "pde":
        residual = residual_of(train.get("equation", "kdv"))
        problem = solution_problem(task_solutions(task, "train", train), residual)
        return problem, task_solutions(task, "validation", held_out).u
    if recipe.features is None:
        raise ConfigError(
            "vector fields on images need training.features, the name of a classifier that moved images are the same to"
        )
    problem = image_problem(task_images(task, "train", train), recipe.features, registry)
    return problem, task_images(task, "validation", held_out)
