"""Closure under the bracket, and the nearest span that has it."""

from __future__ import annotations

import numpy as np

from ..errors import SymmetryError
from .span import Array, complement, distance, orthonormal, principal_angles

# A span is closed when brackets of unit generators leave it by less than this: a few hundred roundings of float64.
CLOSED = 1e-12
# Brackets of unit generators below this are zero: those of closed spans are rounding (1e-15) or of order one.
_ZERO = 1e-9
_STEPS = 80
_SLIDES = 10
_SLIDE_UP_TO = 3000  # numbers in a basis; beyond that the eigenvectors cost more than they bring
# Relative to the largest eigenvalue of J^T J: smaller ones are directions that keep a closed span closed. On closed
# spans those are 1e-16 and the others above 1e-3.
_FREE = 1e-9
# Rounding (1e-16) in the free directions over this is how far one step may drift along the family.
_DAMPING_FLOOR = 1e-7


def brackets(basis: Array) -> Array:
    """All commutators [L_i, L_j], `(c, c, k, k)`."""
    products = np.einsum("aij,bjk->abik", basis, basis)
    return products - products.swapaxes(0, 1)


def structure_constants(basis: Array) -> tuple[Array, float]:
    """f with [L_i, L_j] = sum_m f_ijm L_m, by least squares, and the closure residual of the span.

    Returns
    -------
    constants : `(c, c, c)` array
        In the basis given.
    residual : float
        Largest Frobenius norm of the part of [Q_i, Q_j] outside the span, over an orthonormal basis Q.
    """
    c, k, _ = basis.shape
    flat = basis.reshape(c, k * k)
    constants = brackets(basis).reshape(c, c, k * k) @ np.linalg.pinv(flat, rcond=1e-11)
    return constants, closure_residual(basis)


def closure_residual(basis: Array) -> float:
    """Largest Frobenius norm of what [Q_i, Q_j] has outside the span, over an orthonormal basis Q."""
    unit = orthonormal(basis)
    flat = unit.reshape(len(unit), unit.shape[1] ** 2)
    worst = 0.0
    for i in range(1, len(unit)):  # without the complement, which of matrices on hundreds of nodes fits no memory
        rest = (unit[i] @ unit[:i] - unit[:i] @ unit[i]).reshape(i, -1)
        for _ in range(2):  # the second time takes out what rounding left
            rest = rest - (rest @ flat.T) @ flat
        worst = max(worst, float(np.linalg.norm(rest, axis=-1).max()))
    return worst


def derived(basis: Array) -> Array:
    """Orthonormal basis `(r, k, k)` of the span of all brackets of a closed span."""
    c, k, _ = basis.shape
    _, values, right = np.linalg.svd(brackets(basis).reshape(c * c, k * k), full_matrices=False)
    return right[: len(values)][values > _ZERO * np.linalg.norm(basis) ** 2].reshape(-1, k, k)


def centre(basis: Array) -> Array:
    """Orthonormal basis `(r, k, k)` of the elements that commute with all, for an orthonormal basis."""
    c, k, _ = basis.shape
    _, values, right = np.linalg.svd(brackets(basis).reshape(c, c * k * k).T, full_matrices=False)
    return np.tensordot(right[values <= _ZERO], basis, 1)


def nearest_closed(basis: Array) -> Array:
    """Orthonormal basis of the bracket-closed span next to the given one.

    Closed spans come in families (all conjugates of an algebra), so the fit alternates: close the span, then slide
    along the family towards the span that was given, until that brings nothing.

    Raises
    ------
    SymmetryError
        If no closed span is found; the message has the residual that was reached.
    """
    given = orthonormal(basis)
    unit = _close(given)
    if unit.size > _SLIDE_UP_TO or distance(unit, given) <= CLOSED:
        return unit
    for _ in range(_SLIDES):
        before = _separation(unit, given)
        try:
            candidate = _close(_slide(unit, given))
        except SymmetryError:
            break
        if _separation(candidate, given) > (1 - 1e-6) * before:
            break
        unit = candidate
    return unit


