"""Pictures of classification: which class is taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .figure import new_figure, write_figure


def plot_confusion(
    predicted: np.ndarray, truth: np.ndarray, classes: Sequence[str], path: str | Path, *, title: str = ""
) -> None:
    """Draw for each true class (a row) the share of its items that are taken for each class.

    Parameters
    ----------
    predicted, truth : ndarray
        `(B,)` numbers of classes.
    classes : sequence of str
        Their names.
    path : str or Path
        A .png, .pdf or .svg file.
    title : str
    """
    shares = confusion(predicted, truth, len(classes))
    figure, (axis,) = new_figure(1, title=title, size=5.5)
    axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    places = range(len(classes))
    axis.set_xticks(places, labels=classes, rotation=45, ha="right")
    axis.set_yticks(places, labels=classes)
    axis.set(xlabel="predicted", ylabel="true")
    for row, column in zip(*np.nonzero(shares >= 0.005), strict=True):
        colour = "white" if shares[row, column] > 0.5 else "black"
        text = f"{100 * shares[row, column]:.0f}"
        axis.text(column, row, text, ha="center", va="center", color=colour, fontsize=7)
    write_figure(figure, path)


def confusion(predicted: np.ndarray, truth: np.ndarray, classes: int) -> np.ndarray:
    """`(classes, classes)`: of the items of a true class (row), the share that is taken for each (column)."""
    counts = np.zeros((classes, classes))
    np.add.at(counts, (truth.astype(int), predicted.astype(int)), 1)
    return counts / np.maximum(counts.sum(1, keepdims=True), 1)
