"""The usual augmentation of images."""

from __future__ import annotations

import pytest
import torch

from zoo.errors import ConfigError
from zoo.symmetries.flip_and_crop import FlipAndCrop


def test_images_are_reflected_and_shifted() -> None:
    image = torch.rand(2, 5, 6)
    moved, y = FlipAndCrop(1)(image.expand(200, -1, -1, -1), torch.arange(200), torch.Generator().manual_seed(0))
    assert torch.equal(y, torch.arange(200))
    padded = torch.nn.functional.pad(image, (1, 1, 1, 1))
    possible = [padded[:, i : i + 5, j : j + 6] for i in range(3) for j in range(3)]
    possible = torch.stack([*possible, *(each.flip(2) for each in possible)])
    which = (moved[:, None] == possible).flatten(2).all(2)
    assert which.any(1).all() and which.any(0).all()  # each is one of these 18, and all of them occur


def test_without_shifts_half_are_reflected() -> None:
    image = torch.rand(1, 3, 4)
    moved, _ = FlipAndCrop(0)(image.expand(100, -1, -1, -1), torch.zeros(100), torch.Generator().manual_seed(0))
    as_it_was = (moved == image).flatten(1).all(1)
    assert 35 < as_it_was.sum() < 65 and torch.equal(moved[~as_it_was][0], image.flip(2))
    with pytest.raises(ConfigError, match="0 pixels or more"):
        FlipAndCrop(-1)
