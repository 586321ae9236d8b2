"""`Ragged`: rows of unequal length behind the face of a tensor, without the zeros that would pad them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import DataError


class Ragged:
    """B rows of unequal length: row i is a matrix `(counts[i], k)`.

    What takes a tensor `(B, n, k)` sample by sample (a slice, a mask, `index_select`, `split`, `to`) takes this as
    well; a batch becomes a tensor by `dense`, zero padded to the longest of its rows.

    Parameters
    ----------
    values : Tensor
        `(M, k)`, row after row.
    counts : Tensor
        `(B,)` int64, the lengths of the rows; they stay on the CPU, where shapes are decided.

    Raises
    ------
    DataError
        If the shapes are others, or the counts do not add up to M.
    """

    __slots__ = ("counts", "starts", "values")

    def __init__(self, values: Tensor, counts: Tensor) -> None:
        if values.ndim != 2 or counts.ndim != 1 or counts.dtype != torch.int64:
            raise DataError(
                f"ragged rows are values (M, k) and int64 counts (B,), got {tuple(values.shape)} and "
                f"{tuple(counts.shape)} of {counts.dtype}"
            )
        self.values, self.counts = values, counts.cpu()
        self.starts = torch.zeros(len(counts) + 1, dtype=torch.int64)
        torch.cumsum(self.counts, 0, out=self.starts[1:])
        if int(self.starts[-1]) != len(values) or (len(counts) and int(self.counts.min()) < 0):
            raise DataError(f"the counts add up to {int(self.starts[-1])}, but there are {len(values)} values")

    @classmethod
    def from_dense(cls, x: Tensor, mask: Tensor | None = None) -> Ragged:
        """Rows of a padded tensor `(B, n, k)`, whose entries are there where `mask` `(B, n)` says.

        By default: where a number is not zero. An entry that is left out between others closes up.
        """
        if x.ndim != 3:
            raise DataError(f"padded rows have the shape (B, n, k), got {tuple(x.shape)}")
        there: Tensor = (x != 0).any(-1) if mask is None else mask.to(torch.bool)
        return cls(x[there], there.sum(-1).cpu())

    @classmethod
    def cat(cls, parts: Sequence[Ragged]) -> Ragged:
        """The rows of several, one after another."""
        return cls(torch.cat([part.values for part in parts]), torch.cat([part.counts for part in parts]))

    def __len__(self) -> int:
        return len(self.counts)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """The padded rows; without it, numpy would take rows of rows of rows for a deeply nested list."""
        return self.dense().numpy().astype(dtype or self.values.numpy().dtype)

    def __repr__(self) -> str:
        return f"Ragged({len(self)} rows of up to {self.shape[1]} x {self.k}, {self.dtype} on {self.device})"

    @property
    def k(self) -> int:
        """Numbers in an entry of a row."""
        return self.values.shape[1]

    @property
    def shape(self) -> tuple[int, int, int]:
        """That of all rows padded to the longest, `(B, n, k)`."""
        return len(self), int(self.counts.max()) if len(self) else 0, self.k

    @property
    def ndim(self) -> int:
        """Axes of the padded tensor."""
        return 3

    @property
    def dtype(self) -> torch.dtype:
        """Of the values."""
        return self.values.dtype

    @property
    def device(self) -> torch.device:
        """Of the values."""
        return self.values.device

    def numel(self) -> int:
        """Numbers that are stored."""
        return self.values.numel()

    def element_size(self) -> int:
        """Bytes of a number."""
        return self.values.element_size()

    def to(self, *args: Any, **kwargs: Any) -> Ragged:
        """The values moved or cast, arguments as for `torch.Tensor.to`."""
        return Ragged(self.values.to(*args, **kwargs), self.counts)

    def __getitem__(self, rows: Any) -> Ragged:
        """The rows that a slice, a mask or a tensor of indices selects; an integer is a list of one row."""
        numbers = torch.arange(len(self))
        if isinstance(rows, Tensor):
            return self.index_select(0, numbers[rows.cpu()])
        if isinstance(rows, int):
            if not -len(self) <= rows < len(self):
                raise IndexError(f"row {rows} of {len(self)}")
            return self.index_select(0, numbers[[rows]])
        if isinstance(rows, slice) and rows.step in (None, 1):
            start, stop, _ = rows.indices(len(self))
            return self._between(start, max(start, stop))
        return self.index_select(0, numbers[rows])

    def index_select(self, dim: int, index: Tensor) -> Ragged:
        """The rows `index` `(n,)`, in that order; `dim` is 0."""
        if dim != 0 or index.ndim != 1:
            raise DataError(f"ragged rows are selected along the axis 0 by a list of rows, not along {dim} by {index}")
        index = index.cpu()
        counts = self.counts[index]
        begins = torch.cumsum(counts, 0) - counts
        shift = (self.starts[:-1][index] - begins).repeat_interleave(counts)
        places = shift.add_(torch.arange(len(shift)))
        return Ragged(self.values.index_select(0, places.to(self.device)), counts)

    def split(self, size: int) -> tuple[Ragged, ...]:
        """Successive parts of `size` rows, the last one of what is left."""
        return tuple(self._between(i, min(i + size, len(self))) for i in range(0, len(self), size))

    def dense(self, width: int | None = None) -> Tensor:
        """`(B, n, k)`, zero padded to the longest of these rows, or to `width`.

        Raises
        ------
        DataError
            If a row is longer than `width`.
        """
        longest = self.shape[1]
        width = longest if width is None else width
        if width < longest:
            raise DataError(f"a row has {longest} entries, more than the width {width}")
        if not len(self.values):
            return self.values.new_zeros(len(self), width, self.k)
        # a gather instead of an assignment by mask, which would wait for the device to count
        column = torch.arange(width)
        places = (self.starts[:-1, None] + column).clamp_(max=len(self.values) - 1)
        there = (column < self.counts[:, None]).to(self.device)
        gathered = self.values.index_select(0, places.flatten().to(self.device)).view(len(self), width, self.k)
        return torch.where(there[..., None], gathered, gathered.new_zeros(()))

    def _between(self, start: int, stop: int) -> Ragged:
        first, last = int(self.starts[start]), int(self.starts[stop])
        return Ragged(self.values[first:last], self.counts[start:stop])
