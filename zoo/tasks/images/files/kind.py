"""`Kind`: the shape and the classes of the images that a task is about."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """What a reader has to know of the images that it looks for.

    Attributes
    ----------
    name : str
        Of the task.
    shape : tuple of int
        `(C, H, W)` of one image; C is 1 (grey) or 3 (red, green, blue).
    classes : tuple of str
        Names of the classes, in the order of their numbers.
    places : tuple of str
        Names of the files and folders under which the data set is looked for in a folder.
    """

    name: str
    shape: tuple[int, int, int]
    classes: tuple[str, ...]
    places: tuple[str, ...]

    @property
    def mode(self) -> str:
        """How Pillow calls such pixels."""
        return "L" if self.shape[0] == 1 else "RGB"

    @property
    def size(self) -> str:
        """Width and height, for messages."""
        return f"{self.shape[2]} x {self.shape[1]}"

    def class_of(self, label: str) -> int | None:
        """The number of a class by its name or number, None where there is no such class."""
        names = [name.lower() for name in self.classes]
        if label.lower() in names:
            return names.index(label.lower())
        return int(label) if label.isdecimal() and int(label) < len(names) else None
