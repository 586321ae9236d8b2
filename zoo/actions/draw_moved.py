"""Draw what the transformations of a symmetry do to an image, or to a solution of an equation."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import ConfigError, SymmetryError, require
from ..factory import symmetry
from ..factory.meaning import from_name
from ..factory.places import is_path
from ..registry import Registry
from ..symmetries import LieAlgebra
from ..symmetries.grid.warp import warp
from ..symmetries.image_augment import ImageAugmentation
from ..symmetries.solutions import move
from ..tasks import get_task
from ..tasks.arrays import as_numbers
from .solution_fields import SolutionsOnGrid, solutions_of, task_solutions

_STEPS = (-1.0, -0.5, 0.0, 0.5, 1.0)


def draw_moved(
    source: Any,
    path: str | PathLike[str],
    *,
    amount: float = 0.5,
    image: Any = None,
    data: Any = None,
    registry: Registry | None = None,
) -> None:
    """Draw an image or a solution, moved by each generator alone, back and forth.

    Parameters
    ----------
    source : object
        Whatever `zoo.symmetry` takes.
    path : path
        A .png, .pdf or .svg file.
    amount : float
        Largest coefficient.
    image : array or path, optional
        To be moved: `(H, W)` or `(C, H, W)` in [0, 1], or the file of a picture.
    data : (u, x, t) or path, optional
        Solutions, the first of which is moved. By default one of the test split of the entry's recipe.
    registry : Registry, optional
        Instead of the one that comes with zoo.

    Raises
    ------
    ConfigError
        If there is nothing that it could move.
    SymmetryError
        If it acts on something else.
    MissingExtra
        If matplotlib, or Pillow for the file of a picture, is not installed.
    """
    from ..pictures.moved import plot_moved

    named = registry is not None and isinstance(source, str) and not is_path(source)
    found = from_name(source, registry) if named else symmetry(source)
    amounts = [amount * step for step in _STEPS]
    rows = [f"$V_{{{number}}}$" for number in range(1, found.c + 1)]
    columns = ["as it is" if not each else f"{each:+g}" for each in amounts]
    coefficients = torch.einsum("k,rc->rkc", torch.tensor(amounts).double(), torch.eye(found.c).double())
    if image is not None:
        plot_moved(_images(found, _pixels(image), coefficients), path, rows=rows, columns=columns)
        return
    if isinstance(found, LieAlgebra) or found.n != 3:
        raise SymmetryError(f"{found!r} moves no solutions, which needs fields on (x, t, u); give an image")
    one = _solution(source, data, registry)
    count = coefficients[..., 0].numel()
    with torch.no_grad():
        moved = move(found, coefficients.flatten(0, 1), one.u.expand(count, -1, -1), one.x, one.t)
    extent = (float(one.x[0]), float(one.x[-1]), float(one.t[0]), float(one.t[-1]))
    panels = moved.u.unflatten(0, coefficients.shape[:2])
    plot_moved(panels, path, rows=rows, columns=columns, extent=extent, axes=("x", "t"))


def _images(found: Any, pixels: Tensor, coefficients: Tensor) -> Tensor:
    """`(R, K, H, W)` of grey pixels, `(R, K, H, W, 3)` of coloured ones."""
    moving = ImageAugmentation(found, (pixels.shape[1], pixels.shape[2]))
    places = moving.places(coefficients.flatten(0, 1))
    panels = warp(pixels.expand(len(places), -1, -1, -1), places.to(pixels)).unflatten(0, coefficients.shape[:2])
    return panels[:, :, 0] if len(pixels) == 1 else panels.movedim(2, -1)


def _pixels(image: Any) -> Tensor:
    """`(1, H, W)` or `(3, H, W)` in [0, 1]."""
    if isinstance(image, str | PathLike):
        with require("PIL.Image", "images").open(Path(image)) as opened:
            colours = opened.convert("L" if opened.mode in ("1", "L", "I", "F", "I;16") else "RGB")
        return torch.from_numpy(np.atleast_3d(np.asarray(colours)).copy()).movedim(-1, 0).float() / 255
    pixels = as_numbers(image, "image", dtype=torch.float32)
    pixels = pixels[None] if pixels.ndim == 2 else pixels
    if pixels.ndim != 3 or len(pixels) not in (1, 3):
        raise ConfigError(f"an image is (H, W), (1, H, W) or (3, H, W), got {tuple(pixels.shape)}")
    return pixels


def _solution(source: Any, data: Any, registry: Registry | None) -> SolutionsOnGrid:
    """The first of the given ones, or of the test split of the recipe."""
    if data is not None:
        return solutions_of(data)[:1]
    registry = Registry.load() if registry is None else registry
    known = isinstance(source, str) and not is_path(source) and source in registry.entries
    recipe = registry.entry(source).training if known else {}
    if not recipe or recipe.get("task") != "pde":
        raise ConfigError("give data, solutions (u, x, t) or the path of an HDF5 file, one of which is moved")
    options = (recipe.get("data") or {}).get("test") or {}
    return task_solutions(get_task("pde"), "test", {**options, "size": 1})[:1]
