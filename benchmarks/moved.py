"""Solutions moved in time, beside the same ones solved at the times that they come from.

Half a step of the grid on average, where the interpolation has most to do: by cubics through the values, and by the
u_t of the equation between them.
"""

from __future__ import annotations

import numpy as np
import torch

from zoo.actions.moved_data import moved_or_kept
from zoo.actions.solution_fields import SolutionsOnGrid
from zoo.tasks.pde import EQUATIONS, Equation, initial_conditions, solve

from .timing import interleaved, show_columns

BATCH, NX, REPEATS = 16, 256, 3


def errors(equation: Equation) -> list[str]:
    """Relative errors and seconds of both ways, as text."""
    u0 = initial_conditions(equation, np.random.default_rng(0), BATCH, NX)
    x, t = equation.length / NX * torch.arange(NX, dtype=torch.float64), equation.times
    field = equation.field("t")
    amount = 0.5 * float(t[1] - t[0]) / float(field(torch.stack([0 * t, t, 0 * t], 1))[:, 1, 0].mean())
    back = field.flow(torch.stack([0 * t, t, 0 * t], 1), 1.0, torch.tensor([-amount]))[:, 1]
    solutions, wanted = SolutionsOnGrid(solve(equation, u0).u, x, t), solve(equation, u0, back).u
    coefficients = torch.full((BATCH, 1), amount, dtype=torch.float64)
    ways = {"cubics": None, "by rate": equation.residual}

    def moved(way: str) -> float:
        found = moved_or_kept(field, coefficients, solutions, ways[way])
        return float((found.u - wanted)[found.known].norm() / wanted[found.known].norm())

    seconds = interleaved({way: lambda way=way: moved(way) for way in ways}, REPEATS)
    first, other = (moved(way) for way in ways)
    return [f"{first:.1e}", f"{other:.1e}", f"{first / other:.1f}", f"{seconds['by rate'] / seconds['cubics']:.1f}"]


def main() -> None:
    """Print a table of the equations that have a shift of time."""
    rows = [[name, *errors(equation)] for name, equation in EQUATIONS.items() if "t" not in equation.approximate]
    columns = ["equation", "cubics, off by", "with u_t, off by", "less by a factor", "times as long"]
    show_columns(f"{BATCH} solutions moved in time", columns, rows)


if __name__ == "__main__":
    main()
