"""What vector fields are looked for in: the user's data, or those of a recipe."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from ..errors import ConfigError, DataError
from ..registry import Registry
from ..tasks.task import Task
from .fields import FEWEST, Problem
from .image_fields import are_images, image_problem, task_images
from .recipe import Discovery
from .solution_fields import residual_of, solution_problem, solutions_of, task_solutions


def problem_of(data: Any, score: Any) -> Problem:
    """What the user's data and score mean: solutions with an equation, or images with a network.

    Raises
    ------
    ConfigError
        If data or score are neither.
    DataError
        If the data cannot be used.
    """
    if are_images(data):
        return image_problem(data, score)
    solutions, residual = solutions_of(data), residual_of(score)
    if len(solutions.u) < FEWEST:
        raise DataError(f"there are {len(solutions.u)} solutions; give {FEWEST} at least, a fifth of which is held out")
    return solution_problem(solutions, residual)


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
