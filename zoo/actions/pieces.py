"""Inputs in pieces, which bound the memory of a network without gradients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch import Tensor

from ..engine.tensors import dense

PIECE = 4096
RAGGED_PIECE = 256  # networks on point clouds hold something for each pair of points


def in_pieces(x: Any, like: Tensor, size: int = PIECE) -> Iterator[Tensor]:
    """Inputs a part at a time, as tensors with the dtype and on the device of `like`.

    Parameters
    ----------
    x : Tensor or Ragged
        `(B, ...)`; rows of unequal length are padded to the longest of their part.
    like : Tensor
        A parameter of the network.
    size : int
        Samples in a part; of rows of unequal length, at most 256.
    """
    for piece in x.split(size if isinstance(x, Tensor) else min(size, RAGGED_PIECE)):
        yield dense(piece.to(like))
