"""Are these images and labels?"""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import Tensor

from ....errors import DataError
from .kind import Kind

_ROUNDING = 1e-4  # by which resampled images may leave [0, 1]


def as_images(value: Any, source: str, kind: Kind) -> np.ndarray:
    """Images `(N, C, H, W)`: uint8, or floating point numbers in [0, 1].

    Parameters
    ----------
    value : array or Tensor
        `(N, C, H, W)`, `(N, H, W, C)`, or for grey images `(N, H, W)`; integers from 0 to 255 or numbers in [0, 1].
    source : str
        What it is called in an error message.
    kind : Kind

    Raises
    ------
    DataError
        If shape, dtype or range are others, or there is no image.
    """
    array = _shaped(_array(value), source, kind)
    if not len(array):
        raise DataError(f"{source}: there is no image; expected (N, {', '.join(map(str, kind.shape))}) with N >= 1")
    if array.dtype.kind in "iu":
        low, high = int(array.min()), int(array.max())
        if low < 0 or high > 255:
            raise DataError(f"{source}: the pixels go from {low} to {high}; integers must lie between 0 and 255")
        return array.astype(np.uint8, copy=False)
    if array.dtype.kind != "f":
        raise DataError(f"{source}: the pixels are {array.dtype}; expected integers to 255, or numbers in [0, 1]")
    if not np.isfinite(array).all():
        raise DataError(f"{source}: {int((~np.isfinite(array)).sum())} numbers are NaN or infinite; repair them")
    low, high = float(array.min()), float(array.max())
    if low < -_ROUNDING or high > 1 + _ROUNDING:
        advice = "divide by 255, or give uint8" if low >= 0 and high <= 255 else "undo their normalisation"
        raise DataError(f"{source}: the pixels go from {low:g} to {high:g}, networks take images in [0, 1]; {advice}")
    return array


def as_labels(value: Any, source: str, kind: Kind, count: int | None = None) -> np.ndarray:
    """Labels `(N,)` int64.

    Parameters
    ----------
    value : array or Tensor
        `(N,)` or `(N, 1)` whole numbers from 0 to one less than the number of classes.
    source, kind
        As for `as_images`.
    count : int, optional
        The number of images that they belong to.

    Raises
    ------
    DataError
        If they are not.
    """
    array = _array(value)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    classes = len(kind.classes)
    if array.ndim != 1:
        hint = "; take argmax of one-hot labels" if array.ndim == 2 and array.shape[1] == classes else ""
        raise DataError(f"{source}: the labels have the shape {array.shape}, expected (N,), one class an image{hint}")
    if count is not None and len(array) != count:
        raise DataError(f"{source}: there are {len(array)} labels but {count} images; give one label for each image")
    whole = array.dtype.kind in "iu" or (array.dtype.kind == "f" and bool((array == np.round(array)).all()))
    if not whole or (len(array) and (array.min() < 0 or array.max() >= classes)):
        raise DataError(f"{source}: labels must be whole numbers from 0 to {classes - 1}, the number of the class")
    return array.astype(np.int64)


def _array(value: Any) -> np.ndarray:
    return value.detach().cpu().numpy() if isinstance(value, Tensor) else np.asarray(value)


def _shaped(array: np.ndarray, source: str, kind: Kind) -> np.ndarray:
    c, h, w = kind.shape
    if array.ndim == 4 and array.shape[1:] == (c, h, w):
        return array
    if array.ndim == 4 and array.shape[1:] == (h, w, c):
        return np.ascontiguousarray(array.transpose(0, 3, 1, 2))
    if array.ndim == 3 and c == 1 and array.shape[1:] == (h, w):
        return array[:, None]
    if array.shape in ((c, h, w), (h, w, c)) or (c == 1 and array.shape == (h, w)):
        raise DataError(f"{source}: the shape {array.shape} is that of a single image; add a first axis: image[None]")
    grey = f" or (N, {h}, {w})" if c == 1 else ""
    raise DataError(
        f"{source}: the shape is {array.shape}, expected (N, {c}, {h}, {w}), (N, {h}, {w}, {c}){grey} for images of "
        f"{kind.name}; images of another size must be resized or cropped first"
    )
