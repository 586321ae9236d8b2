"""The exact algebra that a network is built on, next to the noisy one that was learned."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..errors import SymmetryError
from . import closure, span
from .algebra import LieAlgebra, Nearest
from .closure import CLOSED
from .periodic import EXACT, WIDEST

# The bound below which orders up to 12 cannot be mistaken for one another, see `periodic.nearest_cyclic`.
_CYCLIC_TOLERANCE = 0.04


def regular(algebra: LieAlgebra, tolerance: float) -> Nearest:
    """See `LieAlgebra.regular`."""
    if not tolerance > 0:
        raise SymmetryError(f"the tolerance is a positive angle in radians, got {tolerance}")
    if algebra.c == 0:
        return Nearest(algebra, 0.0)
    if algebra.is_discrete:
        return _or_unchanged(algebra, lambda: algebra.nearest_cyclic(tolerance=min(tolerance, _CYCLIC_TOLERANCE)))
    if algebra.c == 1:
        return _or_unchanged(algebra, lambda: algebra.nearest_periodic(tolerance=min(tolerance, WIDEST)))
    return _closed(algebra, tolerance)


def _or_unchanged(algebra: LieAlgebra, nearest: Callable[[], Nearest]) -> Nearest:
    try:
        found = nearest()
    except SymmetryError:
        return Nearest(algebra, 0.0)
    return found if found.distance > EXACT else Nearest(algebra, 0.0)


def _closed(algebra: LieAlgebra, tolerance: float) -> Nearest:
    residual = algebra.structure_constants().residual
    closed = algebra if residual <= CLOSED else algebra.nearest_closed().algebra
    distance = _angle(closed, algebra)
    if distance > tolerance:
        raise SymmetryError(
            f"the {algebra.c} generators are not near a Lie algebra: brackets of unit generators leave the span by "
            f"{residual:.2g}, and the closest closed span is {distance:.2g} rad away (allowed {tolerance}). "
            "Check the number of generators (see singular_values), or pass a larger tolerance"
        )
    found = _with_periodic_centre(closed, tolerance)
    return Nearest(algebra, 0.0) if found is algebra else Nearest(found, _angle(algebra, found))


def _with_periodic_centre(closed: LieAlgebra, tolerance: float) -> LieAlgebra:
    """A centre of one dimension made periodic: noise in it is what closing the brackets cannot see.

    The new central element is a sum of spectral projectors of the old one, so it still commutes with the rest.
    """
    basis = closed.orthonormal().basis.numpy()
    centre = closure.centre(basis)
    if centre.shape[0] != 1 or len(closure.derived(basis)) != len(basis) - 1:
        return closed
    try:
        circle = LieAlgebra(centre).nearest_periodic(tolerance=min(tolerance, WIDEST))
    except SymmetryError:
        return closed
    if circle.distance <= EXACT:
        return closed
    return LieAlgebra(np.concatenate([closure.derived(basis), circle.algebra.basis.numpy()]), closed.coefficients)


def _angle(first: LieAlgebra, second: LieAlgebra) -> float:
    return span.distance(first.basis.numpy(), second.basis.numpy())
