"""Solutions of the evolution equations: ours in batches of 64 beside scipy's Radau, one by one, at a tolerance of 1e-9.

Times are CPU times. Radau solves the equation as it was published: on the grid itself, without a finer one. It is
stopped after a while, as some equations take it minutes; the ratio then is a lower bound.
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
LONGEST = 90.0  # CPU seconds of Radau, for one solution of the batch; the others are taken to need as long


def main() -> None:
    """Print a table of both, and how far they are apart."""
    table = Table(title=f"{BATCH} solutions, CPU seconds")
    for column in ("equation", "ours", "Radau", "ratio", "Radau got to", "difference"):
        table.add_column(column, justify="right")
    for name, equation in EQUATIONS.items():
        u0 = initial_conditions(equation, np.random.default_rng(0), BATCH, NX)
        start = time.process_time()
        u = solve(equation, u0).u
        ours = time.process_time() - start
        reference, got_to, seconds = radau(equation, u0[0].numpy())
        theirs = seconds * BATCH
        more = "" if got_to == float(equation.times[-1]) else "> "
        apart = "-"
        if len(reference):
            apart = f"{np.abs(u[0, : len(reference)].numpy() - reference).max() / np.abs(reference).max():.1e}"
        table.add_row(
            name, f"{ours:.1f}", f"{more}{theirs:.0f}", f"{more}{theirs / ours:.0f}", f"t = {got_to:.3g}", apart
        )
        Console().print(table)


def radau(equation: Equation, u0: np.ndarray) -> tuple[np.ndarray, float, float]:
    """One solution at those of the times kept that were reached, `(T, nx)`; the last time; CPU seconds."""
    from scipy.integrate import Radau

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

    times, kept = equation.times.numpy(), []
    start = time.process_time()
    solver = Radau(slope, 0.0, u0, times[-1], rtol=TOLERANCE, atol=TOLERANCE)
    while solver.status == "running" and time.process_time() - start < LONGEST:
        solver.step()
        passed = times[(times > (solver.t_old or 0.0)) & (times <= solver.t)]
        kept.append(solver.dense_output()(passed).T)
    return np.concatenate(kept), float(solver.t), time.process_time() - start


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
