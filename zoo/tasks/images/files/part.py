"""`Part`: the labelled images of one part of a data set, taken out of it row by row."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ....errors import DataError

PARTS = ("train", "test")


@dataclass(frozen=True, eq=False)
class Part:
    """Images as they lie in a file.

    Attributes
    ----------
    labels : ndarray
        `(N,)` int64.
    take : callable
        Rows `(n,)` to the images `(n, C, H, W)`, uint8, of these rows.
    stored : sequence of ndarray
        The bytes by which the images are kept.
    """

    labels: np.ndarray
    take: Callable[[np.ndarray], np.ndarray]
    stored: Sequence[np.ndarray]

    def __len__(self) -> int:
        return len(self.labels)

    def sha256(self) -> str:
        """Changes with any byte of the images as they are stored, with any label and with their order."""
        digest = hashlib.sha256(repr(len(self)).encode())
        for array in (self.labels.astype("<i8"), *self.stored):
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()


def of_arrays(images: np.ndarray, labels: np.ndarray, source: str) -> Part:
    """A part that is in the memory: images `(N, C, H, W)` and labels `(N,)`.

    Raises
    ------
    DataError
        If the images are not bytes.
    """
    if images.dtype != np.uint8:
        raise DataError(f"{source}: the images of a data set are uint8 from 0 to 255, got {images.dtype}; convert them")
    return Part(labels, lambda rows: images[rows], (images,))
