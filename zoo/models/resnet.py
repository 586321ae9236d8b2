"""Residual networks on small images (He et al. 2016, arXiv 1512.03385, section 4.2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..errors import ConfigError
from .arguments import fraction, positive, refuse_unknown
from .image_input import ImageClassifier


class ResNet(ImageClassifier):
    """Blocks of two 3 x 3 convolutions beside a shortcut, in stages of half the size each, and a mean over the image.

    The defaults are ResNet-20; its first stage sees all pixels, as images are small.

    Parameters
    ----------
    symmetry : None
        The family uses none.
    input_shape : sequence of int
        `(C, H, W)`.
    output_shape : sequence of int
        `(classes,)`.
    hidden : sequence of int
        Channels of each stage.
    blocks : int
        In each stage.
    antialias : bool
        Halve images by a binomial filter of 3 x 3 pixels instead of by steps of two: features hardly change when an
        image is shifted by a pixel (Zhang 2019, arXiv 1904.11486).
    input_dropout, dropout : float
        Of input values, and of the features before the last layer.
    scramble : int, optional
        Seed of a fixed permutation of the pixels, which is applied first.

    Raises
    ------
    ConfigError
        If an argument is unknown or out of range, a symmetry is given, or the image is too small for the stages.
    """

    family = "resnet"

    def __init__(
        self,
        symmetry: None = None,
        *,
        input_shape: Sequence[int],
        output_shape: Sequence[int] = (10,),
        hidden: Sequence[int] = (16, 32, 64),
        blocks: int = 3,
        antialias: bool = False,
        input_dropout: float = 0.0,
        dropout: float = 0.0,
        scramble: int | None = None,
        **unknown: Any,
    ) -> None:
        refuse_unknown(ResNet, unknown)
        super().__init__(symmetry, input_shape, output_shape, input_dropout, scramble)
        widths, blocks = [positive("hidden", width) for width in hidden], positive("blocks", blocks)
        if not widths:
            raise ConfigError("hidden is the channels of each stage, and there is none")
        if min(self.input_shape[1:]) < 2 ** (len(widths) - 1):
            raise ConfigError(
                f"{len(widths)} stages halve an image {len(widths) - 1} times, and this one is "
                f"{self.input_shape[1]} x {self.input_shape[2]}"
            )
        self.stem = nn.Sequential(
            nn.Conv2d(self.input_shape[0], widths[0], 3, padding=1, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU()
        )
        layers: list[nn.Module] = []
        for stage, width in enumerate(widths):
            for number in range(blocks):
                first = stage > 0 and number == 0
                if first and antialias:
                    layers.append(Halve(widths[stage - 1]))
                inner, stride = (widths[stage - 1], 1 if antialias else 2) if first else (width, 1)
                layers.append(Block(inner, width, stride))
        self.layers = nn.Sequential(*layers)
        self.dropout = nn.Dropout(fraction("dropout", dropout))
        self.output = nn.Linear(widths[-1], self.classes)
        self.config |= {"hidden": widths, "blocks": blocks, "antialias": bool(antialias), "dropout": float(dropout)}

    def forward(self, x: Tensor) -> Tensor:
        """Logits `(B, classes)` of images `(B, C, H, W)` in [0, 1].

        Raises
        ------
        DataError
            If the images have another shape.
        """
        return self.output(self.dropout(self.features(x)))

    def features(self, x: Tensor) -> Tensor:
        """What the last layer reads, `(B, hidden[-1])`; errors as in `forward`."""
        # channels side by side in memory: a third faster on processors
        pixels = self.input(x).contiguous(memory_format=torch.channels_last)
        return self.layers(self.stem(pixels)).mean((2, 3))


class Halve(nn.Module):
    """Every second pixel of an image that (1, 2, 1) / 4 has smoothed along both axes; at its edges, of itself."""

    kernel: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        row = torch.tensor([0.25, 0.5, 0.25])
        self.register_buffer("kernel", torch.outer(row, row).expand(channels, 1, 3, 3).clone(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """`(B, C, H, W)` to `(B, C, (H + 1) // 2, (W + 1) // 2)`."""
        around = functional.pad(x, (1, 1, 1, 1), mode="replicate")
        return functional.conv2d(around, self.kernel, stride=2, groups=x.shape[1])


class Block(nn.Module):
    """relu(x + two convolutions of x); where the shape changes, the shortcut is a convolution of single pixels."""

    def __init__(self, inner: int, outer: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inner, outer, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(outer),
            nn.ReLU(),
            nn.Conv2d(outer, outer, 3, padding=1, bias=False),
            nn.BatchNorm2d(outer),
        )
        self.shortcut: nn.Module = nn.Identity()
        if inner != outer or stride > 1:
            self.shortcut = nn.Sequential(nn.Conv2d(inner, outer, 1, stride, bias=False), nn.BatchNorm2d(outer))

    def forward(self, x: Tensor) -> Tensor:
        """`(B, inner, H, W)` to `(B, outer, H / stride, W / stride)`."""
        return torch.relu(self.shortcut(x) + self.body(x))
