"""Solutions of the evolution equations: ours in batches of 64 beside scipy's Radau, one by one, at a tolerance of 1e-9.

Times are CPU times. Radau solves the equation as it was published: on the grid itself, without a finer one.
"""

from __future__ import annotations

import math
import time

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from zoo.tasks.pde import EQUATIONS, Equation, initial_conditions, solve
from zoo.tasks.pde.solving import wave_numbers

BATCH, NX, TOLERANCE = 64, 256, 1e-9
SOLVED_BY_RADAU = 1  # of the batch; the others are taken to need as long


def main() -> None:
    """Print a table of both, and how far they are apart."""
    table = Table(title=f"{BATCH} solutions, CPU seconds")
    for column in ("equation", "ours", "Radau", "ratio", "difference"):
        table.add_column(column, justify="right")
    for name, equation in EQUATIONS.items():
        u0 = initial_conditions(equation, np.random.default_rng(0), BATCH, NX)
        start = time.process_time()
        u = solve(equation, u0).u
        ours = time.process_time() - start
        start = time.process_time()
        reference = [radau(equation, row) for row in u0[:SOLVED_BY_RADAU].numpy()]
        theirs = (time.process_time() - start) * BATCH / SOLVED_BY_RADAU
        apart = max(np.abs(u[i].numpy() - each).max() / np.abs(each).max() for i, each in enumerate(reference))
        table.add_row(name, f"{ours:.1f}", f"{theirs:.0f}", f"{theirs / ours:.0f}", f"{apart:.1e}")
        Console().print(table)


def radau(equation: Equation, u0: np.ndarray) -> np.ndarray:
    """One solution at the times that are kept, `(T, nx)`."""
    from scipy.integrate import solve_ivp

    k = wave_numbers(equation, len(u0)).numpy()
    odd = 1j * np.where(np.arange(len(k)) == len(k) - 1, 0, k)  # the shortest wave has no odd derivative

    def along(u: np.ndarray, factor: np.ndarray) -> np.ndarray:
        return np.fft.irfft(factor * np.fft.rfft(u, axis=0).T, n=len(u), axis=-1).T

    def slope(t: float, u: np.ndarray) -> np.ndarray:
        change = -u * along(u, odd)
        if equation.name in ("kdv", "nkdv", "ckdv"):
            change -= along(u, odd**3)
        if equation.name == "ks":
            change -= along(u, -(k**2)) + along(u, k**4)
        if equation.viscosity is not None:
            change += equation.viscosity * along(u, -(k**2))
        if equation.name == "ckdv":
            change -= u / (2 * t + 2)
        return change * math.exp(t / 50) if equation.name == "nkdv" else change

    times = equation.times.numpy()
    found = solve_ivp(slope, (0, times[-1]), u0, method="Radau", t_eval=times, rtol=TOLERANCE, atol=TOLERANCE)
    return found.y.T


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
