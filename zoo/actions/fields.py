"""Training of vector fields, on whatever data they are looked for in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..discoverers.flow import Flow
from ..discoverers.flow.module import LEARNING
from ..discoverers.flow.score import Score
from ..engine import Schedule, fit
from ..errors import ConfigError

FEWEST = 10  # solutions, or images


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


def fresh_fields(config: Mapping[str, Any], seed: int) -> Flow:
    """Untrained fields with weights from a seed; torch's generator is left as it was."""
    from ..factory.building import build

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build("flow", None, **config)  # type: ignore[return-value]


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
