"""Is this an array of finite numbers of the right shape?"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...errors import DataError

_DESCRIPTIONS = {"b": "booleans", "c": "complex numbers", "O": "Python objects", "S": "bytes", "U": "strings"}


def as_numbers(
    value: Any,
    label: str,
    shape: tuple[int | None, ...] | None = None,
    dtype: torch.dtype = torch.float64,
    axes: str = "samples",
) -> Tensor:
    """A copy of `value` as a floating point tensor on the CPU.

    Parameters
    ----------
    value : Tensor, array or nested list
        Floating point numbers or integers.
    label : str
        What it is called in an error message.
    shape : tuple, optional
        Expected; None stands for any length of at least 1. Left out: any shape with at least one axis.
    dtype : torch.dtype
        Of the result.
    axes : str
        What the first axis counts, for the message that there are none.

    Raises
    ------
    DataError
        If these are not numbers, the shape is another one, there are no samples, or a number is not finite.
    """
    array = _numeric(value, label)
    shape = (None,) * max(array.ndim, 1) if shape is None else shape
    wanted = "(" + ", ".join("N" if n is None else str(n) for n in shape) + ("," if len(shape) == 1 else "") + ")"
    fits = array.ndim == len(shape) and all(n is None or n == m for n, m in zip(shape, array.shape, strict=True))
    if not fits:
        raise DataError(f"{label}: the shape is {array.shape}, expected {wanted}; reshape or transpose the array")
    if not array.size:
        raise DataError(f"{label}: there are no {axes}, the shape is {array.shape}; expected {wanted} with N >= 1")
    _require_finite(array, label)
    tensor = torch.from_numpy(np.array(array, dtype=np.float64)).to(dtype)
    if not torch.isfinite(tensor).all():
        raise DataError(f"{label}: some numbers are too large for {dtype}; choose units in which they are near 1")
    return tensor


def _numeric(value: Any, label: str) -> np.ndarray:
    if isinstance(value, Tensor):
        value = value.detach().cpu()
        value = (value.double() if value.is_floating_point() else value).numpy()
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise DataError(f"{label}: the rows are not equally long; expected a regular array of numbers") from error
    if array.dtype.kind not in "fiu":
        found = _DESCRIPTIONS.get(array.dtype.kind, f"the dtype {array.dtype}")
        raise DataError(
            f"{label}: it holds {found}; expected floating point numbers or integers, convert it with "
            "array.astype(float)"
        )
    return array


def _require_finite(array: np.ndarray, label: str) -> None:
    bad = ~np.isfinite(array)
    if bad.any():
        first = tuple(int(i) for i in np.argwhere(bad)[0])
        raise DataError(
            f"{label}: {int(bad.sum())} of {array.size} numbers are NaN or infinite, the first at index {first}; "
            "remove or repair them"
        )
