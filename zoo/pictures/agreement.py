"""Pictures of regression: what was predicted against what was true."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .figure import new_figure, write_figure


def plot_agreement(predicted: np.ndarray, truth: np.ndarray, path: str | Path, *, title: str = "") -> None:
    """Scatter every predicted number over its true value.

    Parameters
    ----------
    predicted, truth : ndarray
        Of the same shape.
    path : str or Path
        A .png, .pdf or .svg file.
    title : str
    """
    figure, (axis,) = new_figure(1, title=title, size=4.5)
    predicted, truth = np.ravel(predicted), np.ravel(truth)
    limits = [min(predicted.min(), truth.min()), max(predicted.max(), truth.max())]
    axis.plot(limits, limits, "-", color="0.6", linewidth=1)
    axis.plot(truth, predicted, ".", markersize=3, alpha=0.5)
    axis.set(aspect="equal", xlabel="true", ylabel="predicted")
    axis.grid(alpha=0.3)
    write_figure(figure, path)
