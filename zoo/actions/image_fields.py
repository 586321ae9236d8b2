"""Where vector fields of images are looked for: the images, and a network to which moved ones should be the same."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from ..discoverers.flow.images import IMAGE_SETTINGS, FeatureValidity, in_parts, sensitivity
from ..errors import ConfigError, DataError
from ..registry import Registry
from ..tasks.arrays import as_numbers
from .fields import FEWEST, Problem

_SENSITIVE = 256  # images from which the weight of pixels is taken
_MIDDLE = 1024  # and the mean of the features

Features = Callable[[Tensor], Tensor]


class FeaturesOf:
    """What the last layer of a network reads, where it tells that (`features`), or else its answers.

    Of answers the mean over the outputs is taken off: a softmax sees all of what is left. The network is a copy that is
    not trained any more, and follows the images to their device.
    """

    def __init__(self, network: nn.Module) -> None:
        self._network: Any = copy.deepcopy(network).eval().requires_grad_(False)

    def __call__(self, images: Tensor) -> Tensor:
        network = self._network.to(images.device)
        if hasattr(network, "features"):
            return network.features(images).flatten(1)
        answers = network(images).flatten(1)
        return answers - answers.mean(1, keepdim=True)


def are_images(data: Any) -> bool:
    """Whether the user's data are images, `(N, C, H, W)` with or without labels, and no solutions."""
    first = data[0] if isinstance(data, tuple | list) and len(data) == 2 else data
    return len(getattr(first, "shape", ())) == 4


def image_problem(data: Any, score: Any, registry: Registry | None = None) -> Problem:
    """The user's images, and the features that their symmetries leave alone.

    Parameters
    ----------
    data : array or (x, y)
        `(N, C, H, W)`; labels take no part.
    score : Module, str or callable
        A classifier, the name of one, or a function from images to features `(B, F)`.
    registry : Registry, optional

    Raises
    ------
    ConfigError
        If the score is none of these.
    DataError
        If the images cannot be used.
    """
    first = data[0] if isinstance(data, tuple | list) else data
    images = as_numbers(first, "images", (None, None, None, None), dtype=torch.float32, axes="images")
    if len(images) < FEWEST:
        raise DataError(f"there are {len(images)} images; give {FEWEST} at least, a fifth of which is held out")
    features = features_of(score, registry)
    shape = (images.shape[2], images.shape[3])

    def of(train: Tensor, **settings: Any) -> FeatureValidity:
        middle = in_parts(features, train[:_MIDDLE]).mean(0)
        return FeatureValidity(features, shape, pixel_weight(features, train), middle, **settings)

    return Problem(images, of, IMAGE_SETTINGS, {"coordinates": ["x", "y"]}, {"reach": 1.0})


def pixel_weight(features: Features, images: Tensor) -> Tensor:
    """How sensitive features are to what happens at each pixel, always by the same draws."""
    stream = torch.Generator("cpu").manual_seed(0)
    return sensitivity(features, images[:_SENSITIVE], generator=stream)


def features_of(score: Any, registry: Registry | None = None) -> Features:
    """The features that a network, its name or a function means; errors as in `image_problem`."""
    if isinstance(score, str):
        from ..factory.loading import load

        return FeaturesOf(load(score, registry=registry))
    if isinstance(score, nn.Module):
        return FeaturesOf(score)
    if not callable(score):
        raise ConfigError(
            "of images, score is a classifier, the name of one, or a function from images (B, C, H, W) to features "
            f"(B, F); got {score!r}"
        )
    return score


def task_images(task: Any, split: str, options: Mapping[str, Any]) -> Tensor:
    """Images of a split."""
    return task.make_discovery(split, **options).x
