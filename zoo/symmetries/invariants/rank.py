"""How many singular values are zero, where the generators may carry noise.

Singular values are in units of the generators' own action on vectors: 1 means that a tensor is moved as much as the
most moved vector is. A tolerance that is fixed near rounding finds no invariant of a noisy algebra; the largest gap
between neighbours finds them, as long as values that can only be noise do not count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import SymmetryError

# Ratios below this value are noise: a learned basis is good to a percent or so, and some invariants (the identity map)
# hold exactly for any generators, so a ratio between the two says nothing. Measured: entry noise of 1e-2 leaves null
# values of 0.03 to 0.1.
NOISE = 0.02
# The brackets of a noisy basis leave its span by about as much as its invariants are violated.
NOISE_PER_CLOSURE = 1.5
# Larger values are never taken for zero: so an algebra may have no invariants. Entry noise of 3e-2 reaches 0.32.
CEILING = 0.35
# The first value left out exceeds the last one taken by at least this factor.
CLEAR_GAP = 3.0
# The largest gap leads the second largest by this factor.
CLEAR_LEAD = 1.5
# Below this, values of exact generators are rounding: some thousand roundings of float64.
EXACT = 1e-11
# The least value that is told from rounding when only exact invariants are asked for.
NOT_EXACT = 1e-8


@dataclass(frozen=True)
class Cut:
    """The decision.

    Attributes
    ----------
    rank : int
        Dimension of the null space.
    threshold : float
        Between the last value taken for zero and the first that is not.
    gap : float
        Ratio of these two; the last one taken counts as no less than 1e-16 (rounding), the first one left out as 1
        where there is none.
    """

    rank: int
    threshold: float
    gap: float


def cut(values: np.ndarray, closure_residual: float, what: str) -> Cut:
    """Cut at the largest gap.

    Parameters
    ----------
    values : array (n,)
        All singular values, ascending.
    closure_residual : float
        Of the generators: it bounds their noise from below.
    what : str
        Name of the space, for the message.

    Raises
    ------
    SymmetryError
        If no gap is clear.
    """
    noise = max(NOISE, NOISE_PER_CLOSURE * closure_residual)
    padded = np.concatenate([[0.0], values, [max(1.0, values[-1])]])
    last = padded[:-1]
    allowed = np.flatnonzero(last <= CEILING)
    ratios = padded[allowed + 1] / np.maximum(last[allowed], noise)
    order = np.argsort(ratios)[::-1]
    best = ratios[order[0]]
    second = ratios[order[1]] if len(order) > 1 else 0.0
    rank = int(allowed[order[0]])
    if best < CLEAR_GAP or best < CLEAR_LEAD * second:
        raise SymmetryError(_unclear(values, closure_residual, noise, rank, float(best), float(second), what))
    return _cut_at(padded, rank)


def cut_exact(values: np.ndarray, what: str) -> Cut:
    """Take what is zero up to rounding.

    Raises
    ------
    SymmetryError
        If some values are neither rounding nor clearly more.
    """
    rank = int(np.searchsorted(values, EXACT, side="right"))
    if rank < len(values) and values[rank] < NOT_EXACT:
        raise SymmetryError(
            f"the exact {what} cannot be counted: singular value number {rank + 1} is {values[rank]:.2g}, neither "
            f"rounding (below {EXACT:.0e}) nor clearly more (above {NOT_EXACT:.0e}). Clean the basis first with "
            "LieAlgebra.regular(), or leave out exact=True"
        )
    return _cut_at(np.concatenate([[0.0], values, [max(1.0, values[-1])]]), rank)


def _cut_at(padded: np.ndarray, rank: int) -> Cut:
    below, above = max(float(padded[rank]), 1e-16), float(padded[rank + 1])
    return Cut(rank, float(np.sqrt(below * above)), above / below)


def _unclear(
    values: np.ndarray, closure_residual: float, noise: float, rank: int, best: float, second: float, what: str
) -> str:
    nearby = ", ".join(f"{value:.3g}" for value in values[max(0, rank - 3) : rank + 4])
    return (
        f"cannot tell how many {what} there are: the singular values of the constraint have no clear gap. The best cut "
        f"is after {rank} of {len(values)}, where the next value is {best:.2g} times the one before (the second best "
        f"cut has {second:.2g}; at least {CLEAR_GAP:g} and a lead of {CLEAR_LEAD:g} are needed). Values there: "
        f"{nearby}; below {noise:.2g} they count as noise, above {CEILING:g} they are not zero. The closure residual "
        f"of the algebra is {closure_residual:.2g}. Use the nearest clean algebra, LieAlgebra.regular(), or ask for "
        "the exact invariants only, exact=True"
    )
