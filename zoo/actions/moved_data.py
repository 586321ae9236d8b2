"""Training data beside which stands what a symmetry makes of them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ..discoverers.flow.objective import points_of
from ..discoverers.flow.rate import rate
from ..errors import ConfigError
from ..progress import Bar
from ..registry import Registry
from ..symmetries.between_times import refined
from ..symmetries.field import FunctionField, GeneratorField
from ..symmetries.solutions import Moved as MovedSolutions
from ..symmetries.solutions import move
from ..symmetries.some_fields import SomeFields
from ..symmetries.tabulated import TabulatedField
from ..tasks.pde import get_equation
from ..tasks.samples import Arrays
from .field_scores import fields_of
from .recipe import Moved
from .solution_fields import Residual, SolutionsOnGrid

_FEWEST = 60  # times at which a moved solution must be known, or half of them where that is less
_AT_ONCE = 16  # solutions
_FINER = 4  # times as many times, where the equation says how fast a solution changes
_TIMES = 8  # as many as there are, by default
_BEYOND = 0.5  # of the range of times and values, which the table of a field reaches further


def with_moved(
    arrays: Arrays,
    spec: Moved,
    equation_name: str,
    registry: Registry,
    *,
    samples: int | None = None,
    seed: int = 0,
    progress: bool = True,
) -> Arrays:
    """Solutions, over and over, and as many that are moved by a symmetry, each by an element of its own.

    A moved solution that is known at too few times (see `moved_or_kept`) takes no part; the one that it comes from
    stands in for it.
    Times at which one is not known are NaN, see `zoo.engine.rollout.Rollout`.

    Parameters
    ----------
    arrays : Arrays
        Of the task `pde`.
    spec : Moved
    equation_name : str
    registry : Registry
    samples : int, optional
        How many come out, half of them moved; by default eight times as many as there are.
    seed : int
        Of the coefficients.
    progress : bool
        Whether to show a bar.
    """
    equation = get_equation(equation_name)
    u, seen = torch.cat([arrays.x, arrays.y], dim=1), arrays.x.shape[1]
    x = equation.length / u.shape[2] * torch.arange(u.shape[2], dtype=torch.float64)
    solutions = SolutionsOnGrid(u, x, equation.times)
    field = moving_field(spec, equation, solutions, registry)
    samples = _TIMES * len(u) if samples is None else samples
    origins = torch.arange(samples // 2) % len(u)
    stream = torch.Generator().manual_seed(seed)
    random = torch.rand(len(origins), field.c, generator=stream, dtype=torch.float64)
    coefficients = spec.reach * (2 * random - 1)
    parts, residual = [u[torch.arange(samples - len(origins)) % len(u)]], equation.residual if spec.by_rate else None
    with Bar(progress, len(origins), title=f"moving by {spec.symmetry}", unit="solutions") as bar:
        for rows in torch.arange(len(origins)).split(_AT_ONCE):
            parts.append(moved_or_kept(field, coefficients[rows], solutions[origins[rows]], residual).u)
            bar.advance(len(rows))
    whole = torch.cat(parts)
    return Arrays(whole[:, :seen], whole[:, seen:])


def moving_field(spec: Moved, equation: Any, solutions: SolutionsOnGrid, registry: Registry) -> GeneratorField:
    """Orthonormal fields in units of the solutions' scale: learned, known in closed form, or random.

    Raises
    ------
    ConfigError
        If the symmetry is no learned field on (x, t, u), holds none, or fewer than `spec.count`; if a count
        of known symmetries is asked for.
    """
    points = points_of(solutions.u, solutions.x, solutions.t).double()
    if spec.kind == "known":
        if spec.count is not None:
            raise ConfigError(
                "field training.moved.count: the most valid are chosen of learned fields, these are known"
            )
        exact = [name for name in equation.symmetries if name not in equation.approximate or spec.approximate]
        known = fields_of(equation, exact)
        values = (known(points) / points.std(0)[:, None]).flatten(0, 1)
        factor = torch.linalg.cholesky(values.T @ values / len(points))
        apart = torch.linalg.inv(factor).T.contiguous()  # each kept from those before it, as learned ones are
        return FunctionField(lambda at: known(at) @ apart.to(at), 3)
    from ..factory.loading import load

    module: Any = load(spec.symmetry, registry=registry)
    field = getattr(module, "field", None)
    if field is None or field.n != 3 or not module.symmetry.c:
        raise ConfigError(f"{spec.symmetry} has learned no symmetries on (x, t, u), by which solutions could be moved")
    found: SomeFields = module.symmetry
    count = found.c if spec.count is None else spec.count
    if count > found.c:
        raise ConfigError(f"{spec.symmetry} has learned {found.c} symmetries; training.moved.count asks for {count}")
    if spec.kind == "random":
        return tabulated(SomeFields(module.random(points, spec.seed), range(count)), points, solutions)
    if count < found.c:
        if found.violation is None:
            raise ConfigError(f"{spec.symmetry} has no report, which says what the most valid of its fields are")
        valid_first = sorted(zip(found.violation, found.numbers, strict=True))
        found = SomeFields(module.field, sorted(number for _, number in valid_first[:count]))
    return tabulated(found, points, solutions)


def tabulated(field: GeneratorField, points: Tensor, solutions: SolutionsOnGrid) -> TabulatedField:
    """Fields on (x, t, u) in a table that reaches beyond the points by half of their range."""
    low, high = points.min(0).values, points.max(0).values
    beyond = _BEYOND * (high - low)
    low, high = low - beyond, high + beyond
    low[0], high[0] = float(solutions.x[0]), float(solutions.x[0]) + solutions.period
    return TabulatedField(field, low.tolist(), high.tolist(), periods={0: solutions.period})


@torch.no_grad()
def moved_or_kept(
    field: GeneratorField, coefficients: Tensor, solutions: SolutionsOnGrid, residual: Residual | None = None
) -> MovedSolutions:
    """`zoo.symmetries.solutions.move`; what is known at fewer than 60 times, or than half of them, stays as it was.

    With the residual of the equation that they solve, solutions are first known at four times as many times, by their
    rates of change: cubics alone see waves as they are that turn by much less than a half from one time to the next.
    """
    u, x, t = solutions.u, solutions.x, solutions.t
    if residual is not None:
        u = refined(u.double(), rate(residual, u, x, t), float(t[1] - t[0]), _FINER)
        t = torch.linspace(float(t[0]), float(t[-1]), u.shape[1], dtype=t.dtype)
    moved = move(field, coefficients, u, x, t)
    if residual is not None:
        moved = MovedSolutions(moved.u[:, ::_FINER], moved.known[:, ::_FINER])
    enough = moved.known.sum(1) >= min(_FEWEST, len(solutions.t) // 2)
    u = torch.where(enough[:, None, None], moved.u.to(solutions.u), solutions.u)
    return MovedSolutions(u, moved.known | ~enough[:, None])
