"""The Galilean algebra of one dimension: shifts of x and t, and the boost t d_x + d_u."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .. import named
from ..span import Array
from .proposal import Proposal

_FLAT = 1e-6  # products or vectors of less than this are none: whatever made coordinates of them would be rounding


def proposals(basis: Array) -> Iterator[Proposal | None]:
    """On (x, t, u, 1), in any coordinates of it."""
    if basis.shape[:2] == (3, 4):
        yield _of_products(basis)


def _of_products(basis: Array) -> Proposal | None:
    """Of all products of shifts X, T and the boost B only B T = X is not zero, which tells them apart."""
    products = np.einsum("aij,bjk->abik", basis, basis).reshape(9, 16)
    left, sizes, right = np.linalg.svd(products, full_matrices=False)
    if sizes[0] < _FLAT:
        return None
    of_boost, _, of_shift = np.linalg.svd(left[:, 0].reshape(3, 3))  # coefficients: no shift has the first
    columns, _, rows = np.linalg.svd(right[0].reshape(4, 4))
    one = rows[0]  # what every shift reads: the coordinate that is 1
    later = _element(basis, of_boost[:, 0], of_shift[0]) @ one
    faster = _element(basis, of_shift[0], of_boost[:, 0])
    along = float(columns[:, 0] @ faster @ later)
    if abs(along) < _FLAT:
        return None
    faster = faster / along
    change = np.stack([columns[:, 0], later, faster @ one, one], axis=1)
    if np.linalg.svd(change, compute_uv=False).min() < _FLAT:
        return None
    return Proposal.from_canonical("galilei(1)", named.galilei_basis(), change)


def _element(basis: Array, without: Array, most: Array) -> Array:
    """The element that has nothing of the coefficients `without`, along those of `most` beside that."""
    coefficients = most - (most @ without) * without
    return np.tensordot(coefficients, basis, 1)
