"""Pictures of what transformations do: images and solutions, moved back and forth along each generator."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import Any

import numpy as np
from torch import Tensor

from ..errors import SymmetryError
from .figure import new_figure, write_figure


def plot_moved(
    panels: Tensor,
    path: str | PathLike[str],
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    extent: tuple[float, float, float, float] | None = None,
    axes: tuple[str, str] | None = None,
) -> None:
    """A table of pictures, a row for each generator and a column for each amount.

    Parameters
    ----------
    panels : Tensor
        `(R, K, H, W)`, numbers shown as colours alike in all panels, or `(R, K, H, W, 3)` in [0, 1]. NaN stays white.
    path : path
        A .png, .pdf or .svg file.
    rows, columns : sequence of str
        Names.
    extent : tuple of float, optional
        (left, right, bottom, top) of the axes, whose names are `axes`; without it there are none.
    axes : tuple of str, optional

    Raises
    ------
    SymmetryError
        If there is nothing to show.
    MissingExtra
        If matplotlib is not installed.
    ConfigError
        If the name of the file ends on another format.
    """
    if not panels.numel():
        raise SymmetryError("there is no generator by which anything could be moved")
    values = panels.detach().cpu().numpy()
    figure, drawn = new_figure(len(rows) * len(columns), columns=len(columns), size=2.2)
    shared: dict[str, Any] = {"extent": extent, "aspect": "auto" if extent else "equal"}
    if values.ndim == 4:
        largest = float(np.nanmax(np.abs(values)))
        lowest = -largest if np.nanmin(values) < 0 else 0.0
        shared |= {"vmin": lowest, "vmax": largest, "cmap": "RdBu_r" if lowest else "gray"}
    for number, axis in enumerate(drawn):
        row, column = divmod(number, len(columns))
        axis.imshow(values[row, column], origin="lower" if extent else "upper", **shared)
        axis.set_title(columns[column] if row == 0 else "", fontsize=9)
        axis.set_ylabel("\n".join(filter(None, (rows[row], axes[1] if axes else ""))) if column == 0 else "")
        if axes is not None and row == len(rows) - 1:
            axis.set_xlabel(axes[0])
        if axes is None or column:
            axis.set_yticks([])
        if axes is None or row < len(rows) - 1:
            axis.set_xticks([])
    write_figure(figure, path)
