"""What a recogniser proposes: a name, and the algebra of that name next to the given span."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..span import Array


@dataclass(frozen=True)
class Proposal:
    """An algebra with a name.

    Attributes
    ----------
    name : str
    span : `(c, k, k)` array
        In the coordinates of the span that is to be recognised.
    canonical : `(c, k, k)` array or None
        In the coordinates in which the name is plain to see.
    change : `(k, k)` array or None
        P with span = P canonical P^-1.
    """

    name: str
    span: Array
    canonical: Array | None = None
    change: Array | None = None

    @classmethod
    def from_canonical(cls, name: str, canonical: Array, change: Array) -> Proposal:
        """The canonical algebra moved to the coordinates at hand."""
        return cls(name, change @ canonical @ np.linalg.inv(change), canonical, change)


def localised(subspace: Array) -> Array:
    """Orthonormal basis `(k, r)` of the span of orthonormal columns, made of projected unit vectors.

    Subspaces that are spanned by axes get exactly those axes, so what is canonical already is left as it is.
    """
    onto = subspace @ subspace.conj().T
    chosen: list[Array] = []
    for _ in range(subspace.shape[1]):
        norms = np.linalg.norm(onto, axis=0)
        first = int(np.argmax(norms > 0.6 * norms.max()))
        vector = onto[:, first] / norms[first]
        chosen.append(vector)
        onto = onto - np.outer(vector, vector.conj() @ onto)
    return np.array(chosen).T.reshape(len(subspace), -1)


def null_space(matrix: Array, tolerance: float) -> Array:
    """Orthonormal columns that `matrix` takes to less than `tolerance` times its largest singular value."""
    _, values, right = np.linalg.svd(matrix, full_matrices=True)
    rank = int((values > tolerance * max(values.max(initial=0.0), 1e-300)).sum())
    return right[rank:].T
