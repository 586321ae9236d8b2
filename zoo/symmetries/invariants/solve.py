"""Equivariant maps V^(x p) -> V^(x q): the solve itself, in NumPy and float64 throughout.

NumPy, because a network may be built under another default device or dtype of torch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from ...errors import SymmetryError
from ..closure import closure_residual
from ..span import orthonormal
from .constraint import Array, Components, decompose, scatter
from .rank import EXACT, Cut, cut, cut_exact
from .schur_weyl import SchurFunctor, canonical, schur_functors

# Largest basis that is written out, in bytes.
LARGEST_BASIS = 2**31
# Singular values that are kept in the result beyond the null ones.
_TAIL = 16
# Cosines between generators that are orthogonal up to rounding.
_ORTHOGONAL = 1e-15
# Elements of a discrete group that differ by less from the identity do nothing.
_NO_ACTION = 1e-13


@dataclass(frozen=True)
class Problem:
    """What a solution depends on; hashable, so it is also its name in the caches.

    Attributes
    ----------
    basis : bytes
        The generators, float64, `(c, k, k)`.
    k, p, q : int
        Dimension of V, and ranks of input and output.
    discrete : bool
        Whether the constraint is that of the elements exp(L_i) instead.
    exact : bool
        Whether only what is zero up to rounding counts.
    """

    basis: bytes
    k: int
    p: int
    q: int
    discrete: bool
    exact: bool

    @property
    def what(self) -> str:
        """For messages."""
        return f"equivariant maps from rank {self.p} to rank {self.q} tensors on R^{self.k}"


@dataclass(frozen=True)
class Solution:
    """Arrays and numbers of a `MapSpace`, see there."""

    basis: Array
    singular_values: Array
    gap: float
    residual: float
    closure_residual: float
    exact_rank: int


@dataclass(frozen=True)
class _Block:
    """Maps from one irreducible part of the input to one of the output."""

    out: SchurFunctor
    into: SchurFunctor
    components: list[Components]

    @property
    def copies(self) -> int:
        return len(self.out.copies) * len(self.into.copies)

    def values(self) -> Array:
        return np.tile(np.concatenate([part.values.ravel() for part in self.components]), self.copies)

    def bases(self, threshold: float) -> Iterator[Array]:
        """Orthonormal maps `(r, k^q, k^p)` with singular values below the threshold, one copy after the other."""
        null = [
            scatter(unknowns, canonical(vectors), self.out.dim, self.into.dim)
            for part in self.components
            for unknowns, vectors in part.null_spaces(threshold)
        ]
        if null:
            x = np.concatenate(null)
            yield from (o @ (x @ i.T) for o in self.out.copies for i in self.into.copies)


def solve(problem: Problem) -> Solution:
    """All maps W with rho_q(L_i) W = W rho_p(L_i).

    Raises
    ------
    SymmetryError
        If the rank is unclear, or the problem does not fit into memory.
    """
    basis = np.frombuffer(problem.basis).reshape(-1, problem.k, problem.k)
    closure = closure_residual(basis)
    blocks = _blocks(basis, problem)
    values = np.sort(np.concatenate([block.values() for block in blocks]))
    decision = cut_exact(values, problem.what) if problem.exact else cut(values, closure, problem.what)
    return Solution(
        basis=_basis(blocks, decision, problem),
        singular_values=values[: decision.rank + _TAIL],
        gap=decision.gap,
        residual=float(values[decision.rank - 1]) if decision.rank else 0.0,
        closure_residual=closure,
        exact_rank=int(np.searchsorted(values, EXACT, side="right")),
    )


def _blocks(basis: Array, problem: Problem) -> list[_Block]:
    """The constraint on every pair of irreducible parts, solved."""
    matrices, unit = (_elements if problem.discrete else _generators)(basis)

    def acting(part: SchurFunctor) -> Array:
        act = part.element if problem.discrete else part.generator
        return np.stack([act(matrix) / unit for matrix in matrices])

    into = [(part, acting(part)) for part in schur_functors(problem.k, problem.p)]
    out = [(part, acting(part)) for part in schur_functors(problem.k, problem.q)]
    return [_Block(a, b, decompose(on_a, on_b)) for a, on_a in out for b, on_b in into]


def _generators(basis: Array) -> tuple[Array, float]:
    """An orthonormal basis of the span, and its largest action; C^T C does not depend on the basis that was given."""
    matrices = _orthonormal(basis)
    return (matrices, _largest_action(matrices)) if len(matrices) else (np.zeros((1, *basis.shape[1:])), 1.0)


def _orthonormal(basis: Array) -> Array:
    """`orthonormal`, but generators that are orthogonal are only scaled: those along the axes have to stay so."""
    flat = basis.reshape(len(basis), -1)
    lengths = np.linalg.norm(flat, axis=1)
    if not lengths.all():
        return orthonormal(basis)
    unit = flat / lengths[:, None]
    if np.abs(unit @ unit.T - np.eye(len(unit))).max(initial=0.0) > _ORTHOGONAL:
        return orthonormal(basis)
    return unit.reshape(basis.shape)


def _elements(basis: Array) -> tuple[Array, float]:
    """The group elements exp(L_i), and the largest action of exp(L_i) - 1."""
    identity = np.eye(basis.shape[1])
    matrices = torch.linalg.matrix_exp(torch.from_numpy(basis.copy())).numpy()
    if not np.isfinite(matrices).all():
        raise SymmetryError("exp of a generator overflows; a discrete group needs generators of bounded size")
    unit = _largest_action(matrices - identity)
    return (matrices, unit) if unit > _NO_ACTION else (identity[None], 1.0)


def _largest_action(matrices: Array) -> float:
    """The largest norm of (M_i v)_i, or of its transpose, over unit vectors v."""
    flat = matrices.reshape(-1, matrices.shape[1]), matrices.transpose(0, 2, 1).reshape(-1, matrices.shape[1])
    return float(max(np.linalg.norm(stacked, 2) for stacked in flat))


def _basis(blocks: list[_Block], decision: Cut, problem: Problem) -> Array:
    """All maps, written out."""
    k, p, q = problem.k, problem.p, problem.q
    size = 8 * decision.rank * k ** (p + q)
    if size > LARGEST_BASIS:
        raise SymmetryError(
            f"a basis of the {decision.rank} {problem.what} takes {size / 2**30:.1f} GiB (at most "
            f"{LARGEST_BASIS / 2**30:g}); take tensors of lower rank"
        )
    basis, start = np.empty((decision.rank, k**q, k**p)), 0
    for block in blocks:
        for maps in block.bases(decision.threshold):
            basis[start : start + len(maps)] = maps
            start += len(maps)
    return basis
