"""The public functions: pose the problem, look it up or solve it, and shape the answer."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from time import perf_counter

import numpy as np
import torch
from torch import Tensor

from ...errors import SymmetryError
from ..algebra import LieAlgebra
from ..representation import Rep
from . import cache, schur_weyl
from .solve import Problem, Solution, solve
from .spaces import EquivariantMaps, InvariantForms, InvariantTensors, MapSpace, signature

# Bytes of the bases that are kept in memory; larger ones are solved, or read, again.
_LARGEST_REMEMBERED = 2**24


def map_space(algebra: LieAlgebra, p: int, q: int, *, exact: bool = False) -> MapSpace:
    """Equivariant linear maps from tensors of rank p to tensors of rank q.

    For a Lie algebra all W with rho_q(L_i) W = W rho_p(L_i); where its coefficients are integers, all W with
    rho_q(g_i) W = W rho_p(g_i) for the elements g_i = exp(L_i). (Finzi, Welling and Wilson 2021, section 4, with the
    rank chosen by the largest singular-value gap.)

    Parameters
    ----------
    algebra : LieAlgebra
        The symmetry.
    p, q : int
        Ranks of input and output, 0 for scalars.
    exact : bool
        Count only what holds up to rounding. By default small violations (a few percent) are put down to noise of the
        generators, and are reported in `residual`.

    Returns
    -------
    MapSpace
        `basis` is `(rank, k^q, k^p)`, orthonormal.

    Raises
    ------
    SymmetryError
        If the singular values have no clear gap, or the problem does not fit into memory.
    """
    solution = _solution(algebra, p, q, exact)
    return MapSpace(**_shared(solution, torch.from_numpy(solution.basis)), p=p, q=q)


def invariant_tensors(algebra: LieAlgebra, rank: int, *, exact: bool = False) -> InvariantTensors:
    """Tensors t of the given rank with rho(L_i) t = 0, see `map_space`; `basis` is `(r, k, ..., k)`."""
    solution = _solution(algebra, 0, rank, exact)
    basis = torch.from_numpy(solution.basis.reshape((-1,) + (algebra.k,) * rank))
    return InvariantTensors(**_shared(solution, basis))


def invariant_forms(algebra: LieAlgebra, *, exact: bool = False) -> InvariantForms:
    """Bilinear forms J with L_i^T J + J L_i = 0 (for a discrete group g_i^T J g_i = J), see `map_space`.

    These are the invariant linear functionals of rank-two tensors, (x, y) -> x^T J y: the metrics of the symmetry
    (LieGAN, proposition on invariant inner products) and its symplectic forms.
    """
    solution = _solution(algebra, 2, 0, exact)
    forms = torch.from_numpy(solution.basis.reshape(-1, algebra.k, algebra.k))
    # The solve keeps the two kinds apart, so every element is wholly of one kind.
    is_symmetric = ((forms - forms.mT).abs() < (forms + forms.mT).abs().amax((1, 2), keepdim=True)).all(-1).all(-1)
    symmetric, antisymmetric = forms[is_symmetric], forms[~is_symmetric]
    basis = torch.cat([symmetric * orientations(symmetric), antisymmetric]) + 0.0  # no negative zeros
    return InvariantForms(**_shared(solution, basis), n_symmetric=len(symmetric))


def equivariant_maps(
    algebra: LieAlgebra, rep_in: Rep | str, rep_out: Rep | str, *, exact: bool = False
) -> EquivariantMaps:
    """Equivariant linear maps between direct sums of tensor representations.

    Parameters
    ----------
    algebra : LieAlgebra
        The symmetry.
    rep_in, rep_out : Rep or str
        Such as ``"16x0 + 8x1 + 2x2"``.
    exact : bool
        See `map_space`.

    Raises
    ------
    SymmetryError
        As for `map_space`, or if a representation belongs to another dimension.
    """
    source, target = _rep(algebra, rep_in), _rep(algebra, rep_out)
    pairs = sorted({(a.rank, b.rank) for a in source.terms for b in target.terms})
    return EquivariantMaps(source, target, {(p, q): map_space(algebra, p, q, exact=exact) for p, q in pairs})


def clear_memory() -> None:
    """Forget everything kept in memory (solutions on disk stay)."""
    _remembered.cache_clear()
    schur_weyl.clear_memory()


def _rep(algebra: LieAlgebra, rep: Rep | str) -> Rep:
    rep = Rep.parse(rep, algebra.k) if isinstance(rep, str) else rep
    if rep.k != algebra.k:
        raise SymmetryError(f"the representation {rep} is on R^{rep.k}, but the symmetry acts on R^{algebra.k}")
    return rep


def _solution(algebra: LieAlgebra, p: int, q: int, exact: bool) -> Solution:
    """The solution, with a basis that nobody else holds."""
    if p < 0 or q < 0:
        raise SymmetryError(f"tensor ranks start at 0, got {p} and {q}")
    basis = np.ascontiguousarray(algebra.basis.numpy(), dtype=np.float64)
    try:
        solution = _remembered(Problem(basis.tobytes(), algebra.k, p, q, algebra.is_discrete, exact))
    except _TooLargeToRemember as large:
        return large.solution
    return replace(solution, basis=solution.basis.copy())


class _TooLargeToRemember(Exception):
    """Carries a solution past the memory of `_remembered`, which keeps what is returned but not what is raised."""

    def __init__(self, solution: Solution) -> None:
        self.solution = solution


@lru_cache(maxsize=32)
def _remembered(problem: Problem) -> Solution:
    solution = cache.read(problem)
    if solution is None:
        start = perf_counter()
        solution = solve(problem)
        cache.write(problem, solution, perf_counter() - start)
    if solution.basis.nbytes > _LARGEST_REMEMBERED:
        raise _TooLargeToRemember(solution)
    return solution


def _shared(solution: Solution, basis: Tensor) -> dict:
    """What all kinds of null space have in common."""
    return {
        "basis": basis,
        "singular_values": torch.from_numpy(solution.singular_values.copy()),
        "gap": solution.gap,
        "residual": solution.residual,
        "closure_residual": solution.closure_residual,
        "exact_rank": solution.exact_rank,
    }


def orientations(forms: Tensor) -> Tensor:
    """Signs `(r, 1, 1)` that make forms positive definite, or leave them no more positive than negative directions."""
    signs = []
    for form in forms:
        positive, negative, _ = signature(form)
        if positive == negative:
            entry = form.reshape(-1)[form.abs().argmax()]
            signs.append(-1.0 if float(entry) < 0 else 1.0)
        else:
            upright = positive > 0 if 0 in (positive, negative) else negative > positive
            signs.append(1.0 if upright and positive + negative else -1.0)
    return torch.tensor(signs, dtype=forms.dtype, device=forms.device).reshape(-1, 1, 1)
