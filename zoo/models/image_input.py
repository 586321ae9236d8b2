"""`ImageInput`: what every baseline on images does before its first layer, and says of its symmetry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from ..errors import ConfigError, DataError
from ..symmetries import LieAlgebra, Rep
from ..symmetries.grid import Grid
from ..symmetries.posed import Posed
from .per_channel import PerChannel
from .scramble import Scramble


class ImageInput(nn.Module):
    """Images `(B, C, H, W)` checked, scrambled if asked for, standardised channel by channel, and partly dropped.

    Parameters
    ----------
    input_shape : sequence of int
        `(C, H, W)`.
    scramble : int, optional
        Seed of a fixed permutation of the pixels.
    dropout : float
        Share of the numbers that are set to the mean of their channel in training.

    Raises
    ------
    ConfigError
        If an argument is out of range.
    """

    def __init__(self, input_shape: Sequence[int], *, scramble: int | None = None, dropout: float = 0.0) -> None:
        super().__init__()
        self.shape = tuple(int(length) for length in input_shape)
        if len(self.shape) != 3 or min(self.shape) < 1:
            raise ConfigError(f"input_shape is that of an image, (channels, height, width); got {list(input_shape)}")
        channels, height, width = self.shape
        self.scramble = None if scramble is None else Scramble(scramble, height * width)
        self.standard = PerChannel(channels, dropout)

    def forward(self, x: Tensor) -> Tensor:
        """`(B, C, H, W)`, for the first layer.

        Raises
        ------
        DataError
            If the images have another shape.
        """
        if x.ndim != 4 or tuple(x.shape[1:]) != self.shape:
            wanted = ", ".join(map(str, self.shape))
            raise DataError(f"the network takes images (B, {wanted}) with values in [0, 1], got {tuple(x.shape)}")
        if self.scramble is not None:
            x = self.scramble(x)
        return self.standard(x)


class ImageClassifier(nn.Module):
    """What baselines on images have in common: their input, no symmetry, and how one would act on them.

    Parameters
    ----------
    symmetry : None
        They use none.
    input_shape : sequence of int
        `(C, H, W)`.
    output_shape : sequence of int
        `(classes,)`.
    input_dropout : float
    scramble : int, optional

    Raises
    ------
    ConfigError
        If a symmetry is given, or an argument is out of range.
    """

    family: str
    head_names = ("output",)
    promises_equivariance = False

    def __init__(
        self,
        symmetry: Any,
        input_shape: Sequence[int],
        output_shape: Sequence[int],
        input_dropout: float,
        scramble: int | None,
    ) -> None:
        super().__init__()
        if symmetry is not None:
            raise ConfigError(f"{self.family} is a baseline that uses no symmetry; give None")
        self.output_shape = tuple(int(length) for length in output_shape)
        if len(self.output_shape) != 1 or self.output_shape[0] < 2:
            raise ConfigError(f"output_shape is (classes,), two of them or more; got {list(output_shape)}")
        self.symmetry = None
        self.input = ImageInput(input_shape, scramble=scramble, dropout=input_dropout)
        self.input_shape = self.input.shape
        numbers = self.input_shape[0] * self.input_shape[1] * self.input_shape[2]
        self.rep_in, self.rep_out = Rep.parse(f"{numbers}x0", 2), Rep.parse(f"{self.classes}x0", 2)  # see `posed`
        self.config: dict[str, Any] = {
            "input_shape": list(self.input_shape),
            "output_shape": list(self.output_shape),
            "input_dropout": float(input_dropout),
            "scramble": None if scramble is None else int(scramble),
        }

    @property
    def classes(self) -> int:
        """Number of classes."""
        return self.output_shape[0]

    def calibrate(self, x: Tensor, y: Tensor) -> None:
        """Take mean and standard deviation of each channel from the data. To be called before training."""
        self.input.standard.calibrate(x)

    def posed(self, x: Tensor) -> Posed:
        """How a symmetry of the coordinates acts on images, as they are before any scrambling; classes stay."""
        channels, height, width = self.input_shape
        grid = Grid((height, width))

        def lift(algebra: LieAlgebra) -> LieAlgebra:
            return LieAlgebra(grid.generators(algebra), algebra.coefficients)

        rep_in, rep_out = Rep.parse(f"{channels}x1", grid.d), Rep.parse(f"{self.classes}x0", grid.d)
        return Posed(self, rep_in, rep_out, x, lift=lift)
