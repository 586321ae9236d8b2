"""Comparison of symmetries where the data live.

A search space can be larger than what the data determine. Where every sample has q2 = -q1, turning the first body by
the second and the second by the first is the same as turning each by itself, up to the sign: the matrices differ, and
what they do to the data does not. Generators are therefore also compared as maps from the span of the data.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..errors import SymmetryError
from ..symmetries import LieAlgebra, Rep

# Directions in which the data vary by less than this, relative to the largest spread, do not count (float32 data).
TOLERANCE = 1e-4


def data_subspace(x: Tensor, y: Tensor, rep_in: Rep, rep_out: Rep) -> Tensor:
    """Orthonormal basis `(k, r)` of the span of all vectors in the pairs (the rows of tensors included)."""
    vectors = [
        features.reshape(len(features), -1)[:, where].reshape(-1, rep.k)
        for features, rep in ((x, rep_in), (y, rep_out))
        for where, term in rep.blocks()
        if term.rank
    ]
    if not vectors:
        raise SymmetryError("x and y hold scalars alone: no symmetry acts on them")
    stacked = torch.cat(vectors).double().cpu()
    values, directions = torch.linalg.eigh(stacked.T @ stacked / len(stacked))
    spread = values.clamp_min(0).sqrt()
    return directions[:, spread > TOLERANCE * spread.max()]


def smallest_alike(basis: Tensor, seen: Tensor, pattern: Tensor) -> Tensor:
    """Of all generators in the search space that move the data as these do, those of least norm.

    What data do not determine is left at zero instead of where the search happened to start.

    Parameters
    ----------
    basis : Tensor
        `(c, k, k)`, zero off the pattern.
    seen : Tensor
        Orthogonal projector `(k, k)` on the span of the data.
    pattern : Tensor
        The entries that are searched, `(k, k)` booleans.
    """
    values, directions = torch.linalg.eigh(seen)
    subspace = directions[:, values > 0.5]
    smallest = basis.clone()
    for row, columns in enumerate(pattern):
        # L x = L' x for all x in the subspace is, row by row, a condition on the columns that are searched
        vectors, spread, _ = torch.linalg.svd(subspace[columns], full_matrices=False)
        vectors = vectors[:, spread > TOLERANCE]
        if vectors.shape[1] < int(columns.sum()):
            smallest[:, row, columns] = basis[:, row, columns] @ vectors @ vectors.T
    return smallest


def angles_on_data(first: LieAlgebra, second: LieAlgebra, subspace: Tensor) -> Tensor:
    """Principal angles in radians between two spans of generators restricted to a subspace `(k, r)`."""
    frames = [torch.linalg.qr((algebra.basis @ subspace).flatten(1).T).Q for algebra in (first, second)]
    cosines = torch.linalg.svdvals(frames[0].T @ frames[1]).clamp(max=1.0)
    narrow = min(frames, key=lambda frame: frame.shape[1])
    wide = frames[1] if narrow is frames[0] else frames[0]
    sines = torch.linalg.svdvals(narrow - wide @ (wide.T @ narrow)).clamp(max=1.0).flip(0)
    # the arcsine is exact for small angles, the arccosine for large ones
    return torch.where(cosines > 0.7, sines.asin(), cosines.acos())


def cosine_on_data(first: LieAlgebra, second: LieAlgebra, subspace: Tensor) -> float:
    """Cosine of the largest of `angles_on_data`."""
    return float(angles_on_data(first, second, subspace).max().cos())
