"""The constraint A_i X = X B_i on one pair of irreducible parts, and its singular values.

The A_i are the generators (or group elements) on the output, the B_i those on the input. Singular vectors of the
stacked constraint C are the eigenvectors of C^T C, taken one connected component at a time: generators along the
coordinate axes leave many small components, noisy ones leave a single large one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import SymmetryError

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

# Entries of generators below this (they are of size 1) are rounding, some 1e-15 after a change of basis. Ignoring them
# changes singular values by as little, and keeps components apart on every machine alike.
_ZERO = 1e-12
# Eigenvalues of C^T C below this (singular values below 1e-6, for generators of size 1) are blurred by rounding.
_BLURRED = 1e-12
# Unknowns of one component that are still solved: several matrices of 8 n^2 bytes are needed, 0.3 GB each.
LARGEST_COMPONENT = 6500


@dataclass(frozen=True)
class Components:
    """Groups of unknowns that the constraint ties together, `count` groups of the same size n.

    Attributes
    ----------
    unknowns : integer array (count, n)
        Where they lie in X, flattened row by row.
    vectors : array (count, n, n)
        Right singular vectors as columns.
    values : array (count, n)
        Singular values, ascending.
    """

    unknowns: Indices
    vectors: Array
    values: Array

    def null_spaces(self, threshold: float) -> Iterator[tuple[Indices, Array]]:
        """Unknowns `(count, n)` and singular vectors `(count, n, r)` below the threshold, for each r there is."""
        ranks = (self.values < threshold).sum(axis=1)
        for rank in np.unique(ranks[ranks > 0]):
            yield self.unknowns[ranks == rank], self.vectors[ranks == rank, :, :rank]


def decompose(out: Array, into: Array) -> list[Components]:
    """Singular vectors of X -> (A_i X - X B_i)_i.

    Parameters
    ----------
    out, into : arrays (c, m, m) and (c, n, n)
        The A_i and the B_i; X is `(m, n)`.

    Raises
    ------
    SymmetryError
        If a component is too large to be solved in memory.
    """
    components = []
    for unknowns in _components(_connected(out, into)):
        eigenvalues, vectors = np.linalg.eigh(_normal_matrices(out, into, unknowns))
        components.append(_refined(out, into, unknowns, eigenvalues, vectors))
    return components


def _connected(out: Array, into: Array) -> Indices:
    """Label every unknown by the smallest one that it shares an equation with, directly or through others."""
    (c, m, _), n = out.shape, into.shape[1]
    unknowns, equations = np.arange(m * n).reshape(m, n), np.arange(c * m * n).reshape(c, m, n)
    # Equation (i, a, b) reads sum_d A_i[a, d] X[d, b] - sum_e X[a, e] B_i[e, b] = 0.
    i, a, d = np.nonzero(np.abs(out) > _ZERO)
    j, e, b = np.nonzero(np.abs(into) > _ZERO)
    ends = np.concatenate([unknowns[d].ravel(), unknowns[:, e].T.ravel()])
    through = np.concatenate([equations[i, a].ravel(), equations[j, :, b].ravel()])
    labels = np.arange(m * n)
    while True:
        least = np.full(c * m * n, m * n)
        np.minimum.at(least, through, labels[ends])
        smaller = labels.copy()
        np.minimum.at(smaller, ends, least[through])
        smaller = smaller[smaller]
        if np.array_equal(smaller, labels):
            return labels
        labels = smaller


def _components(labels: Indices) -> Iterator[Indices]:
    """Unknowns with the same label, `(count, n)` for every size n that there is."""
    _, inverse, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    order, starts = np.argsort(inverse.ravel(), kind="stable"), np.cumsum(sizes) - sizes
    for n in np.unique(sizes):
        if n > LARGEST_COMPONENT:
            raise SymmetryError(
                f"the constraint ties {n} unknowns together, and at most {LARGEST_COMPONENT} can be solved at once; "
                "take tensors of lower rank, or generators along the coordinate axes (LieAlgebra.regular() cleans "
                "a noisy basis)"
            )
        yield order[starts[sizes == n][:, None] + np.arange(n)]


def _normal_matrices(out: Array, into: Array, unknowns: Indices) -> Array:
    """C^T C = sum_i A^T A (x) 1 + 1 (x) B B^T - A (x) B - A^T (x) B^T on groups of unknowns, `(count, n, n)`."""
    a, b = np.divmod(unknowns, into.shape[1])
    rows, columns = (a[:, :, None], b[:, :, None]), (a[:, None, :], b[:, None, :])
    total = np.einsum("cij,cik->jk", out, out)[rows[0], columns[0]] * (rows[1] == columns[1])
    total += np.einsum("cij,ckj->ik", into, into)[rows[1], columns[1]] * (rows[0] == columns[0])
    for on_output, on_input in zip(out, into, strict=True):
        mixed = on_output[rows[0], columns[0]] * on_input[rows[1], columns[1]]
        total -= mixed
        total -= mixed.swapaxes(1, 2)
    return total


def _refined(out: Array, into: Array, unknowns: Indices, eigenvalues: Array, vectors: Array) -> Components:
    """Singular values from eigenvalues; the small ones, which squaring has blurred, from C itself."""
    values = np.sqrt(np.maximum(eigenvalues, 0.0))
    blurred = (eigenvalues < _BLURRED).sum(axis=1)
    for small in np.unique(blurred[blurred > 0]):
        where = blurred == small
        images = apply(out, into, scatter(unknowns[where], vectors[where, :, :small], out.shape[1], into.shape[1]))
        r = np.linalg.qr(images.reshape(where.sum(), small, -1).swapaxes(1, 2), mode="r")
        _, sharp, rotation = np.linalg.svd(r)
        vectors[where, :, :small] = vectors[where, :, :small] @ rotation[:, ::-1].swapaxes(1, 2)
        values[where, :small] = sharp[:, ::-1]
    return Components(unknowns, vectors, values)


def scatter(unknowns: Indices, vectors: Array, m: int, n: int) -> Array:
    """Vectors `(count, size, r)` over unknowns `(count, size)` as matrices X, `(count r, m, n)`."""
    count, _, r = vectors.shape
    out = np.zeros((count, r, m * n))
    np.put_along_axis(out, np.broadcast_to(unknowns[:, None], (count, r, unknowns.shape[1])), vectors.swapaxes(1, 2), 2)
    return out.reshape(-1, m, n)


def apply(out: Array, into: Array, x: Array) -> Array:
    """A_i X - X B_i for matrices X of shape `(r, m, n)`, `(r, c, m, n)`."""
    return out[None] @ x[:, None] - x[:, None] @ into[None]
