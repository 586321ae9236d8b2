"""What training and fine-tuning a network share: its data, its loss and how it is validated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from os import PathLike
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..errors import ConfigError, DataError
from ..tasks.arrays import as_numbers
from ..tasks.ragged import Ragged
from ..tasks.samples import Arrays
from ..tasks.task import Task
from .pieces import in_pieces


def relative_l2(prediction: Tensor, target: Tensor) -> Tensor:
    """The mean over samples of |prediction - target| / |target|, by which small and large targets count alike.

    In terms of torch alone, for networks of all families; neuraloperator's `LpLoss`, an extra, gives the same.
    """
    error, size = (prediction - target).flatten(1).norm(dim=1), target.flatten(1).norm(dim=1)
    return (error / size.clamp_min(torch.finfo(size.dtype).tiny)).mean()


LOSSES: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = {
    "mse": nn.functional.mse_loss,
    "relative": relative_l2,
    "l1": nn.functional.l1_loss,
    "huber": nn.functional.huber_loss,
    "bce": nn.functional.binary_cross_entropy_with_logits,
    "cross_entropy": nn.functional.cross_entropy,
}


def loss_of(name: str, smoothing: float = 0.0) -> Callable[[Tensor, Tensor], Tensor]:
    """One of `LOSSES`; cross entropy with some of the probability spread over all classes.

    Raises
    ------
    ConfigError
        If another loss is to be smoothed.
    """
    if not smoothing:
        return LOSSES[name]
    if name != "cross_entropy":
        raise ConfigError(
            f"labels are smoothed with the loss cross_entropy alone, not with {name}; leave smoothing out"
        )
    return partial(nn.functional.cross_entropy, label_smoothing=smoothing)


def user_arrays(task: Task | None, data: Any, dtype: torch.dtype, config: Mapping[str, Any]) -> Arrays:
    """The user's file, or inputs and targets `(x, y)`.

    Without a task, the shapes are those in the network's `config` (`input_shape`, `output_shape`), if it has them. One
    integer for each input where the network gives several numbers is a class.

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
    y = _classes(y, shapes[1]) if _are_classes(y, shapes[1]) else as_numbers(y, "y", shapes[1], dtype)
    if isinstance(x, Ragged):
        return Arrays(Ragged(as_numbers(x.values, "x", (None, None), dtype), x.counts), y)  # type: ignore[arg-type]
    return Arrays(as_numbers(x, "x", shapes[0], dtype), y)


def _are_classes(y: Any, shape: tuple[Any, ...] | None) -> bool:
    if shape is None or len(shape) != 2 or not isinstance(y, np.ndarray | Tensor) or y.ndim != 1:
        return False
    return y.dtype.kind in "iu" if isinstance(y, np.ndarray) else not (y.is_floating_point() or y.is_complex())


def _classes(y: Any, shape: tuple[Any, ...] | None) -> Tensor:
    numbers = as_numbers(y, "y", (None,))
    classes = 0 if shape is None else int(shape[1])
    if numbers.min() < 0 or numbers.max() >= classes:
        raise DataError(f"y: the classes must be whole numbers from 0 to {classes - 1}, got up to {numbers.max():g}")
    return numbers.long()


def validator(
    metric: Callable[[Tensor, Tensor], Mapping[str, float]], arrays: Arrays
) -> Callable[[nn.Module], dict[str, float]]:
    """A function from a module to its metrics on fixed data, for `zoo.engine.fit`."""

    def measure(module: nn.Module) -> dict[str, float]:
        pieces = [module(x) for x in in_pieces(arrays.x, next(module.parameters()))]
        return dict(metric(torch.cat(pieces).cpu(), arrays.y))

    return measure