def _close(unit: Array) -> Array:
    """Levenberg-Marquardt on the Grassmann manifold, damped by the squared residual.

    The unknown is the part X of each generator outside the span, the residual the part of [L_i, L_j] outside it.
    That damping converges quadratically although the solutions are not isolated (Yamashita and Fukushima, 2001).
    """
    start = best = closure_residual(unit)
    boost = 1.0
    for _ in range(_STEPS):
        if best <= 0.01 * CLOSED or boost > 1e16:
            break
        candidate = orthonormal(unit + _step(unit, boost), rank=len(unit))
        residual = closure_residual(candidate)
        if residual < best:
            unit, best, boost = candidate, residual, max(boost / 10, 1e-7)
        elif best <= CLOSED:
            break
        else:
            boost *= 10
    if best > CLOSED:
        raise SymmetryError(
            f"no bracket-closed span of dimension {len(unit)} found near the one given: brackets of unit generators "
            f"leave it by {start:.2e}, and by {best:.2e} after fitting (needed: {CLOSED:.0e}). "
            "Check the number of generators (see singular_values), or find them from more data"
        )
    return unit


def _step(unit: Array, boost: float) -> Array:
    """One damped Gauss-Newton step `(c, k, k)` for orthonormal generators."""
    normal = complement(unit)
    residual = _outside(unit, normal)
    matrix, gradient = _normal_equations(unit, normal, residual)
    matrix += boost * (_DAMPING_FLOOR + float(np.sum(residual**2)) / len(unit)) * np.eye(len(matrix))
    return (np.linalg.solve(matrix, -gradient).reshape(len(unit), -1) @ normal).reshape(unit.shape)


def _slide(unit: Array, given: Array) -> Array:
    """A closed span moved towards the given one along the directions in which it stays closed to first order."""
    normal = complement(unit)
    matrix, _ = _normal_equations(unit, normal, _outside(unit, normal))
    values, vectors = np.linalg.eigh(matrix)
    free = vectors[:, values < _FREE * values[-1]]
    flat, target = unit.reshape(len(unit), -1), given.reshape(len(unit), -1)
    aligned = np.linalg.solve(target @ flat.T, target)  # the given span, with unit component along this one
    wanted = (aligned @ normal.T).reshape(-1)
    return orthonormal(unit + ((free @ (free.T @ wanted)).reshape(len(unit), -1) @ normal).reshape(unit.shape))


def _separation(first: Array, second: Array) -> float:
    return float(np.linalg.norm(np.sin(principal_angles(first, second))))


def _outside(unit: Array, normal: Array) -> Array:
    """Coordinates `(c, c, m)` of [Q_i, Q_j] along the complement."""
    c, k, _ = unit.shape
    return brackets(unit).reshape(c, c, k * k) @ normal.T


def _normal_equations(unit: Array, normal: Array, residual: Array) -> tuple[Array, Array]:
    """J^T J `(c m, c m)` and J^T R `(c m,)` of the linearised closure condition.

    With M_j the map ad(Q_j) on the complement and f the structure constants, the residual R_ij changes by
    M_i X_j - M_j X_i - sum_m f_ijm X_m; J itself, c times as large, is never formed.
    """
    c, k, _ = unit.shape
    flat, m = unit.reshape(c, k * k), len(normal)
    f = brackets(unit).reshape(c, c, k * k) @ flat.T
    directions = normal.reshape(m, k, k)
    moved = np.einsum("cij,mjk->cmik", unit, directions) - np.einsum("mij,cjk->cmik", directions, unit)
    ad = (moved.reshape(c, m, k * k) @ normal.T).swapaxes(1, 2)

    matrix = -np.einsum("bji,ajk->aibk", ad, ad, optimize=True)
    mixed = np.einsum("ajb,jki->aibk", f, ad, optimize=True)
    matrix += mixed + mixed.transpose(2, 3, 0, 1)
    matrix += np.einsum("ab,ik->aibk", 0.5 * np.einsum("ija,ijb->ab", f, f), np.eye(m))
    matrix += np.einsum("ab,ik->aibk", np.eye(c), np.einsum("jli,jlk->ik", ad, ad, optimize=True))
    gradient = -np.einsum("jli,ajl->ai", ad, residual, optimize=True) - 0.5 * np.einsum("ija,ijl->al", f, residual)
    return matrix.reshape(c * m, c * m), gradient.reshape(-1)
