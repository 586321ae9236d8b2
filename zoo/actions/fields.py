"""Training of vector fields: on solutions of an equation, the user's or a task's; and on images."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from os import PathLike
from typing import Any

import torch
from torch import Tensor

from ..discoverers.flow import Flow, SolutionValidity
from ..discoverers.flow.module import LEARNING
from ..discoverers.flow.objective import SETTINGS
from ..discoverers.flow.score import Score
from ..engine import Schedule, fit
from ..errors import ConfigError, DataError
from ..tasks.arrays import as_numbers
from ..tasks.pde import Equation, get_equation, read_solutions
from ..tasks.task import Task

_log = logging.getLogger(__name__)

_UNEVEN = 1e-6  # of a step, by which the steps of a grid may differ
FEWEST = 10  # solutions, or images

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
        """Of x: one step more than from the first point to the last."""
        return float(self.x[-1] - self.x[0]) * len(self.x) / (len(self.x) - 1)

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


@dataclass(frozen=True, eq=False)
class Problem:
    """Data in which symmetries are looked for as vector fields.

    Attributes
    ----------
    data : Tensor
        Solutions, or images.
    of : callable
        From data that are trained on, and settings by name, the score of fields.
    settings : tuple of str
        Their names.
    building : dict
        Options of `Flow` that the data decide.
    learning : dict
        Options of its learner that other data have otherwise.
    """

    data: Tensor
    of: Callable[..., Score]
    settings: tuple[str, ...]
    building: dict[str, Any]
    learning: dict[str, Any]


def solution_problem(solutions: SolutionsOnGrid, residual: Residual) -> Problem:
    """Solutions, and the equation that they solve (see `zoo.discoverers.flow.validity.stencil_for`)."""

    def of(train: Tensor, **settings: Any) -> SolutionValidity:
        return SolutionValidity.of(residual, train, solutions.x, solutions.t, **settings)

    building = {"coordinates": ["x", "t", "u"], "periodic": {"x": solutions.period}}
    return Problem(solutions.u, of, SETTINGS, building, {})


def trained_fields(
    module: Flow,
    problem: Problem,
    train: Tensor,
    held_out: Tensor,
    options: Mapping[str, Any],
    schedule: Schedule,
    **run: Any,
) -> Any:
    """Fill a module with fields that keep data valid, and appraise them; the history of the training.

    Parameters
    ----------
    module : Flow
    problem : Problem
    train, held_out : Tensor
        Data of the problem.
    options : mapping
        Of the learner and of the score, by name.
    schedule : Schedule
    **run
        Keyword arguments of `zoo.engine.fit`.

    Raises
    ------
    ConfigError
        If an option is for other data.
    """
    settings = {name: _as_tuple(value) for name, value in options.items() if name in problem.settings}
    learning = {**problem.learning, **{name: value for name, value in options.items() if name not in settings}}
    if wrong := sorted(set(learning) - set(LEARNING)):
        raise ConfigError(f"{', '.join(wrong)}: no option for such data; there are {', '.join(problem.settings)}")
    score = problem.of(train, **settings)
    learner = module.learner(score, train, **learning)
    history = fit(learner, (train,), schedule, **run)
    module.cpu().eval()
    module.conclude(score, train, held_out, reach=learner.reach)
    return history


def discovered_fields(
    problem: Problem,
    options: Mapping[str, Any],
    learning: Mapping[str, Any],
    *,
    seeds: int,
    seed: int,
    schedule: Callable[[int, int], Schedule],
    device: str | torch.device | None,
    progress: bool,
) -> Flow:
    """`zoo.discover` for fields: the run with most symmetries, and of those the most valid.

    Parameters
    ----------
    problem : Problem
    options, learning : mapping
        Of `Flow`; of its learner and of the score.
    seeds, seed : int
        Runs, and the seed of the first.
    schedule : callable
        From the number of solutions that are trained on and the seed.
    """
    building = {**problem.building, **options}
    order = torch.randperm(len(problem.data), generator=torch.Generator().manual_seed(0))
    kept = max(2, round(0.2 * len(order)))
    train, held_out = problem.data[order[kept:]], problem.data[order[:kept]]
    modules = []
    for number in range(seed, seed + seeds):
        module = fresh_fields(building, number)
        plan = schedule(len(train), number)
        trained_fields(module, problem, train, held_out, learning, plan, device=device, progress=progress)
        modules.append(module)
    best = min(modules, key=lambda one: (-one.report["symmetries"], sum(one.report["validity"])))
    best.report["runs"] = len(modules)
    best.report["symmetries_of_runs"] = [one.report["symmetries"] for one in modules]
    return best


def problem_of(data: Any, score: Any) -> Problem:
    """What the user's data and score mean: solutions with an equation, or images with a network.

    Raises
    ------
    ConfigError
        If data or score are neither.
    DataError
        If the data cannot be used.
    """
    from .image_fields import are_images, image_problem

    if are_images(data):
        return image_problem(data, score)
    solutions, residual = solutions_of(data), residual_of(score)
    if len(solutions.u) < FEWEST:
        raise DataError(f"there are {len(solutions.u)} solutions; give {FEWEST} at least, a fifth of which is held out")
    return solution_problem(solutions, residual)


def fresh_fields(config: Mapping[str, Any], seed: int) -> Flow:
    """Untrained fields with weights from a seed; torch's generator is left as it was."""
    from ..factory.building import build

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build("flow", None, **config)  # type: ignore[return-value]


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
