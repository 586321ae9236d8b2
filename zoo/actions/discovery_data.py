"""The user's pairs for a discoverer: checked, and with the representations that their shapes suggest."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import ConfigError, DataError
from ..symmetries import Rep
from ..tasks.arrays import as_numbers

_FEWEST = 64
_MOST_CLASSES = 100


def pairs_with_shapes(
    data: Any, options: Mapping[str, Any], *, fewest: int = _FEWEST
) -> tuple[Tensor, Tensor, dict[str, Any]]:
    """x and y as float32 (y as int64 where it is a class), and the options with k, representations and shapes.

    Raises
    ------
    DataError
        If the arrays are unusable, do not fit the representations, or leave these unclear.
    ConfigError
        If `data` is no pair.
    """
    try:
        x, y = data
    except (TypeError, ValueError) as error:
        raise ConfigError(f"data must be a pair (x, y) of arrays, got a {type(data).__name__}") from error
    x = as_numbers(x, "x", dtype=torch.float32)
    classes = options.get("classes") or _class_count(y, options)
    y = as_numbers(y, "y", dtype=torch.float32)
    if len(x) != len(y):
        raise DataError(f"there are {len(x)} x but {len(y)} y: give one y for each x")
    if len(x) < fewest:
        raise DataError(f"there are {len(x)} pairs, and a symmetry of their distribution needs {fewest} or more")
    k = options.get("k")
    if k is None:
        if x.ndim < 2:
            raise DataError(f"x has the shape {tuple(x.shape)}: give (N, k), one vector in R^k a row")
        k = x.shape[-1]
    found = {"k": k, "rep_in": options.get("rep_in") or _inferred("x", x, k, "rep_in")}
    found |= {"input_shape": list(x.shape[1:]), "output_shape": list(y.shape[1:])}
    if classes is None:
        found["rep_out"] = options.get("rep_out") or _inferred("y", y, k, "rep_out")
        _check_size("y", y, found["rep_out"], k)
    else:
        y = _as_classes(y, classes)
        found |= {"rep_out": "1x0", "classes": classes, "output_shape": []}
    _check_size("x", x, found["rep_in"], k)
    return x, y, {**options, **found}


def _class_count(y: Any, options: Mapping[str, Any]) -> int | None:
    """Number of classes where y is `(N,)` integers 0, 1, ... and nothing else is said of it."""
    numbers = y.detach().cpu().numpy() if isinstance(y, Tensor) else y
    if not isinstance(numbers, np.ndarray) or numbers.dtype.kind not in "iu":
        return None
    if y.ndim != 1 or not len(y) or options.get("rep_out") is not None:
        return None
    count = int(y.max()) + 1
    return count if int(y.min()) >= 0 and 2 <= count <= _MOST_CLASSES else None


def _as_classes(y: Tensor, classes: int) -> Tensor:
    if y.numel() != len(y) or not torch.equal(y, y.round()) or y.min() < 0 or y.max() >= classes:
        raise DataError(f"y must hold one integer from 0 to {classes - 1} for each x, the class")
    return y.reshape(-1).long()


def _inferred(label: str, values: Tensor, k: int, option: str) -> str:
    """Vectors along the last axis if it is k long; a number a row is a scalar."""
    shape = tuple(values.shape[1:])
    if shape and shape[-1] == k:
        return f"{math.prod(shape[:-1])}x1"
    if label == "y" and math.prod(shape) == 1:
        return "1x0"
    raise DataError(
        f"{label} has the shape {tuple(values.shape)}, whose last axis is not k = {k} long: say how the symmetry acts "
        f'on it with {option}, such as "5x0 + 5x1" for five scalars and five vectors'
    )


def _check_size(label: str, values: Tensor, text: str, k: int) -> None:
    rep, size = Rep.parse(text, k), math.prod(values.shape[1:])
    if rep.dim != size:
        raise DataError(
            f"{label} holds {size} numbers a sample, but the representation {rep} on R^{k} has {rep.dim}; "
            f"change {'rep_in' if label == 'x' else 'rep_out'}, k or the array"
        )
