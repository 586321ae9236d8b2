"""An algebra that acts in the same way on several vectors at once, and not at all on the rest of the space."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ..span import Array, orthonormal
from .proposal import Proposal, localised, null_space

# Null spaces of exactly closed algebras: rounding is 1e-14, and what counts is of order 1.
_NULL = 1e-7
_DRAWS = 20

Propose = Callable[[Array], "Proposal | None"]


def proposals(basis: Array, propose: Propose) -> Iterator[Proposal | None]:
    """m copies of one representation + axes that stay fixed; `propose` names the algebra on one copy."""
    c, k, _ = basis.shape
    fixed = null_space(basis.reshape(c * k, k), _NULL)
    moved = _range(basis.transpose(1, 0, 2).reshape(k, c * k))
    if moved.shape[1] + fixed.shape[1] != k or moved.shape[1] == 0:
        return
    into = np.linalg.pinv(moved)
    acting = into @ basis @ moved
    copy = _one_copy(acting)
    if copy is None:
        if fixed.shape[1]:
            yield _assemble(acting, [np.eye(len(acting[0]))], moved, fixed, propose)
        return
    one = np.linalg.pinv(copy) @ acting @ copy
    maps = _intertwiners(one, acting)
    if len(maps) * one.shape[1] == acting.shape[1]:
        yield _assemble(one, maps, moved, fixed, propose)


def _assemble(one: Array, maps: list[Array], moved: Array, fixed: Array, propose: Propose) -> Proposal | None:
    """Name the algebra on one copy, and put the copies together in their canonical coordinates."""
    c, n, _ = one.shape
    k = len(moved)
    if len(orthonormal(one)) != c:
        return None
    inner = propose(orthonormal(one))
    if inner is None or inner.canonical is None or inner.change is None:
        return None
    canonical = np.zeros((c, k, k))
    size = len(maps) * n
    canonical[:, :size, :size] = np.kron(np.eye(len(maps)), inner.canonical)
    columns = [moved @ into @ inner.change for into in maps]
    change = np.concatenate([*columns, localised(fixed)], axis=1)
    if np.linalg.cond(change) > 1e6:
        return None
    name = inner.name + (f" x{len(maps)}" if len(maps) > 1 else "") + f" on R^{k}"
    return Proposal.from_canonical(name, canonical, change)


def _one_copy(basis: Array) -> Array | None:
    """Columns that span one irreducible part, found as an eigenspace of a random matrix that commutes with all."""
    commutant = _intertwiners(basis, basis)
    n = basis.shape[1]
    if len(commutant) < 2:
        return None
    rng = np.random.default_rng(0)
    for _ in range(_DRAWS):
        matrix = np.tensordot(rng.standard_normal(len(commutant)), np.array(commutant), 1)
        values = np.linalg.eigvals(matrix)
        real = values[np.abs(values.imag) < 1e-6 * np.abs(values).max()].real
        if len(real) == 0:
            continue
        sizes = [(np.abs(real - value) < 1e-5 * np.abs(values).max()).sum() for value in real]
        space = null_space(matrix - real[int(np.argmin(sizes))] * np.eye(n), 1e-5)
        if 0 < space.shape[1] < n:
            return localised(space)
    return None


def _intertwiners(source: Array, target: Array) -> list[Array]:
    """Basis of the maps C with L_target C = C L_source for every generator, in reduced echelon form.

    That form gives the plain embeddings where the copies are the blocks of the space.
    """
    n, m = source.shape[1], target.shape[1]
    equations = [np.kron(t, np.eye(n)) - np.kron(np.eye(m), s.T) for s, t in zip(source, target, strict=True)]
    gram = sum(equation.T @ equation for equation in equations)
    values, vectors = np.linalg.eigh(gram)
    rows = _echelon(vectors[:, values < _NULL**2 * max(values[-1], 1e-300) * 1e2].T.copy())
    maps = rows.reshape(-1, m, n)
    return [into * np.sqrt(n) / np.linalg.norm(into) for into in maps]


def _echelon(rows: Array) -> Array:
    """Reduced row echelon form, pivots no smaller than half of the best in their row."""
    done: list[int] = []
    for index in range(len(rows)):
        sizes = np.abs(rows[index:]).max(axis=0)
        pivot = int(np.argmax(sizes > 0.5 * sizes.max()))
        best = index + int(np.argmax(np.abs(rows[index:, pivot])))
        rows[[index, best]] = rows[[best, index]]
        rows[index] /= rows[index, pivot]
        others = np.arange(len(rows)) != index
        rows[others] -= np.outer(rows[others, pivot], rows[index])
        done.append(pivot)
    return rows[np.argsort(done)]


def _range(matrix: Array) -> Array:
    left, values, _ = np.linalg.svd(matrix, full_matrices=False)
    return localised(left[:, : int((values > _NULL * values.max(initial=0.0)).sum())])
