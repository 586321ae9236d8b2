"""Spectral low-pass filter of functions on a lattice."""

from __future__ import annotations

import torch
from torch import Tensor

# A frequency on the rim of the disk counts as inside, whatever rounding says.
_RIM = 1e-9


def cut(values: Tensor, n: int, fraction: float, periodic: bool) -> Tensor:
    """`(..., *shape)` without frequencies longer than `fraction` of half a turn a node, over the last n axes."""
    axes = tuple(range(-n, 0))
    shape = values.shape[-n:]
    # Room for zeros, so that content does not leave at one edge and enter at the other.
    lengths = tuple(size if periodic else 2 * size for size in shape)
    spectrum = torch.fft.fftn(values, s=lengths, dim=axes)
    squares = torch.zeros(lengths, dtype=torch.float64, device=values.device)
    for axis, length in enumerate(lengths):
        along = 2 * torch.fft.fftfreq(length, dtype=torch.float64, device=values.device)
        squares = squares + along.square().reshape([-1 if a == axis else 1 for a in range(n)])
    inside = squares <= (fraction * (1 + _RIM)) ** 2
    filtered = torch.fft.ifftn(spectrum * inside, dim=axes).real
    return filtered[(..., *(slice(size) for size in shape))]
