"""Draw: a symmetry as a picture, whatever holds it."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from ..errors import SymmetryError, WeightsError
from ..factory import load, symmetry
from ..factory.places import is_path
from ..registry import Registry
from ..symmetries import Grid, LieAlgebra
from ..weights import read_header


def draw_symmetry(
    source: Any, path: str | PathLike[str], *, image: Any = None, registry: Registry | None = None
) -> None:
    """Draw the basis of a Lie algebra; generators on the pixels of an image as vector fields over it; learned fields.

    Parameters
    ----------
    source : Module, str or path
        A network or a discoverer, by its name or file too; or what `zoo.symmetry` takes. Of an L-conv network on images
        the generators of its first layer are drawn, learned ones too.
    path : path
        A .png, .pdf or .svg file.
    image : array or path, optional
        Drawn below the fields: `(H, W)` or `(C, H, W)` in [0, 1], or the file of a picture.
    registry : Registry, optional
        Instead of the one that comes with zoo.

    Raises
    ------
    SymmetryError
        If there is nothing to draw: a generator field, a network without a symmetry, no image to draw over.
    MissingExtra
        If matplotlib, or Pillow for the file of a picture, is not installed.
    """
    from ..pictures import plot_basis, plot_fields, plot_vector_field

    module = source if isinstance(source, nn.Module) else _loaded(source, registry)
    found = None if module is None else generators_on_image(module)
    if found is not None:
        plot_vector_field(*found, path, image=_picture(image, found[1]))  # type: ignore[arg-type]
        return
    if image is not None:
        raise SymmetryError(f"{source} has no generators on the pixels of an image, so there are none to draw over it")
    if hasattr(module, "conclude"):
        plot_fields(module.field, path, names=_slots(module))  # type: ignore[union-attr]
        return
    algebra = symmetry(source if module is None else module)
    if not isinstance(algebra, LieAlgebra):
        raise SymmetryError(f"{source} is a generator field, and only a Lie algebra has a basis that can be drawn")
    plot_basis(algebra, path)  # type: ignore[arg-type]


def generators_on_image(module: Any) -> tuple[Tensor, Grid] | None:
    """`(c, d, d)` on the pixels in their natural order, and the grid that they are; None where it is about no images.

    Of the discoverers those that take pairs on a grid, of the networks `lconv`.
    """
    if getattr(module, "kind", "model") == "discoverer":
        nodes = getattr(module, "nodes", ())
        if len(nodes) != 2:
            return None
        grid, algebra = getattr(module, "grid", Grid(nodes)), module.symmetry
        return algebra.basis if algebra.k == grid.d else grid.generators(algebra), grid
    grid = getattr(module, "grid", None)
    return None if grid is None or grid.n != 2 else (module.generators(), grid)


def _slots(module: Any) -> list[str]:
    """What stands above the picture of each learned field."""
    kinds = ["a symmetry" if real else "spare" for real in module.real.tolist()]
    violations = [f", violation {each:.2g}" for each in module.report.get("violation", [])] or [""] * len(kinds)
    numbered = enumerate(zip(kinds, violations, strict=True), 1)
    return [f"$V_{{{number}}}$: {kind}{violation}" for number, (kind, violation) in numbered]


def _loaded(source: Any, registry: Registry | None) -> Any:
    """The trained module that a name or a path means, if it means one."""
    registry = Registry.load() if registry is None else registry
    if not isinstance(source, str | PathLike):
        return None
    if is_path(source):
        try:
            read_header(source)
        except WeightsError:
            return None
        return load(source)
    source = str(source)
    known = source in registry.entries or source in registry.deprecated
    return load(source, registry=registry) if known and registry.entry(source).weights else None


def _picture(image: Any, grid: Grid) -> Any:
    if not isinstance(image, str | PathLike):
        return image
    from ..tasks.images.files.kind import Kind
    from ..tasks.images.files.pictures import read_picture

    height, width = grid.shape
    return read_picture(Path(image), Kind("picture", (1, height, width), (), ())) / 255
