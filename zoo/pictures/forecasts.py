"""Pictures of predicted orbits: where the bodies were, where they went, and where the network says they go."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .figure import new_figure, write_figure

_COLOURS = ("#1f77b4", "#d62728", "#2ca02c")


def plot_forecasts(
    past: np.ndarray, predicted: np.ndarray, path: str | Path, *, truth: np.ndarray | None = None, title: str = ""
) -> None:
    """Draw up to six forecasts in the plane of motion, one panel each.

    Parameters
    ----------
    past : ndarray
        `(B, T_in, k)`, each body as (x, y, px, py).
    predicted : ndarray
        `(B, T_out, k)`.
    path : str or Path
        A .png, .pdf or .svg file.
    truth : ndarray, optional
        `(B, T_out, k)`, drawn as rings.
    title : str

    Raises
    ------
    MissingExtra
        If matplotlib is not installed.
    """
    panels = np.linspace(0, len(past) - 1, min(6, len(past))).round().astype(int)
    figure, axes = new_figure(len(panels), columns=3, title=title)
    positions = [block[panels].reshape(-1, 4)[:, :2] for block in (past, predicted, truth) if block is not None]
    limit = 1.1 * max(float(np.abs(block).max()) for block in positions)
    for panel, (axis, row) in enumerate(zip(axes, panels, strict=True)):
        for body in range(past.shape[2] // 4):
            where = slice(4 * body, 4 * body + 2)
            x, y = past[row, :, where].T
            axis.plot(x, y, "-", color=_COLOURS[body], label=f"body {body + 1}: given")
            axis.plot(x[-1], y[-1], "o", color=_COLOURS[body], markersize=7)
            if truth is not None:
                axis.plot(*truth[row, :, where].T, "o", mfc="none", color="black", markersize=9, label="_truth")
            axis.plot(*predicted[row, :, where].T, "x", color=_COLOURS[body], label=f"body {body + 1}: predicted")
        axis.plot([], [], "o", mfc="none", color="black", label="what happened") if truth is not None else None
        axis.set(
            aspect="equal",
            xlim=(-limit, limit),
            ylim=(-limit, limit),
            xlabel="x",
            ylabel="y" if panel % 3 == 0 else "",
            title=f"window {row}",
        )
        axis.grid(alpha=0.3)
    axes[0].legend(fontsize="small", loc="best")
    write_figure(figure, path)
