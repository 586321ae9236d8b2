"""How a recipe makes more of its training data: moved in each step, or once before the training."""

from __future__ import annotations

from typing import Any

from ..errors import ConfigError
from ..factory.loading import load
from ..factory.meaning import from_name
from ..factory.probing import takes_images
from ..registry import Registry
from ..symmetries import LieAlgebra
from ..symmetries.augment import Augmentation
from ..symmetries.coefficients import Uniform, from_dict
from ..symmetries.field import GeneratorField
from ..symmetries.flip_and_crop import FlipAndCrop
from ..symmetries.grid import Grid
from ..symmetries.image_augment import ImageAugmentation
from ..tasks.samples import Arrays
from .recipe import Augment, Recipe


def augmentation(spec: Augment, module: Any, registry: Registry) -> Augmentation | ImageAugmentation | FlipAndCrop:
    """The augmentation that a recipe asks for, in the representations of a module; or of the images that it takes.

    Raises
    ------
    ConfigError
        If what is asked for is for images alone and the module takes none, or there are no fields to be random like.
    """
    images = takes_images(module)
    if (spec.flip or spec.cubic or spec.share < 1 or spec.evenly) and not images:
        raise ConfigError(
            "field training.augment: only images are reflected (flip), interpolated (cubic), partly moved (share) or "
            "moved by as much along each field (evenly), and the network takes none"
        )
    if images and spec.symmetry == "flip_and_crop":
        if spec.model_fields_set - {"symmetry", "pixels"}:
            raise ConfigError("field training.augment: flip_and_crop has no further settings but pixels")
        return FlipAndCrop() if spec.pixels is None else FlipAndCrop(spec.pixels)
    if spec.pixels is not None:
        raise ConfigError("field training.augment: pixels are those of flip_and_crop, of images; use reach")
    symmetry = _random(spec, module, registry) if spec.kind == "random" else from_name(spec.symmetry, registry)
    of_images: dict[str, Any] = {"flip": spec.flip, "cubic": spec.cubic, "share": spec.share, "evenly": spec.evenly}
    if images and spec.coefficients is None:
        return ImageAugmentation(symmetry, tuple(module.input_shape[1:]), reach=spec.reach, **of_images)
    symmetry = symmetry if isinstance(symmetry, LieAlgebra) else symmetry.to_algebra()
    if spec.reach is not None:
        symmetry = symmetry.with_coefficients(Uniform(-spec.reach, spec.reach))
    elif spec.coefficients is not None:
        symmetry = symmetry.with_coefficients(from_dict(spec.coefficients))
    if images:
        return ImageAugmentation(symmetry, tuple(module.input_shape[1:]), **of_images)
    return Augmentation(symmetry, module.rep_in, module.rep_out, over=spec.over)


def _random(spec: Augment, module: Any, registry: Registry) -> GeneratorField:
    """Random fields on the plane of the images, as many as a discoverer learned."""
    learned: Any = load(spec.symmetry, registry=registry)
    if not takes_images(module) or not hasattr(learned, "random") or learned.field.n != 2 or not learned.symmetry.c:
        raise ConfigError(
            f"field training.augment: random fields move images, in place of those of a discoverer; "
            f"{spec.symmetry} has learned none on a plane"
        )
    return learned.random(Grid(tuple(module.input_shape[1:])).points, spec.seed)


def moved_beside(name: str, recipe: Recipe, arrays: Arrays, registry: Registry, progress: bool) -> Arrays:
    """The solutions, and those that a symmetry makes of them."""
    from .moved_data import with_moved

    assert recipe.moved is not None
    if not recipe.rollout:
        raise ConfigError(
            f"entry {name}, field training.moved: moved solutions have gaps, which rollout: true leaves out"
        )
    equation = recipe.data.train.get("equation", "kdv")
    given = {"samples": recipe.samples, "seed": recipe.seed, "progress": progress}
    return with_moved(arrays, recipe.moved, equation, registry, **given)
