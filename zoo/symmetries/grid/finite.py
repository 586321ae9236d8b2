"""Finite transformations made of small steps along a generator."""

from __future__ import annotations

import torch
from torch import Tensor

from ...errors import SymmetryError


def finite(generator: Tensor, z: float | Tensor, steps: int) -> Tensor:
    """(I + z L / n)^n, which goes to exp(z L) as 1/n: n equal L-conv layers (arXiv 2109.07103).

    The error is z^2 |L^2| / (2 n) to first order; matrices are squared, so that it takes log2(n) products.

    Parameters
    ----------
    generator : Tensor
        L, `(d, d)`.
    z : float or Tensor
        `(...)`.
    steps : int
        n, at least 1.

    Returns
    -------
    Tensor
        `(..., d, d)`.
    """
    if generator.ndim != 2 or generator.shape[0] != generator.shape[1]:
        raise SymmetryError(f"a generator has shape (d, d), got {tuple(generator.shape)}")
    if steps < 1:
        raise SymmetryError(f"a transformation takes one step or more, got {steps}")
    step = torch.as_tensor(z, dtype=generator.dtype, device=generator.device)[..., None, None] / steps
    identity = torch.eye(len(generator), dtype=generator.dtype, device=generator.device)
    return torch.linalg.matrix_power(identity + step * generator, steps)
