"""`Pixels`: images as the bytes that they are, behind the face of a tensor of numbers from 0 to 1."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...errors import DataError

WHITE = 255


class Pixels:
    """B images of one shape, a byte for each number.

    What takes a tensor `(B, C, H, W)` sample by sample (a slice, a mask, `index_select`, `split`, `to`) takes this as
    well, at a quarter of the memory; a batch becomes a tensor of numbers in [0, 1] by `dense`.

    Parameters
    ----------
    values : Tensor
        `(B, C, H, W)`, uint8.
    dtype : torch.dtype
        Of what `dense` gives.

    Raises
    ------
    DataError
        If the values are no such bytes.
    """

    __slots__ = ("dtype", "values")
    one_shape = True  # so that a step may be captured

    def __init__(self, values: Tensor, dtype: torch.dtype = torch.float32) -> None:
        if values.dtype != torch.uint8 or values.ndim != 4:
            raise DataError(f"pixels are uint8 (B, C, H, W), got {tuple(values.shape)} of {values.dtype}")
        self.values, self.dtype = values, dtype

    def __len__(self) -> int:
        return len(self.values)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """The images as numbers from 0 to 1."""
        dense = self.dense().cpu().numpy()
        return dense if dtype is None else dense.astype(dtype)

    def __repr__(self) -> str:
        return f"Pixels({tuple(self.shape)}, {self.dtype} on {self.device})"

    @property
    def shape(self) -> torch.Size:
        """`(B, C, H, W)`."""
        return self.values.shape

    @property
    def ndim(self) -> int:
        """Four axes."""
        return self.values.ndim

    @property
    def device(self) -> torch.device:
        """Of the values."""
        return self.values.device

    def numel(self) -> int:
        """Numbers in all images."""
        return self.values.numel()

    def element_size(self) -> int:
        """Bytes that are stored for a number."""
        return self.values.element_size()

    def to(self, *args: Any, **kwargs: Any) -> Pixels:
        """Moved, or to become numbers of another dtype; arguments as for `torch.Tensor.to`."""
        like = torch.empty(0, dtype=self.dtype, device=self.device).to(*args, **kwargs)
        return Pixels(self.values.to(like.device), like.dtype)

    def __getitem__(self, rows: Any) -> Pixels:
        """The images that a slice, a mask or a tensor of indices selects; an integer is a list of one."""
        return Pixels(self.values[[rows] if isinstance(rows, int) else rows], self.dtype)

    def index_select(self, dim: int, index: Tensor) -> Pixels:
        """The images `index` `(n,)`, in that order; `dim` is 0."""
        if dim != 0:
            raise DataError(f"images are selected along the axis 0, not along {dim}")
        return Pixels(self.values.index_select(0, index), self.dtype)

    def split(self, size: int) -> tuple[Pixels, ...]:
        """Successive parts of `size` images, the last one of what is left."""
        return tuple(Pixels(part, self.dtype) for part in self.values.split(size))

    def dense(self) -> Tensor:
        """`(B, C, H, W)` in [0, 1]."""
        return self.values.to(self.dtype).div_(WHITE)

    def identity(self) -> dict[str, Any]:
        """By which a training that goes on notices other images: their shape and a digest."""
        digest = hashlib.blake2b(self.values.cpu().contiguous().numpy().data, digest_size=16)
        return {"shape": list(self.shape), "dtype": str(self.dtype), "digest": digest.hexdigest()}
