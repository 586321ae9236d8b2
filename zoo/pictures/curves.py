"""ROC curves of several taggers, from efficiencies that were tabulated."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ..errors import DataError
from .figure import new_figure, write_figure
from .roc import label_axes


def plot_curves(
    curves: Mapping[str, tuple[np.ndarray, np.ndarray]], path: str | Path, areas: Mapping[str, float] | None = None
) -> None:
    """Draw background rejection 1/eps_B over signal efficiency eps_S.

    Parameters
    ----------
    curves : mapping
        For each name signal efficiencies and background efficiencies, `(n,)` each; points that no background passes
        are left out.
    path : str or Path
        A .png, .pdf or .svg file.
    areas : mapping, optional
        The AUROC by name, for the legend.

    Raises
    ------
    DataError
        If there is no curve.
    MissingExtra
        If matplotlib is not installed.
    """
    if not curves:
        raise DataError("there is no curve to draw: give the efficiencies of one tagger at least")
    figure, (axis,) = new_figure(1, title="", size=5.5)
    for name, (signal, background) in curves.items():
        there = background > 0
        label = name if areas is None or name not in areas else f"{name}, AUROC {areas[name]:.4f}"
        axis.plot(signal[there], 1 / background[there], linewidth=1.3, label=label)
    label_axes(axis)
    axis.legend(fontsize="small", loc="upper right")
    write_figure(figure, path)
