"""The problems: each one its data, its metric and the symmetry that is known to hold in it."""

from __future__ import annotations

import difflib
import importlib
from typing import TYPE_CHECKING

from ..errors import ConfigError

if TYPE_CHECKING:
    from .task import Task

TASKS: dict[str, str] = {
    "two_body": "zoo.tasks.two_body:TASK",
    "three_body": "zoo.tasks.three_body:TASK",
    "c7": "zoo.tasks.c7:TASK",
    "inertia": "zoo.tasks.inertia:TASK",
    "toptag": "zoo.tasks.toptag:TASK",
    "mnist": "zoo.tasks.images:MNIST",
    "cifar10": "zoo.tasks.images:CIFAR10",
    "pairs_on_grid": "zoo.tasks.pairs_on_grid:TASK",
    "pde": "zoo.tasks.pde:TASK",
}

__all__ = ["TASKS", "get_task"]


def get_task(name: str) -> Task:
    """The task of that name; imports torch.

    Raises
    ------
    ConfigError
        If there is no such task.
    """
    if name not in TASKS:
        nearest = difflib.get_close_matches(str(name), TASKS, n=1, cutoff=0.5)
        hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
        raise ConfigError(f"no task is called {name!r}, the tasks are {', '.join(TASKS)}{hint}")
    module, attribute = TASKS[name].split(":")
    return getattr(importlib.import_module(module), attribute)
