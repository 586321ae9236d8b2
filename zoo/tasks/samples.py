"""`Arrays`: inputs and targets side by side; `Signature` and `Split`: what they are, and how many."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from ..errors import DataError


@dataclass(frozen=True, eq=False)
class Arrays:
    """Inputs `x` and targets `y`, one sample a row; unpacks as ``x, y = arrays``.

    Inputs of unequal length are `Ragged` rows, which do for inputs what a tensor does.
    """

    x: Tensor
    y: Tensor

    def __post_init__(self) -> None:
        if len(self.x) != len(self.y):
            raise DataError(f"there are {len(self.x)} inputs but {len(self.y)} targets: give one target for each input")

    def __len__(self) -> int:
        return len(self.x)

    def __iter__(self) -> Iterator[Tensor]:
        yield self.x
        yield self.y

    def __getitem__(self, rows: Any) -> Arrays:
        """The samples that a slice, a mask or a tensor of indices selects."""
        return Arrays(self.x[rows], self.y[rows])

    def __repr__(self) -> str:
        return f"Arrays(x: {tuple(self.x.shape)}, y: {tuple(self.y.shape)}, {self.x.dtype})"

    def to(self, *args: Any, **kwargs: Any) -> Arrays:
        """Both tensors moved or cast, arguments as for `torch.Tensor.to`."""
        return Arrays(self.x.to(*args, **kwargs), self.y.to(*args, **kwargs))


@dataclass(frozen=True)
class Signature:
    """What goes in and comes out: tensor representations over R^k, and shapes without the batch.

    Where a sample is any number of vectors, the representation is "Nx1" and the shape `(None, k)`.
    """

    rep_in: str
    rep_out: str
    input_shape: tuple[int | None, ...]
    output_shape: tuple[int, ...]


@dataclass(frozen=True)
class Split:
    """How many items (orbits, or samples) a split has, and its seed, where the caller does not say."""

    size: int
    seed: int
