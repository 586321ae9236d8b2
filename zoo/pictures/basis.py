"""Pictures of a Lie algebra: one heat map for each generator, with its numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..symmetries import LieAlgebra
from .figure import new_figure, write_figure

_MOST_NUMBERS = 12  # rows of a matrix up to which every entry is written out


def plot_basis(algebra: LieAlgebra, path: str | Path, *, title: str | None = None) -> None:
    """Draw the generators, scaled to a largest entry of 1; the factor stands above each.

    Parameters
    ----------
    algebra : LieAlgebra
    path : str or Path
        A .png, .pdf or .svg file.
    title : str, optional
        By default the recognised name, with how far the span is from it.

    Raises
    ------
    MissingExtra
        If matplotlib is not installed.
    ConfigError
        If the name of the file ends on none of these.
    """
    figure, axes = new_figure(algebra.c, columns=4, title=_title(algebra) if title is None else title)
    for number, (axis, generator) in enumerate(zip(axes, algebra.basis.numpy(), strict=False)):
        size = float(np.abs(generator).max()) or 1.0
        scaled = generator / size
        axis.imshow(scaled, cmap="RdBu_r", vmin=-1, vmax=1)
        axis.set(xticks=range(algebra.k), yticks=range(algebra.k), title=f"$L_{{{number + 1}}}$ = {size:.3g} x")
        axis.tick_params(length=0, labelsize="x-small")
        if algebra.k <= _MOST_NUMBERS:
            _write_numbers(axis, scaled)
    if algebra.c == 0:
        axes[0].set_axis_off()
    write_figure(figure, path)


def _title(algebra: LieAlgebra) -> str:
    found = algebra.recognise()
    return f"{found.name}, off by {found.residual:.1g}"


def _write_numbers(axis, scaled: np.ndarray) -> None:
    for row, column in np.argwhere(scaled != 0):
        value = scaled[row, column]
        axis.text(
            column, row, f"{value:.2f}", ha="center", va="center", fontsize=6 if len(scaled) > 4 else 9,
            color="white" if abs(value) > 0.6 else "black",
        )  # fmt: skip
