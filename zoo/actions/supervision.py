"""What training and fine-tuning a network share: its data, its loss and how it is validated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from os import PathLike
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import ConfigError
from ..tasks.arrays import as_numbers
from ..tasks.ragged import Ragged
from ..tasks.samples import Arrays
from ..tasks.task import Task
from .pieces import in_pieces

LOSSES: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = {
    "mse": nn.functional.mse_loss,
    "l1": nn.functional.l1_loss,
    "huber": nn.functional.huber_loss,
    "bce": nn.functional.binary_cross_entropy_with_logits,
}


def user_arrays(task: Task | None, data: Any, dtype: torch.dtype, config: Mapping[str, Any]) -> Arrays:
    """The user's file, or inputs and targets `(x, y)`.

    Without a task, the shapes are those in the network's `config` (`input_shape`, `output_shape`), if it has them.

    Raises
    ------
    DataError
        If the task's reader refuses them: shapes, NaN, infinities, no samples.
    ConfigError
        If `data` is neither, or a file is given and it is not known which task's reader takes it.
    """
    if isinstance(data, str | PathLike):
        if task is None:
            raise ConfigError("this network belongs to no task of zoo, which could read the file; give arrays (x, y)")
        return task.read(data, dtype=dtype)  # type: ignore[arg-type]
    try:
        x, y = data
    except (TypeError, ValueError) as error:
        raise ConfigError(f"data must be a file or a pair (x, y) of arrays, got a {type(data).__name__}") from error
    if task is not None:
        return task.check(x, y, dtype=dtype)
    shapes = [(None, *config[key]) if key in config else None for key in ("input_shape", "output_shape")]
    y = as_numbers(y, "y", shapes[1], dtype)
    if isinstance(x, Ragged):
        return Arrays(Ragged(as_numbers(x.values, "x", (None, None), dtype), x.counts), y)  # type: ignore[arg-type]
    return Arrays(as_numbers(x, "x", shapes[0], dtype), y)


def validator(
    metric: Callable[[Tensor, Tensor], Mapping[str, float]], arrays: Arrays
) -> Callable[[nn.Module], dict[str, float]]:
    """A function from a module to its metrics on fixed data, for `zoo.engine.fit`."""

    def measure(module: nn.Module) -> dict[str, float]:
        pieces = [module(x) for x in in_pieces(arrays.x, next(module.parameters()))]
        return dict(metric(torch.cat(pieces).cpu(), arrays.y))

    return measure
