"""Pictures of generators on a grid as what they do: vector fields over the image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..errors import SymmetryError
from ..symmetries import Grid
from .figure import new_figure, write_figure

_MOST_ARROWS = 24  # along an axis: more would overlap


def nearest_field(generators: Tensor, grid: Grid, mass: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """The vector fields whose generators are nearest to given matrices: least squares over first derivatives.

    At each node, the row of L = -sum_a V_a d_a is a combination of the rows of the derivatives along the coordinates.

    Parameters
    ----------
    generators : Tensor
        `(d, d)` or `(c, d, d)`.
    grid : Grid
        Of n coordinates.
    mass : Tensor, optional
        S, `(d, d)`, symmetric and not negative: rows are compared as functionals on data with the second moments
        S = E[f f^T], (r - r') S (r - r')^T. A matrix learned from data is known on these alone. By default the
        identity.

    Returns
    -------
    fields : Tensor
        V, `(c, d, n)` float64.
    share : Tensor
        |L of V| / |L| in this metric, `(c,)`: 1 is a vector field, 0 orthogonal to all of them.
    """
    if generators.ndim not in (2, 3) or generators.shape[-2:] != (grid.d, grid.d):
        raise SymmetryError(
            f"generators on {grid} have shape ({grid.d}, {grid.d}) or (c, {grid.d}, {grid.d}), "
            f"got {tuple(generators.shape)}"
        )
    generators = generators.detach().to("cpu", torch.float64).reshape(-1, grid.d, grid.d)
    slopes = -torch.stack([grid.derivative(a) for a in range(grid.n)], dim=1)
    weighted, rows = slopes, generators
    if mass is not None:
        if tuple(mass.shape) != (grid.d, grid.d):
            raise SymmetryError(f"second moments on {grid} have shape ({grid.d}, {grid.d}), got {tuple(mass.shape)}")
        moments = mass.detach().to("cpu", torch.float64)
        weighted, rows = slopes @ moments, generators @ moments
    normal = weighted @ slopes.transpose(1, 2)
    products = torch.einsum("dae,cde->cda", weighted, generators)
    fields = torch.einsum("dab,cdb->cda", torch.linalg.pinv(normal, hermitian=True), products)
    size = (rows * generators).sum(dim=(1, 2))
    explained = (fields * products).sum(dim=(1, 2))
    share = torch.where(size > 0, explained / torch.where(size > 0, size, 1.0), 0.0).clamp(0, 1).sqrt()
    return fields, share


def plot_vector_field(
    generators: Tensor,
    grid: Grid,
    path: str | Path,
    *,
    image: Tensor | np.ndarray | None = None,
    mass: Tensor | None = None,
    names: list[str] | None = None,
    title: str = "",
) -> None:
    """Draw d x d generators as arrows over an image: where exp(t L) takes what is there.

    Arrows are those of `nearest_field`, scaled to the longest of each panel; above stands how much of the matrix they
    are.

    Parameters
    ----------
    generators : Tensor
        `(d, d)` or `(c, d, d)`.
    grid : Grid
        In two dimensions.
    path : str or Path
        A .png, .pdf or .svg file.
    image : array, optional
        `(H, W)` or `(C, H, W)`, C = 1 or 3, in [0, 1]: drawn below the arrows.
    mass : Tensor, optional
        See `nearest_field`.
    names : list of str, optional
        Of the panels, by default L_1, L_2, ...
    title : str

    Raises
    ------
    SymmetryError
        If the grid has not two dimensions, or shapes do not fit it.
    MissingExtra
        If matplotlib is not installed.
    ConfigError
        If the name of the file ends on another format.
    """
    if grid.n != 2:
        raise SymmetryError(f"vector fields are drawn in two dimensions: this is {grid}")
    fields, share = nearest_field(generators, grid, mass)
    names = [f"$L_{{{number + 1}}}$" for number in range(len(fields))] if names is None else names
    height, width = (size * grid.spacing / 2 for size in grid.shape)
    picture = None if image is None else _picture(image, grid)
    step = max(1, -(-max(grid.shape) // _MOST_ARROWS))
    first = step // 2
    where, arrows = (
        block.reshape(*block.shape[:-2], *grid.shape, 2)[..., first::step, first::step, :].numpy()
        for block in (grid.points, fields)
    )
    figure, axes = new_figure(len(fields), columns=4, title=title)
    for number, (axis, name) in enumerate(zip(axes, names, strict=False)):
        if picture is not None:
            axis.imshow(picture, cmap="gray_r", vmin=0, vmax=1, extent=(-width, width, height, -height), alpha=0.5)
        arrow = arrows[number]
        longest = float(np.hypot(*arrow.reshape(-1, 2).T).max()) or 1.0
        # Lengths in the units of the axes, which have y downwards: the longest arrow is as long as the next is away.
        axis.quiver(
            where[..., 0], where[..., 1], arrow[..., 0], arrow[..., 1],
            angles="xy", pivot="mid", scale_units="xy", scale=longest / (step * grid.spacing),
            color="#1f77b4", width=0.006,
        )  # fmt: skip
        axis.set(xlim=(-width, width), ylim=(height, -height), aspect="equal")
        axis.set(xlabel="x", ylabel="y" if number % 4 == 0 else "", title=f"{name}: {share[number]:.1%} a field")
    if len(fields) == 0:
        axes[0].set_axis_off()
    write_figure(figure, path)


def _picture(image: Tensor | np.ndarray, grid: Grid) -> np.ndarray:
    """`(H, W)` or `(H, W, 3)`."""
    array = np.asarray(torch.as_tensor(image).detach().cpu(), dtype=float)
    if array.ndim == 3 and len(array) in (1, 3):
        array = array[0] if len(array) == 1 else np.moveaxis(array, 0, -1)
    if array.shape[:2] != grid.shape or array.ndim > 3 or array.shape[2:] not in ((), (3,)):
        raise SymmetryError(f"an image on {grid} has shape {grid.shape} or (C, *{grid.shape}), got {np.shape(image)}")
    return array
