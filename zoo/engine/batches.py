"""Random order without state: every random number of step s comes from (seed, s, rank) alone."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from ..errors import ConfigError, DataError
from .tensors import dense

_BLOCK_BYTES = 64 * 2**20
"""Batches are gathered in blocks of about this size, so that a step costs views and no launches."""


def mix(*numbers: int) -> int:
    """A 63-bit seed from a few integers, scrambled in every bit.

    The CPU generator of torch keeps the low 32 bits of a seed only, so that nearby steps need a real hash.
    """
    state = 0x9E3779B97F4A7C15
    for number in numbers:
        state = (state ^ number) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
        state = (state ^ state >> 31) * 0x94D049BB133111EB & 0xFFFFFFFFFFFFFFFF
        state ^= state >> 29
    return state >> 1


class Batches:
    """Random batches of tensors that live on one device.

    Parameters
    ----------
    data : tuple of Tensor
        Of equal length N. Anything with `dense` comes as the tensor that this makes of a batch: rows of unequal length
        padded to the longest, images that are kept as bytes in numbers.
    batch_size : int
        Samples in a step over all processes; at most N is used.
    seed : int
        The order of epoch e follows from (seed, e).
    rank, processes : int
        This process takes the `rank`-th of `processes` equal parts of every batch.

    Raises
    ------
    DataError
        If there are no samples, or the tensors differ in length.
    ConfigError
        If the batch cannot be divided evenly among the processes.
    """

    def __init__(self, data: tuple[Tensor, ...], batch_size: int, seed: int, rank: int = 0, processes: int = 1) -> None:
        lengths = [len(tensor) for tensor in data]
        if not lengths or min(lengths) == 0 or len(set(lengths)) > 1:
            raise DataError(f"training needs tensors of one length, and at least one sample; got lengths {lengths}")
        batch = min(batch_size, lengths[0])
        if batch % processes:
            raise ConfigError(
                f"a batch of {batch} samples cannot be divided evenly among {processes} processes; "
                f"choose a batch_size that is a multiple of {processes}"
            )
        self.data, self.seed, self.batch, self.rank, self.processes = data, seed, batch, rank, processes
        self.samples, self.per_epoch = lengths[0], lengths[0] // batch

    def order(self, epoch: int) -> Tensor:
        """Sample numbers `(steps, batch)` of one epoch, on the CPU and the same on every machine."""
        generator = torch.Generator().manual_seed(mix(self.seed, epoch, 0x0BDE5))
        order = torch.randperm(self.samples, generator=generator)
        return order[: self.per_epoch * self.batch].reshape(self.per_epoch, self.batch)

    def from_step(self, step: int) -> Iterator[tuple[Tensor, ...]]:
        """This process's batches from `step` on, without end."""
        sample_bytes = sum(tensor.numel() // len(tensor) * tensor.element_size() for tensor in self.data)
        share = self.batch // self.processes
        block = max(1, _BLOCK_BYTES // max(1, share * sample_bytes))
        while True:
            mine = self.order(step // self.per_epoch).reshape(self.per_epoch, self.processes, share)[:, self.rank]
            for rows in mine[step % self.per_epoch :].split(block):
                index = rows.reshape(-1).to(self.data[0].device)
                pieces = [tensor.index_select(0, index).split(share) for tensor in self.data]
                yield from (tuple(map(dense, piece)) for piece in zip(*pieces, strict=True))
            step += self.per_epoch - step % self.per_epoch
