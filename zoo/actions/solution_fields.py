"""Where vector fields on (x, t, u) are looked for: solutions, and the equation that they solve."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from os import PathLike
from typing import Any

import torch
from torch import Tensor

from ..discoverers.flow import SolutionValidity
from ..discoverers.flow.objective import SETTINGS
from ..errors import ConfigError, DataError
from ..symmetries.solutions import period_of
from ..tasks.arrays import as_numbers
from ..tasks.pde import Equation, get_equation, read_solutions
from ..tasks.task import Task
from .fields import Problem

_UNEVEN = 1e-6  # of a step, by which the steps of a grid may differ

Residual = Callable[..., Tensor]


@dataclass(frozen=True, eq=False)
class SolutionsOnGrid:
    """Solutions on one grid, the even grid of a periodic interval.

    Attributes
    ----------
    u : Tensor
        `(N, T, X)` float32.
    x, t : Tensor
        `(X,)` and `(T,)` float64.
    """

    u: Tensor
    x: Tensor
    t: Tensor

    @property
    def period(self) -> float:
        """Of x."""
        return period_of(self.x)

    def __getitem__(self, rows: Any) -> SolutionsOnGrid:
        return SolutionsOnGrid(self.u[rows], self.x, self.t)


def solutions_of(data: Any) -> SolutionsOnGrid:
    """The user's solutions: the path of an HDF5 file in the layout of `zoo.tasks.pde.files`, or arrays (u, x, t).

    Raises
    ------
    ConfigError
        If it is neither.
    DataError
        If they cannot be used: not on one even grid, or not finite.
    """
    if isinstance(data, str | PathLike):
        file = read_solutions(data)  # type: ignore[arg-type]
        for name, values in (("x", file.x), ("t", file.t)):
            if float((values - values[0]).abs().max()) > _UNEVEN * float((values[0, 1] - values[0, 0]).abs()):
                raise DataError(
                    f"{data}: every solution has a grid of its own ({name} differs); give those of one grid"
                )
        u, x, t = file.u, file.x[0], file.t[0]
    else:
        try:
            u, x, t = data
        except (TypeError, ValueError) as error:
            raise ConfigError(
                f"solutions are arrays (u (N, T, X), x (X,), t (T,)) or the path of an HDF5 file, got "
                f"a {type(data).__name__}"
            ) from error
        u = as_numbers(u, "u", (None, None, None), axes="solutions")
        x, t = as_numbers(x, "x", (u.shape[2],), axes="places"), as_numbers(t, "t", (u.shape[1],), axes="times")
    for name, values in (("x", x), ("t", t)):
        steps = values.diff()
        if len(values) < 2 or not bool((steps > 0).all()) or float(steps.max() - steps.min()) > _UNEVEN * steps.max():
            raise DataError(f"{name} must grow by even steps; interpolate the solutions to an even grid")
    return SolutionsOnGrid(u.float(), x, t)


def task_solutions(task: Task, split: str, options: Mapping[str, Any]) -> SolutionsOnGrid:
    """Whole solutions of a split of the task `pde`."""
    equation = get_equation(options.get("equation", "kdv"))
    arrays = task.make_discovery(split, **options)
    u = torch.cat([arrays.x, arrays.y], dim=1)
    x = equation.length / u.shape[2] * torch.arange(u.shape[2], dtype=torch.float64)
    return SolutionsOnGrid(u, x, equation.times)


def residual_of(score: Any) -> Residual:
    """The residual that a name or a function means.

    Raises
    ------
    ConfigError
        If there is no such equation, or it is no function.
    """
    if isinstance(score, str):
        return get_equation(score).residual
    if isinstance(score, Equation):
        return score.residual
    if not callable(score):
        raise ConfigError(
            "score is the name of an equation or its residual, a function of some of x, t, u, u_t, u_x, u_xx, ..., "
            f"got {score!r}"
        )
    return score


def solution_problem(solutions: SolutionsOnGrid, residual: Residual) -> Problem:
    """Solutions, and the equation that they solve (see `zoo.discoverers.flow.validity.stencil_for`)."""

    def of(train: Tensor, **settings: Any) -> SolutionValidity:
        return SolutionValidity.of(residual, train, solutions.x, solutions.t, **settings)

    building = {"coordinates": ["x", "t", "u"], "periodic": {"x": solutions.period}}
    return Problem(solutions.u, of, SETTINGS, building, {})
