"""Figures without global state: no pyplot, no backend to choose, written to a temporary name and renamed."""

from __future__ import annotations

import io
import math
from os import PathLike
from pathlib import Path
from typing import Any

from ..atomic import write_atomically
from ..errors import ConfigError, require

_FORMATS = (".png", ".pdf", ".svg")


def new_figure(panels: int, *, columns: int = 3, title: str = "", size: float = 3.6) -> tuple[Any, list[Any]]:
    """A matplotlib figure with at least one panel, and the axes of its `panels` first ones."""
    figure_module = require("matplotlib.figure", "plot")
    columns = max(1, min(columns, panels))
    rows = max(1, math.ceil(panels / columns))
    figure = figure_module.Figure(figsize=(size * columns, size * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
    for spare in axes[max(panels, 1) :]:
        spare.set_axis_off()
    if title:
        figure.suptitle(title)
    return figure, axes[: max(panels, 1)]


def write_figure(figure: Any, path: str | PathLike[str]) -> None:
    """Write a figure in the format that the file's name ends on.

    Raises
    ------
    ConfigError
        If that is no format that zoo writes.
    """
    path = Path(path)
    check_picture(path)
    picture = io.BytesIO()
    figure.savefig(picture, format=path.suffix[1:].lower(), dpi=150)
    write_atomically(path, picture.getvalue())


def check_picture(path: str | Path) -> None:
    """Whether a picture can be written there, asked before the work whose result it shows.

    Raises
    ------
    ConfigError
        If the name ends on no format that zoo writes, or the folder does not exist.
    MissingExtra
        If matplotlib is not installed.
    """
    path = Path(path)
    if path.suffix.lower() not in _FORMATS:
        raise ConfigError(f"cannot draw into {path.name!r}: the name of a picture ends on {', '.join(_FORMATS)}")
    if not path.absolute().parent.is_dir():
        raise ConfigError(f"cannot draw {path}: the folder {path.absolute().parent} does not exist; make it first")
    require("matplotlib.figure", "plot")
