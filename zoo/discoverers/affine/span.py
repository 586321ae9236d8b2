"""What logarithms of many pairs span: the Lie algebra of their group.

With S the mean of c_b c_b^T and N that of the covariances of the errors, directions in which pairs of one group move
stand out of N^(-1/2) S N^(-1/2), where noise is one in every direction: its eigenvectors above that are, taken back by
N^(1/2), the span.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .logarithms import Logarithms

SIGNAL = 3.0  # times the noise that a generator stands out; the misfit of edges and interpolation reaches 1.5
_ROUNDING = 1e-6  # pixels of error that the most exact pairs have


@dataclass(frozen=True, eq=False)
class Directions:
    """Principal directions of the logarithms.

    Attributes
    ----------
    strengths : Tensor
        Their size over that of the noise, `(K,)`, largest first: noise alone is about 1.
    axes : Tensor
        `(K, K)`: the first c rows span the best c-dimensional space of logarithms.
    noise : float
        Pixels, root mean square over all directions.
    """

    strengths: Tensor
    axes: Tensor
    noise: float

    @property
    def clear(self) -> int:
        """How many stand out of the noise."""
        return int((self.strengths > SIGNAL).sum())

    def first(self, count: int) -> Tensor:
        """Orthonormal rows `(count, K)` that span the first of them."""
        return torch.linalg.qr(self.axes[:count].T)[0].T


def principal_directions(found: Logarithms) -> Directions:
    """Of the pairs that converged; each weighs by how surely its own logarithm is known."""
    logs, errors = found.coefficients[found.trusted], found.errors[found.trusted]
    sizes = errors.diagonal(dim1=1, dim2=2).sum(dim=1)
    weights = 1 / (sizes + sizes.median() + _ROUNDING**2)
    weights = weights / weights.sum()
    eye = torch.eye(logs.shape[1], dtype=logs.dtype, device=logs.device)
    noise = torch.einsum("b,bkl->kl", weights, errors) + _ROUNDING**2 * eye
    moments = torch.einsum("b,bk,bl->kl", weights, logs, logs)
    values, vectors = torch.linalg.eigh(noise)
    whiten, colour = ((vectors * values**power) @ vectors.T for power in (-0.5, 0.5))
    strengths, axes = torch.linalg.eigh(whiten @ moments @ whiten)
    axes = (colour @ axes).T.flip(0)
    return Directions(strengths.flip(0).clamp(min=0).sqrt(), axes, float(noise.diagonal().mean().sqrt()))
