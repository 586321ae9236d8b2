"""`Samples`: images of the user's own, perhaps with labels and names."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Samples:
    """Images that lie next to each other in a file or a folder.

    Attributes
    ----------
    images : ndarray
        `(n, C, H, W)`: uint8, or floating point numbers in [0, 1].
    labels : ndarray or None
        `(n,)` int64, where they are known.
    names : tuple of str or None
        Of the files of the images, where each has its own.
    """

    images: np.ndarray
    labels: np.ndarray | None = None
    names: tuple[str, ...] | None = None

    def __len__(self) -> int:
        return len(self.images)
