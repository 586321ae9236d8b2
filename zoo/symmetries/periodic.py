"""Generators of closed circles and of finite cycles: L with exp(T L) = I.

Data give L with noise, and a noisy rotation of several planes generates no circle: its frequencies have no common
period and its eigenvalues have real parts. Its eigenvalues still lie in clusters round i w n, n integer. The
spectral projectors E_n of the clusters (Riesz integrals of the resolvent, which need no eigenvectors) give
L' = w sum_n i n E_n, which is periodic exactly and close to L.
"""

from __future__ import annotations

import numpy as np

from ..errors import SymmetryError
from .span import Array

# Resolvents on each circle. Clusters within 0.3 of the half distance to the next converge like 0.55^nodes.
_NODES = 96
# How far the spectral projectors may amplify the scatter within the clusters. Long projectors belong to nearly
# defective generators: noise splits the triple zero of a translation into what looks like a very slow rotation.
_AMPLIFICATION = 3.0
_LONG = 5.0
# The widest tolerance: at 0.5 of the distance between them clusters touch.
WIDEST = 0.3
EXACT = 1e-12


def nearest_periodic(generator: Array, max_order: int = 12, tolerance: float = 0.1) -> tuple[Array, float]:
    """L' with exp(2 pi L' / w) = I next to L, and w.

    Parameters
    ----------
    generator : `(k, k)` array
    max_order : int
        The largest ratio n between a frequency and the base frequency w; the smallest that fits is taken.
    tolerance : float
        How far eigenvalues may be from i w n, as a fraction of w, and L' from L, as a fraction of |L|.

    Raises
    ------
    SymmetryError
        If no such L' is within the tolerance.
    """
    _check_tolerance(tolerance)
    eigenvalues = np.linalg.eigvals(generator)
    fastest = np.abs(eigenvalues.imag).max(initial=0.0)
    best = np.inf
    if fastest > EXACT * np.linalg.norm(generator):
        for order in range(1, max_order + 1):
            multiples = np.rint(eigenvalues.imag * order / fastest)
            base = float(multiples @ eigenvalues.imag / (multiples @ multiples))
            scatter = float(np.abs(eigenvalues - 1j * base * multiples).max() / base)
            best = min(best, scatter)
            if scatter > tolerance:
                continue
            unit, size = _from_clusters(generator, base, np.unique(np.abs(multiples)))
            base = float(np.sum(unit * generator) / np.sum(unit * unit))
            if _accept(base * unit, generator, scatter, size, tolerance):
                return base * unit, base
    raise SymmetryError(
        f"the generator turns no closed circle within the tolerance {tolerance}: its eigenvalues "
        f"{_show(eigenvalues)} are not near i w n with integers |n| <= {max_order} "
        f"(closest: {best:.2g} of the base frequency w), or it is not diagonalisable. Use it as it is, or allow more"
    )


def nearest_cyclic(
    generator: Array, order: int | None = None, max_order: int = 12, tolerance: float = 0.04
) -> tuple[Array, int]:
    """L' with exp(n L') = I next to L, and n: the given order, or the smallest up to `max_order` that fits.

    `tolerance` is the distance of the eigenvalues from 2 pi i m / n as a fraction of 2 pi / n. Below
    1 / (2 max_order) no element of an order up to `max_order` is mistaken for one of a smaller order.

    Raises
    ------
    SymmetryError
        If no such L' is within the tolerance.
    """
    _check_tolerance(tolerance)
    eigenvalues = np.linalg.eigvals(generator)
    best = np.inf
    for n in range(1, max_order + 1) if order is None else (order,):
        base = 2 * np.pi / n
        multiples = np.rint(eigenvalues.imag / base)
        scatter = float(np.abs(eigenvalues - 1j * base * multiples).max() / base)
        best = min(best, scatter)
        if scatter > tolerance or not multiples.any():
            continue
        unit, size = _from_clusters(generator, base, np.unique(np.abs(multiples)))
        if _accept(base * unit, generator, scatter, size, max(tolerance, 0.1)):
            return base * unit, n
    what = f"of order {order}" if order is not None else f"of an order up to {max_order}"
    raise SymmetryError(
        f"exp(L) is near no group element {what}: the eigenvalues {_show(eigenvalues)} of L are not near 2 pi i m / n "
        f"(closest: {best:.2g} of 2 pi / n, allowed {tolerance})"
    )


def _from_clusters(generator: Array, base: float, multiples: Array) -> tuple[Array, float]:
    """sum_n i n E_n (real) and the largest norm of a projector."""
    unit, size = np.zeros_like(generator), 1.0
    for n in multiples[multiples > 0]:
        projection = spectral_projector(generator, 1j * base * n, base / 2)
        size = max(size, float(np.linalg.norm(projection, 2)))
        unit = unit - 2 * n * np.imag(projection)  # i n (E_n - conj(E_n)), as E_-n is the conjugate
    return unit, size


def spectral_projector(generator: Array, centre: complex, radius: float) -> Array:
    """Projector onto the eigenvalues inside a circle: (1 / 2 pi i) times the integral of (z - L)^-1 dz round it."""
    k = len(generator)
    turns = np.exp(2j * np.pi * (np.arange(_NODES) + 0.5) / _NODES)
    resolvents = np.linalg.inv((centre + radius * turns)[:, None, None] * np.eye(k) - generator)
    projection = np.einsum("a,aij->ij", radius * turns / _NODES, resolvents)
    for _ in range(2):  # removes what rounding and the finite number of nodes left of E^2 - E
        square = projection @ projection
        projection = 3 * square - 2 * square @ projection
    return projection


def _accept(candidate: Array, generator: Array, scatter: float, size: float, tolerance: float) -> bool:
    change = np.linalg.norm(candidate - generator) / np.linalg.norm(generator)
    return bool(change <= tolerance) and well_separated(scatter, size, tolerance)


def well_separated(scatter: float, size: float, tolerance: float) -> bool:
    """Whether clusters with this scatter and projectors of this norm say something about the generator."""
    return scatter * size * max(1.0, size / _LONG) <= _AMPLIFICATION * tolerance


def _check_tolerance(tolerance: float) -> None:
    if not 0 < tolerance <= WIDEST:
        raise SymmetryError(f"the tolerance is above 0 and up to {WIDEST} (clusters would overlap), got {tolerance}")


def _show(eigenvalues: Array) -> str:
    ordered = sorted(eigenvalues.tolist(), key=lambda value: (round(value.imag, 6), value.real))
    return "[" + ", ".join(f"{value:.3g}" for value in ordered) + "]"
