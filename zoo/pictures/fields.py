"""Pictures of learned vector fields."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import SymmetryError
from .figure import new_figure, write_figure

_ARROWS = 12  # along an axis
_EXTENT = 1.7  # of the picture, in standard deviations to either side of the middle: that of even numbers


def plot_fields(field: Any, path: str | Path, *, names: Sequence[str] | None = None, title: str = "") -> None:
    """Draw fields as arrows over their first two coordinates, the third component as a colour below them.

    Arrows are in units of the scale that the fields were learned in, alike in all panels; of coordinates beyond the
    second the middle is taken.

    Parameters
    ----------
    field : NeuralField
        With `coordinates`, `centre` and `scale`.
    path : path
        A .png, .pdf or .svg file.
    names : sequence of str, optional
        Of the panels.
    title : str

    Raises
    ------
    SymmetryError
        If there are fewer than two coordinates.
    MissingExtra
        If matplotlib is not installed.
    ConfigError
        If the name of the file ends on another format.
    """
    if field.n < 2:
        raise SymmetryError(f"fields are drawn over two coordinates, and these have {', '.join(field.coordinates)}")
    names = [f"$V_{{{number + 1}}}$" for number in range(field.c)] if names is None else names
    places, values = _on_a_grid(field)
    first, second = (np.unique(places[:, axis]) for axis in (0, 1))
    largest = float(np.abs(values[:, 2]).max()) if field.n > 2 else 0.0
    longest = float(np.hypot(values[:, 0], values[:, 1]).max()) or 1.0
    step = 2 * _EXTENT / (_ARROWS - 1)
    figure, axes = new_figure(field.c, columns=4, title=title)
    for number, (axis, name) in enumerate(zip(axes, names, strict=True)):
        across, up = (values[:, component, number] for component in (0, 1))
        if field.n > 2:
            shade = values[:, 2, number].reshape(_ARROWS, _ARROWS).T
            drawn = axis.pcolormesh(
                first, second, shade, cmap="RdBu_r", vmin=-largest, vmax=largest, shading="nearest", alpha=0.6
            )
            if number == field.c - 1:
                figure.colorbar(drawn, ax=axis, label=f"component of {field.coordinates[2]}")
        widths = places[:, :2].std(0)
        across, up = across * widths[0], up * widths[1]  # to the axes' own coordinates
        axis.quiver(
            places[:, 0], places[:, 1], across * step / longest, up * step / longest,
            angles="xy", pivot="mid", scale_units="xy", scale=1.0, color="#222222", width=0.006,
        )  # fmt: skip
        axis.set(xlabel=field.coordinates[0], ylabel=field.coordinates[1] if number % 4 == 0 else "", title=name)
    write_figure(figure, path)


@torch.no_grad()
def _on_a_grid(field: Any) -> tuple[np.ndarray, np.ndarray]:
    """Points `(P, n)`, the first coordinate varying slowest, and fields `(P, n, c)` in units of the scale."""
    centre, scale = (each.detach().to("cpu", torch.float64) for each in (field.centre, field.scale))
    line = torch.linspace(-_EXTENT, _EXTENT, _ARROWS, dtype=torch.float64)
    plane = torch.cartesian_prod(line, line)
    rest: Tensor = torch.zeros(len(plane), field.n - 2, dtype=torch.float64)
    points = centre + scale * torch.cat([plane, rest], dim=1)
    values = field(points.to(field.centre)).cpu().double() / scale[:, None]
    return points.numpy(), values.numpy()
