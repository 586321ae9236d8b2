"""Natural images of a data set that the user names, at the size of a grid."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from ...errors import ConfigError, DataError
from ..images import CIFAR10, MNIST, Images
from ..images.files import find_data, holds_parts
from ..task import random_stream


def data_set(path: str | Path | None) -> Images:
    """The task whose data set is at a path, or in the folder that ZOO_DATA names.

    Raises
    ------
    MissingData
        If none was given and none is in that folder.
    DataError
        If what is there is no data set of images.
    """
    for task in (MNIST, CIFAR10):
        try:
            if holds_parts(find_data(path, task.kind)):
                return task
        except DataError:  # MissingData is one
            continue
    if path is None:
        find_data(None, MNIST.kind)  # which says where images are looked for
    raise DataError(f"{path}: this is no data set of images; expected MNIST or CIFAR-10 in one of their usual forms")


def natural_images(path: str | Path | None, split: str, count: int, seed: int, shape: tuple[int, ...]) -> Tensor:
    """Images `(count, H, W)` float64 in [0, 1], grey, in an order that the seed draws.

    They are cropped around the middle to the largest whole multiple of the grid, whose blocks are averaged: digits of
    MNIST become 7 x 7 by blocks of 4 x 4, and 20 x 20 without the black margin around them.

    Raises
    ------
    ConfigError
        If there are fewer images, or they are smaller than the grid.
    """
    images = data_set(path).make(split, data=path).x.values  # type: ignore[attr-defined]
    if count > len(images):
        raise ConfigError(f"there are {len(images)} images in the split {split}, size asks for {count}")
    rows = random_stream("pairs_on_grid/images", split, seed).permutation(len(images))[:count]
    grey = images[torch.from_numpy(rows)].double().mean(dim=1) / 255
    return scaled(grey, shape)


def scaled(images: Tensor, shape: tuple[int, ...]) -> Tensor:
    """`(B, H, W)` cropped and averaged to `(B, *shape)`."""
    block = min(size // wanted for size, wanted in zip(images.shape[1:], shape, strict=True))
    if block < 1:
        raise ConfigError(f"images of {tuple(images.shape[1:])} pixels are smaller than the grid {shape}")
    top, left = ((size - block * wanted) // 2 for size, wanted in zip(images.shape[1:], shape, strict=True))
    middle = images[:, top : top + block * shape[0], left : left + block * shape[1]]
    return avg_pool2d(middle[:, None], block)[:, 0]
