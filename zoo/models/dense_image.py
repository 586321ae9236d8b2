"""Fully connected layers on all pixels: the baseline that knows nothing of the image's geometry."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from .arguments import fraction, one_of, positive, refuse_unknown
from .image_input import ImageClassifier
from .perceptron import ACTIVATIONS, perceptron


class DenseImage(ImageClassifier):
    """Fully connected layers on the flattened image, then a linear layer to logits.

    The L-conv paper's are 72 and then 32 times the number of pixels wide: 2,138,834 parameters on MNIST.

    Parameters
    ----------
    symmetry : None
        The family uses none.
    input_shape : sequence of int
        `(C, H, W)`.
    output_shape : sequence of int
        `(classes,)`.
    hidden : sequence of int
        Widths of the hidden layers.
    activation : str
        "relu", "swish" or "tanh".
    normalise : bool
        Batch normalisation before the activations.
    input_dropout, dropout : float
        Of input values, and of the features before the last layer.
    scramble : int, optional
        Seed of a fixed permutation of the pixels, which is applied first.

    Raises
    ------
    ConfigError
        If an argument is unknown or out of range, or a symmetry is given.
    """

    family = "dense_image"

    def __init__(
        self,
        symmetry: None = None,
        *,
        input_shape: Sequence[int],
        output_shape: Sequence[int] = (10,),
        hidden: Sequence[int] = (72,),
        activation: str = "relu",
        normalise: bool = False,
        input_dropout: float = 0.0,
        dropout: float = 0.0,
        scramble: int | None = None,
        **unknown: Any,
    ) -> None:
        refuse_unknown(DenseImage, unknown)
        super().__init__(symmetry, input_shape, output_shape, input_dropout, scramble)
        one_of("activation", activation, tuple(ACTIVATIONS))
        widths = [math.prod(self.input_shape), *(positive("hidden", width) for width in hidden)]
        self.hidden = perceptron(widths, activation, normalise)
        self.dropout = nn.Dropout(fraction("dropout", dropout))
        self.output = nn.Linear(widths[-1], self.classes)
        self.config |= {
            "hidden": widths[1:],
            "activation": activation,
            "normalise": bool(normalise),
            "dropout": float(dropout),
        }

    def forward(self, x: Tensor) -> Tensor:
        """Logits `(B, classes)` of images `(B, C, H, W)` in [0, 1].

        Raises
        ------
        DataError
            If the images have another shape.
        """
        return self.output(self.dropout(self.hidden(self.input(x).flatten(1))))
