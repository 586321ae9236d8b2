"""Convolutional networks on images: the baseline of the L-conv paper, and deeper ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from ..errors import ConfigError
from .arguments import fraction, one_of, positive, refuse_unknown
from .image_input import ImageClassifier
from .perceptron import ACTIVATIONS

HEADS = ("flatten", "mean")
PADDINGS = ("valid", "same")


class CNN(ImageClassifier):
    """Convolutions, each with an activation and perhaps pooling, then a linear layer to logits.

    The defaults are the baseline of the L-conv paper (arXiv 2109.07103): one valid convolution of 3 x 3 pixels to 32
    channels, flattened, then softmax; 216,650 parameters on MNIST.

    Parameters
    ----------
    symmetry : None
        The family uses none.
    input_shape : sequence of int
        `(C, H, W)`.
    output_shape : sequence of int
        `(classes,)`.
    hidden : sequence of int
        Channels behind each convolution.
    kernel : int or sequence of int
        Side of the kernels, or `(height, width)`.
    padding : {"valid", "same"}
    pool : sequence of int
        After each convolution, the side of the blocks whose largest value is kept; 1 for none.
    head : {"flatten", "mean"}
        A linear layer on all features, or on their mean over the image.
    normalise : bool
        Batch normalisation before the activations.
    activation : str
        "relu", "swish" or "tanh".
    input_dropout, dropout : float
        Of input values, and of the features before the head.
    scramble : int, optional
        Seed of a fixed permutation of the pixels, which is applied first.

    Raises
    ------
    ConfigError
        If an argument is unknown or out of range, a symmetry is given, or the image is too small for the layers.
    """

    family = "cnn"

    def __init__(
        self,
        symmetry: None = None,
        *,
        input_shape: Sequence[int],
        output_shape: Sequence[int] = (10,),
        hidden: Sequence[int] = (32,),
        kernel: int | Sequence[int] = 3,
        padding: str = "valid",
        pool: Sequence[int] = (),
        head: str = "flatten",
        normalise: bool = False,
        activation: str = "relu",
        input_dropout: float = 0.0,
        dropout: float = 0.0,
        scramble: int | None = None,
        **unknown: Any,
    ) -> None:
        refuse_unknown(CNN, unknown)
        super().__init__(symmetry, input_shape, output_shape, input_dropout, scramble)
        one_of("padding", padding, PADDINGS)
        one_of("head", head, HEADS)
        one_of("activation", activation, tuple(ACTIVATIONS))
        widths = [positive("hidden", width) for width in hidden]
        blocks = [positive("pool", block) for block in pool] or [1] * len(widths)
        if not widths or len(blocks) != len(widths):
            raise ConfigError(f"hidden {widths} needs a layer, and pool {list(pool)} one number for each layer")
        sides = _sides(kernel)
        layers: list[nn.Module] = []
        for inner, outer, block in zip([self.input_shape[0], *widths], widths, blocks, strict=False):
            layers.append(nn.Conv2d(inner, outer, sides, padding=padding, bias=not normalise))
            layers += [nn.BatchNorm2d(outer)] if normalise else []
            layers.append(ACTIVATIONS[activation]())
            layers += [nn.MaxPool2d(block)] if block > 1 else []
        self.layers, self.head = nn.Sequential(*layers), head
        self.dropout = nn.Dropout(fraction("dropout", dropout))
        height, width = _size_behind(self.input_shape, sides, padding, blocks)
        self.output = nn.Linear(widths[-1] * (height * width if head == "flatten" else 1), self.classes)
        self.config |= {
            "hidden": widths,
            "kernel": kernel if isinstance(kernel, int) else list(sides),  # as it was given
            "padding": padding,
            "pool": blocks,
            "head": head,
            "normalise": bool(normalise),
            "activation": activation,
            "dropout": float(dropout),
        }

    def forward(self, x: Tensor) -> Tensor:
        """Logits `(B, classes)` of images `(B, C, H, W)` in [0, 1].

        Raises
        ------
        DataError
            If the images have another shape.
        """
        features = self.layers(self.input(x))
        return self.output(self.dropout(features.flatten(1) if self.head == "flatten" else features.mean((2, 3))))


def _sides(kernel: int | Sequence[int]) -> tuple[int, int]:
    sides = (kernel, kernel) if isinstance(kernel, int) else tuple(kernel)
    if len(sides) != 2:
        raise ConfigError(f"kernel is the side of a kernel, or (height, width); got {kernel!r}")
    return positive("kernel", sides[0]), positive("kernel", sides[1])


def _size_behind(
    shape: tuple[int, ...], sides: tuple[int, int], padding: str, blocks: Sequence[int]
) -> tuple[int, int]:
    """Height and width behind the last layer."""
    size = [shape[1], shape[2]]
    for number, block in enumerate(blocks, start=1):
        lost = [0, 0] if padding == "same" else [sides[0] - 1, sides[1] - 1]
        size = [(length - less) // block for length, less in zip(size, lost, strict=True)]
        if min(size) < 1:
            raise ConfigError(
                f"nothing is left of {shape[1]} x {shape[2]} pixels behind layer {number}: take fewer layers, smaller "
                'kernels or blocks, or padding="same"'
            )
    return size[0], size[1]
