"""Second-order equations of motion q'' = f(q), many at once, each with steps of its own.

A step extrapolates Stoermer's rule with 1, 2, ..., 8 substeps to none (Gragg, Bulirsch and Stoer; Deuflhard, SIAM
Review 27, 1985), which makes it of order 16, and its size follows the error estimate: close encounters take small ones.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..errors import DataError

Force = Callable[[np.ndarray], np.ndarray]

TOLERANCE = 1e-14  # of one step, relative to 1 + |value|: near the rounding error of float64, whence the floor below
_SUBSTEPS = np.arange(1, 9)
_SMALLEST_STEP = 1e-12
_FIRST_STEP = 0.1
_ROUNDING = 4e-15  # an estimate below this is noise, so that a step is accepted and may grow


def solve(
    force: Force, positions: np.ndarray, velocities: np.ndarray, times: np.ndarray, tolerance: float = TOLERANCE
) -> tuple[np.ndarray, np.ndarray]:
    """Positions and velocities at `times`.

    Parameters
    ----------
    force : callable
        ``(N, ...) -> (N, ...)``, each system on its own.
    positions, velocities : ndarray
        `(N, ...)` at `times[0]`.
    times : ndarray
        `(T,)`, increasing.
    tolerance : float
        Error of one step, relative to 1 + the largest number in the system's state.

    Returns
    -------
    tuple of ndarray
        `(N, T, ...)` each, in float64. The error at a late time is what the motion makes of the errors of all steps:
        chaotic systems amplify them.

    Raises
    ------
    DataError
        If a step becomes smaller than 1e-12: two bodies collide.
    """
    q, v = positions.astype(float), velocities.astype(float)
    sizes = np.full(len(q), _FIRST_STEP)
    recorded = [(q, v)]
    for duration in np.diff(times):
        q, v, sizes = _advance(force, q, v, float(duration), sizes, tolerance)
        recorded.append((q, v))
    return np.stack([q for q, _ in recorded], axis=1), np.stack([v for _, v in recorded], axis=1)


def _advance(
    force: Force, q: np.ndarray, v: np.ndarray, duration: float, sizes: np.ndarray, tolerance: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every system ahead by `duration`; `sizes` are the steps to try, handed back as they were left."""
    q, v, sizes = q.copy(), v.copy(), sizes.copy()
    remaining = np.full(len(q), duration)
    active = np.arange(len(q))
    while len(active):
        step = np.minimum(sizes[active], remaining[active])
        new_q, new_v, error = _step(force, q[active], v[active], step)
        accepted = error <= max(tolerance, _ROUNDING)
        done = active[accepted]
        q[done], v[done] = new_q[accepted], new_v[accepted]
        remaining[done] -= step[accepted]
        factor = 0.9 * (tolerance / np.maximum(error, tolerance * 1e-10)) ** (1 / (2 * len(_SUBSTEPS) - 1))
        proposed = step * np.clip(factor, 0.2, 3.0)
        # a step that was cut short by the end of the interval says nothing against the longer one
        sizes[active] = np.where(accepted & (step < sizes[active]), np.maximum(sizes[active], proposed), proposed)
        if np.any(sizes[active] < _SMALLEST_STEP):
            system = int(active[np.argmin(sizes[active])])
            raise DataError(f"system {system} collides: its steps became smaller than {_SMALLEST_STEP}; start it apart")
        active = active[remaining[active] > 0]
    return q, v, sizes


def _step(force: Force, q: np.ndarray, v: np.ndarray, step: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One extrapolated step of each system, and the estimate of its error."""
    step = step.reshape(-1, *[1] * (q.ndim - 1))
    first = force(q)
    # Neville's scheme in the square of the substep; `column` holds the last row of the triangle
    column: list[tuple[np.ndarray, np.ndarray]] = []
    for row, n in enumerate(_SUBSTEPS):
        new = [_stoermer(force, first, q, v, step, int(n))]
        for j in range(row):
            weight = 1 / ((n / _SUBSTEPS[row - j - 1]) ** 2 - 1)
            new.append(tuple(a + weight * (a - b) for a, b in zip(new[j], column[j], strict=True)))  # type: ignore[arg-type]
        column = new
    best, second = column[-1], column[-2]
    axes = tuple(range(1, q.ndim))
    error = np.zeros(len(q))
    for value, coarser in zip(best, second, strict=True):
        error = np.maximum(error, np.max(np.abs(value - coarser), axis=axes) / (1 + np.max(np.abs(value), axis=axes)))
    return best[0], best[1], np.where(np.isfinite(error), error, np.inf)


def _stoermer(
    force: Force, first: np.ndarray, q: np.ndarray, v: np.ndarray, step: np.ndarray, n: int
) -> tuple[np.ndarray, np.ndarray]:
    """Stoermer's rule with n substeps, in increments, which keeps the rounding errors small."""
    h = step / n
    increment = h * (v + h / 2 * first)
    moved = increment
    for _ in range(n - 1):
        increment = increment + h**2 * force(q + moved)
        moved = moved + increment
    return q + moved, increment / h + h / 2 * force(q + moved)
