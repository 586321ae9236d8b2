"""Tensor powers of V split into irreducible representations of GL(V), by Schur-Weyl duality.

V^(x p) is the direct sum over partitions of p of S(V) (x) M, where S(V) is irreducible under GL(V) and M under the
permutations of the p slots. Any matrix group on V acts on S(V) alone, and alike on each of the dim M copies. So a
solve on V^(x p) falls apart, exactly and for any generators however noisy, into small ones that need doing once.
Copies are cut out with Young's orthogonal form, which makes all of them isometric.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations_with_replacement, groupby, permutations, product

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class SchurFunctor:
    """S(V) inside V^(x p).

    Attributes
    ----------
    shape : tuple of int
        The partition of p (row lengths of the Young diagram).
    copies : array (f, k^p, d)
        Isometric embeddings, one for each standard tableau of that shape.
    """

    shape: tuple[int, ...]
    copies: Array

    @property
    def dim(self) -> int:
        """Dimension of S(V)."""
        return self.copies.shape[2]

    def generator(self, matrix: Array) -> Array:
        """d/dt of `element(exp(t matrix))` at t = 0, `(d, d)`."""
        k, p = len(matrix), sum(self.shape)
        first = self.copies[0].reshape((k,) * p + (self.dim,))
        moved = sum((_along(matrix, first, slot) for slot in range(p)), np.zeros_like(first))
        return self.copies[0].T @ moved.reshape(-1, self.dim)

    def element(self, matrix: Array) -> Array:
        """S(matrix) for an invertible matrix on V, `(d, d)`."""
        k, p = len(matrix), sum(self.shape)
        moved = self.copies[0].reshape((k,) * p + (self.dim,))
        for slot in range(p):
            moved = _along(matrix, moved, slot)
        return self.copies[0].T @ moved.reshape(-1, self.dim)


@lru_cache(maxsize=16)
def schur_functors(k: int, p: int) -> tuple[SchurFunctor, ...]:
    """The irreducible parts of V^(x p) for V = R^k; those that vanish on R^k are left out."""
    found = []
    for shape, (tableau, *_) in groupby(sorted(_tableaux(p), key=_row_lengths), key=_row_lengths):
        columns = [_embed(k, p, multiset, shape, tableau) for multiset in combinations_with_replacement(range(k), p)]
        copies = np.concatenate(columns, axis=2)
        if copies.shape[2]:
            copies.setflags(write=False)
            found.append(SchurFunctor(shape, copies))
    return tuple(found)


def canonical(basis: Array) -> Array:
    """The orthonormal basis of the span of orthonormal columns that is fixed by the span alone, `(..., n, r)`.

    Eigen-solvers return a basis that depends on the machine; weights that multiply it would not travel. Here a fixed
    pseudo-random frame is projected onto the span and orthonormalised, which is continuous in the span.
    """
    if not basis.shape[-1]:
        return basis
    q, r = np.linalg.qr(basis.swapaxes(-1, -2) @ _frame(*basis.shape[-2:]))
    return basis @ (q * np.where(np.diagonal(r, axis1=-2, axis2=-1) < 0, -1.0, 1.0)[..., None, :])


@lru_cache(maxsize=64)
def _frame(n: int, r: int) -> Array:
    """Fixed random numbers: NumPy guarantees that this legacy stream never changes."""
    return np.random.RandomState(0).standard_normal((n, r))


def clear_memory() -> None:
    """Forget the decompositions that were made."""
    for kept in (schur_functors, _frame, _weight_space):
        kept.cache_clear()


def _along(matrix: Array, tensor: Array, slot: int) -> Array:
    """Multiply one slot of a tensor by a matrix."""
    return np.moveaxis(np.tensordot(matrix, tensor, axes=(1, slot)), 0, slot)


def _embed(k: int, p: int, multiset: tuple[int, ...], shape: tuple[int, ...], tableau: tuple) -> Array:
    """The part of S(V) on tensors whose indices are a permutation of `multiset`, `(f, k^p, d)`."""
    # Only which indices agree matters, not what they are.
    names = {index: name for name, index in enumerate(dict.fromkeys(multiset))}
    words, copies = _weight_space(tuple(names[index] for index in multiset), tableau)
    letters = list(names)
    where = [sum(letters[name] * k ** (p - 1 - slot) for slot, name in enumerate(word)) for word in words]
    out = np.zeros((len(copies), k**p, copies.shape[2]))
    out[:, where] = copies
    return out


@lru_cache(maxsize=256)
def _weight_space(pattern: tuple[int, ...], tableau: tuple) -> tuple[list[tuple[int, ...]], Array]:
    """Arrangements of `pattern`, and the copies `(f, arrangements, d)` of one irreducible in their span."""
    words = sorted(set(permutations(pattern)))
    index = {word: i for i, word in enumerate(words)}
    p = len(pattern)

    def swap(i: int, j: int) -> Array:
        matrix = np.zeros((len(words), len(words)))
        for word, column in index.items():
            other = list(word)
            other[i], other[j] = other[j], other[i]
            matrix[index[tuple(other)], column] = 1.0
        return matrix

    # The Jucys-Murphy elements commute; their joint eigenvalues, the contents of the boxes, name the tableau.
    projector = np.eye(len(words))
    contents = [column - row for row, column in tableau]
    for j in range(1, p):
        murphy = sum((swap(i, j) for i in range(j)), np.zeros_like(projector))
        for other in range(-j, j + 1):
            if other != contents[j]:
                projector = (murphy @ projector - other * projector) / (contents[j] - other)
    rank = round(np.trace(projector))
    values, vectors = np.linalg.eigh((projector + projector.T) / 2)
    first = canonical(vectors[:, values.argsort()[::-1][:rank]])
    return words, _young_orthogonal_form(first, tableau, [swap(i, i + 1) for i in range(p - 1)])


def _young_orthogonal_form(first: Array, tableau: tuple, swaps: list[Array]) -> Array:
    """All copies from the first, walking from tableau to tableau by swaps of neighbouring slots."""
    copies = {tableau: first}
    queue = [tableau]
    for current in queue:
        for i, swap in enumerate(swaps):
            (row, column), (next_row, next_column) = current[i], current[i + 1]
            distance = (next_column - next_row) - (column - row)
            if abs(distance) == 1:
                continue
            neighbour = (*current[:i], current[i + 1], current[i], *current[i + 2 :])
            if neighbour not in copies:
                moved = swap @ copies[current] - copies[current] / distance
                copies[neighbour] = moved / np.sqrt(1 - 1 / distance**2)
                queue.append(neighbour)
    return np.stack([copies[name] for name in sorted(copies)])


def _row_lengths(tableau: tuple) -> tuple[int, ...]:
    rows = [row for row, _ in tableau]
    return tuple(rows.count(row) for row in sorted(set(rows)))


def _tableaux(p: int) -> list[tuple]:
    """Standard Young tableaux, each as the boxes (row, column) in the order in which they are filled."""
    grown: list[tuple] = [()]
    for _ in range(p):
        grown = [(*boxes, box) for boxes in grown for box in _free_corners(boxes)]
    return grown


def _free_corners(boxes: tuple) -> list[tuple[int, int]]:
    candidates = product(range(len(boxes) + 1), repeat=2)
    return [
        (row, column)
        for row, column in candidates
        if (row, column) not in boxes
        and (row == 0 or (row - 1, column) in boxes)
        and (column == 0 or (row, column - 1) in boxes)
    ]
