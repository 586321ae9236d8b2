"""The order in which candidates are tried, and what is told of the one that fits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ...errors import SymmetryError
from .. import closure, periodic, span
from ..span import Array
from . import abstract, affine, classical, copies, galilean, one_parameter
from .proposal import Proposal

# A span within this angle (14 degrees) of a named algebra is called by that name; the residual tells the rest.
# Entry noise of 3 % on all 28 generators of so(8) already makes 12 degrees.
ACCEPTED = 0.25
# A proposal this many times further away than the nearest closed span is good enough to look no further.
_EXPLAINED = 4.0
_NEARLY = 1.25
_STRAINED = 5.0  # condition of a change of basis
_ROUNDING = 1e-8


@dataclass(frozen=True)
class Recognition:
    """What an algebra was recognised as.

    Attributes
    ----------
    name : str
        Such as "so(3)", "so(1,3)", "so(2) x4 on R^8" (the same rotation of four planes), "so(3) + scaling",
        "C7 in so(2)" (a discrete group) or "unrecognised".
    residual : float
        Largest principal angle in radians to exactly that algebra; for a discrete group the relative change of its
        generator if that is larger. Where the name is "unrecognised": to the nearest
        bracket-closed span, or pi/2 if there is none near.
    change_of_basis : Tensor or None
        P `(k, k)`, float64, with: the algebra = P (canonical) P^-1. Its columns are the canonical axes.
    canonical : Tensor or None
        Basis `(c, k, k)` of the canonical algebra.
    """

    name: str
    residual: float
    change_of_basis: Tensor | None = None
    canonical: Tensor | None = None


def recognise(basis: Array, discrete: bool = False) -> Recognition:
    """Name the span of `(c, k, k)` generators; for a discrete group with one generator, its order too."""
    given = span.orthonormal(basis)
    if len(given) == 0:
        return Recognition("trivial", 0.0)
    exact = _closed(given)
    found = propose(given if exact is None else exact, given)
    if found is None:
        return Recognition("unrecognised", np.pi / 2 if exact is None else span.distance(exact, given))
    name, residual = found.name, span.distance(found.span, given)
    if discrete and len(basis) == 1:
        name, residual = _with_order(basis[0], name, residual)
    return Recognition(name, residual, _tensor(found.change), _tensor(found.canonical))


def nearest_named(basis: Array) -> Array | None:
    """The closed span of the named algebra next to a span, for those that no iteration closes; None if none is near.

    Nilpotent algebras are such: near them the condition of closure is degenerate (its linearisation vanishes).
    """
    found = propose(span.orthonormal(basis))
    if found is None or closure.closure_residual(found.span) > closure.CLOSED:
        return None
    return span.orthonormal(found.span)


def propose(exact: Array, given: Array | None = None) -> Proposal | None:
    """The named algebra near `given`, made from a closed span `exact` near that (or, failing one, from itself).

    Special algebras are tried before general ones. Noise makes a general algebra of every special one (a euclidean
    algebra is a limit of orthogonal ones), so a special one that is nearly as near as the best is taken.
    """
    given = exact if given is None else given
    enough = _EXPLAINED * span.distance(exact, given) + _ROUNDING
    best, least = None, ACCEPTED
    for recognisers in _groups(len(exact)):
        candidates = [proposal for proposals in recognisers for proposal in proposals(exact) if proposal is not None]
        scores = [_score(proposal, given) for proposal in candidates]
        if scores and min(scores) <= least:
            least = min(scores)
            best = next(c for c, score in zip(candidates, scores, strict=True) if score <= _NEARLY * least + _ROUNDING)
        if best is not None and least <= enough:
            break
    if best is None and len(exact) == 1:
        return one_parameter.abelian(exact)
    return best


def _score(proposal: Proposal, given: Array) -> float:
    """Angle to the span, more for extreme coordinates: those make any algebra look like its limits."""
    strain = 1.0 if proposal.change is None else max(1.0, float(np.linalg.cond(proposal.change)) / _STRAINED)
    return strain * span.distance(proposal.span, given)


def _groups(c: int) -> list[list[Callable[[Array], Iterator[Proposal | None]]]]:
    if c == 1:
        return [[one_parameter.proposals]]
    return [
        [classical.linear, lambda basis: affine.proposals(basis, propose), classical.proposals, galilean.proposals],
        [lambda basis: copies.proposals(basis, propose)],
        [abstract.proposals],
    ]


def _with_order(generator: Array, name: str, residual: float) -> tuple[str, float]:
    try:
        turn, order = periodic.nearest_cyclic(generator)
    except SymmetryError:
        return f"discrete, in {name}", residual
    change = float(np.linalg.norm(turn - generator) / np.linalg.norm(generator))
    return f"C{order} in {name}", max(residual, change)


def _closed(given: Array) -> Array | None:
    try:
        return closure.nearest_closed(given)
    except SymmetryError:
        return None


def _tensor(array: Array | None) -> Tensor | None:
    return None if array is None else torch.from_numpy(np.ascontiguousarray(array))
