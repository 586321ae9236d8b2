"""Spans of matrices: what a set of generators is, whatever the basis that it is written in.

All functions take and return float64 NumPy arrays; a basis has shape `(c, k, k)`. The inner product is
<A, B> = tr(A^T B), and angles are those of the Grassmann manifold of c-planes in R^(k*k).
"""

from __future__ import annotations

import hashlib

import numpy as np

from ..errors import SymmetryError

Array = np.ndarray

# Directions whose singular value is below this fraction of the largest are rounding, not generators:
# float64 carries 2e-16, and a change of basis of condition 1e3 to 1e4 costs four digits of it.
RANK_TOLERANCE = 1e-11
# Width of the grid on which a fingerprint is taken, see `fingerprint`.
FINGERPRINT_GRID = 1e-6
_SKETCHES = 8


def singular_values(basis: Array) -> Array:
    """Singular values of the generators seen as vectors, largest first, `(c,)` (at most k*k of them)."""
    return np.linalg.svd(basis.reshape(len(basis), -1), compute_uv=False)


def orthonormal(basis: Array, rank: int | None = None) -> Array:
    """An orthonormal basis `(r, k, k)` of the span, the dominant `rank` directions of it if given."""
    c, k, _ = basis.shape
    if c == 0:
        return basis
    _, values, right = np.linalg.svd(basis.reshape(c, k * k), full_matrices=False)
    if rank is None:
        rank = int((values > RANK_TOLERANCE * values[0]).sum())
    return right[:rank].reshape(rank, k, k)


def complement(basis: Array) -> Array:
    """Orthonormal basis `(k*k - c, k*k)` of everything that is orthogonal to an orthonormal basis."""
    c, k, _ = basis.shape
    if c == 0:
        return np.eye(k * k)
    return np.linalg.svd(basis.reshape(c, k * k), full_matrices=True)[2][c:]


def projector(basis: Array) -> Array:
    """Orthogonal projector `(k*k, k*k)` onto the span."""
    flat = orthonormal(basis).reshape(-1, basis.shape[1] ** 2)
    return flat.T @ flat


def principal_angles(first: Array, second: Array) -> Array:
    """Principal angles in radians between two spans, smallest first, as many as the smaller span has dimensions.

    Small angles come from sines and large ones from cosines (Bjorck and Golub, 1973), so both keep full precision.
    """
    if first.shape[1] != second.shape[1]:
        raise SymmetryError(f"cannot compare an algebra on R^{first.shape[1]} with one on R^{second.shape[1]}")
    small, large = sorted((orthonormal(first), orthonormal(second)), key=len)
    a, b = (unit.reshape(len(unit), first.shape[1] ** 2) for unit in (small, large))
    if len(a) == 0:
        return np.zeros(0)
    cosines = np.clip(np.linalg.svd(a @ b.T, compute_uv=False), 0.0, 1.0)
    sines = np.clip(np.linalg.svd(a - (a @ b.T) @ b, compute_uv=False), 0.0, 1.0)[::-1][: len(cosines)]
    return np.where(cosines**2 > 0.5, np.arcsin(sines), np.arccos(cosines))


def distance(first: Array, second: Array) -> float:
    """The largest principal angle in radians; pi/2 between spans of different dimension."""
    angles = principal_angles(first, second)
    if len(orthonormal(first)) != len(orthonormal(second)):
        return float(np.pi / 2)
    return float(angles.max(initial=0.0))


def fingerprint(basis: Array) -> str:
    """Short name of the span, like ``span1x8-0f3a...``; the digits do not depend on the basis it is written in.

    Eight fixed linear functionals of the projector are rounded to a grid of `FINGERPRINT_GRID` and hashed. A change
    of basis of condition 1e3 moves them by some 1e-12, so it changes the fingerprint with a probability of some 1e-5
    (a value may lie on the edge between two cells, which no rounding can avoid). Spans that are further apart than
    some 1e-5 get different fingerprints. Where both bases are at hand compare them with `LieAlgebra.same_span`.
    """
    unit = orthonormal(basis).reshape(-1, basis.shape[1] ** 2)
    size = unit.shape[1]
    digest = hashlib.sha256()
    for index in range(_SKETCHES):
        # Cosines of irrational multiples s of the entries' numbers: fixed weights that are equal on every platform to
        # the last digits, and that put rational entries (0, 1/2, 1/128) nowhere near the edge of a cell. Those of row
        # a and column b are cos((a size + b + 1) s + phase), real parts of products: the projector is never formed.
        step = np.sqrt(7.0 + index)
        rows = np.exp(1j * step * size * np.arange(size))
        columns = np.exp(1j * (step * np.arange(1.0, size + 1) + 0.3 * index))
        value = float(np.sum((unit @ rows) * (unit @ columns)).real)
        digest.update(int(np.floor(value / FINGERPRINT_GRID + 0.5)).to_bytes(8, "big", signed=True))
    return f"span{len(orthonormal(basis))}x{basis.shape[1]}-{digest.hexdigest()[:16]}"
