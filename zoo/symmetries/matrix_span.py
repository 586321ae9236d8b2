"""`MatrixSpan`: what is told of generators by their span alone."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import SymmetryError
from . import span

# Spans closer than this angle are one span: far above rounding (1e-13 after a change of basis of condition 1e3),
# far below the precision of anything that is learned.
SAME_SPAN = 1e-8
# Singular values on either side of a rank cut differ by at least this factor.
RANK_GAP = 10.0


class MatrixSpan:
    """c matrices on R^k, seen as the subspace that they span in R^(k x k)."""

    basis: Tensor

    @property
    def k(self) -> int:
        """Dimension of the space that the algebra acts on."""
        return self.basis.shape[1]

    @property
    def c(self) -> int:
        """Number of generators."""
        return self.basis.shape[0]

    @cached_property
    def fingerprint(self) -> str:
        """Short name of the span, stable under change of basis: see `span.fingerprint` for the tolerance."""
        return span.fingerprint(self._array)

    @property
    def singular_values(self) -> Tensor:
        """Of the generators seen as vectors, largest first: a clear gap tells how many are there."""
        return torch.from_numpy(span.singular_values(self._array))

    @property
    def clear_rank(self) -> int:
        """How many generators there are: singular values above the widest gap, if that is a factor of ten; else c."""
        values = self.singular_values
        if self.c < 2 or values[0] == 0:
            return int((values > 0).sum())
        ratios = values[:-1] / values[1:].clamp(min=span.RANK_TOLERANCE * float(values[0]))
        return int(ratios.argmax()) + 1 if ratios.max() >= RANK_GAP else self.c

    @cached_property
    def projector(self) -> Tensor:
        """Orthogonal projector `(k*k, k*k)` onto the span, matrices flattened row by row."""
        return torch.from_numpy(span.projector(self._array))

    def principal_angles(self, other: MatrixSpan) -> Tensor:
        """Angles in radians between the spans, smallest first."""
        return torch.from_numpy(span.principal_angles(self._array, other._array))

    def same_span(self, other: MatrixSpan, tolerance: float = SAME_SPAN) -> bool:
        """Whether the largest principal angle is within `tolerance` radians."""
        return self.k == other.k and span.distance(self._array, other._array) <= tolerance

    def cosine(self, other: MatrixSpan) -> float:
        """tr(A^T B) / |A| |B| of two single generators, signed (the measure of the LieGAN paper)."""
        if self.c != 1 or other.c != 1 or self.k != other.k:
            raise SymmetryError(
                "the cosine is defined for single generators on the same space, got "
                f"{self.c} on R^{self.k} and {other.c} on R^{other.k}; use principal_angles"
            )
        return float(torch.nn.functional.cosine_similarity(self.basis.reshape(-1), other.basis.reshape(-1), dim=0))

    @property
    def _array(self) -> np.ndarray:
        return self.basis.numpy()


def as_basis(data: Any) -> Tensor:
    """A float64 copy on the CPU, `(c, k, k)`; SymmetryError if the data cannot be that."""
    basis = torch.as_tensor(data, device="cpu").detach()
    if basis.is_complex():
        raise SymmetryError(f"a basis is real, got {basis.dtype}")
    basis = basis.to(torch.float64).clone().contiguous()
    if basis.ndim == 2:
        basis = basis[None]
    if basis.ndim != 3 or basis.shape[1] != basis.shape[2] or basis.shape[1] == 0:
        raise SymmetryError(f"a basis has shape (c, k, k), got {tuple(basis.shape)}")
    if not torch.isfinite(basis).all():
        raise SymmetryError("the basis holds NaN or infinity")
    return basis
