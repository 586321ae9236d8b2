"""Dark digits on a bright ground, where networks know bright ones on a dark ground."""

from __future__ import annotations

import numpy as np

from .files import Kind


class BrightGrounds:
    """Counts pictures whose edge is bright, where digits are bright on a dark ground."""

    def __init__(self, kind: Kind, inverted: bool) -> None:
        self.grey, self.inverted, self.found, self.total = kind.shape[0] == 1, inverted, 0, 0

    def look(self, images: np.ndarray) -> None:
        """Take in some images."""
        edges = np.concatenate(
            [part.reshape(len(images), -1) for part in (images[..., [0, -1], :], images[..., [0, -1]])], axis=1
        )
        bright = np.median(edges, axis=1) > (127 if images.dtype == np.uint8 else 0.5)
        self.found, self.total = self.found + int(bright.sum()), self.total + len(images)

    def remarks(self) -> list[str]:
        """What is to be said of them."""
        if not self.grey or not self.found:
            return []
        advice = "leave invert out" if self.inverted else "--reading '{invert: true}' turns them round"
        return [
            f"{self.found} of {self.total} images have a bright ground, and networks of this task know bright digits "
            f"on a dark one: {advice}"
        ]
