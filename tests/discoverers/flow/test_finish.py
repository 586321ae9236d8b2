"""The last layers of fields on solutions, solved for."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import zoo
from zoo.actions.solution_fields import SolutionsOnGrid, solution_problem
from zoo.discoverers.flow import Flow
from zoo.errors import ConfigError
from zoo.tasks.pde import EQUATIONS, initial_conditions, solve

KDV = EQUATIONS["kdv"]


@pytest.fixture(scope="module")
def solutions() -> SolutionsOnGrid:
    import numpy as np

    u = solve(KDV, initial_conditions(KDV, np.random.default_rng(0), 12, 128)).u
    return SolutionsOnGrid(u.float(), KDV.length / 128 * torch.arange(128, dtype=torch.float64), KDV.times)


@pytest.mark.parametrize("deaf", [0, 3])
def test_symmetries_are_found_in_hidden_units_that_can_hold_them(solutions: SolutionsOnGrid, deaf: int) -> None:
    """Nothing is trained: units at random are nearly enough to write shifts and a boost with, even one head."""
    problem = solution_problem(solutions, KDV.residual)
    score = problem.of(solutions.u, finish=True)
    torch.manual_seed(0)
    module: Flow = zoo.build("flow", None, **{**problem.building, "count": 4, "trunk": [64], "head": 64})
    module.field.place(score.points(solutions.u).float())
    with torch.no_grad():
        module.field.first[:deaf] = 0  # units that are the same everywhere
    points = score.points(solutions.u).double()
    scale = points.std(0)[:, None]
    true = (torch.stack([KDV.field(name)(points)[..., 0] for name in ("x", "t", "boost")], 2) / scale).flatten(0, 1)

    def values() -> torch.Tensor:
        with torch.no_grad():
            return (module.field(points) / scale).flatten(0, 1)

    def share(span: torch.Tensor, of: torch.Tensor) -> torch.Tensor:
        left = of - span @ torch.linalg.lstsq(span, of).solution
        return 1 - left.square().sum(0) / of.square().sum(0)

    assert share(true, values()).min() < 0.9
    score.finished(module.field, solutions.u)
    module.field.normalise(score.points(solutions.u).float())
    found = values()
    products = found.T @ found / len(points)
    torch.testing.assert_close(products, torch.eye(4).double(), atol=0.03, rtol=0)
    assert share(found[:, :3], true).min() > 0.995 and share(true, found)[:3].min() > 0.995
    assert share(true, found)[3] < 0.01


def test_heads_must_hold_as_many_fields(solutions: SolutionsOnGrid) -> None:
    problem = solution_problem(solutions, KDV.residual)
    score = problem.of(solutions.u, finish=True)
    module: Flow = zoo.build("flow", None, **{**problem.building, "count": 7, "trunk": [8], "head": 1})
    with pytest.raises(ConfigError, match="hold 6 at right angles"):
        score.finished(module.field, solutions.u)


def test_recipes_ask_for_it(solutions: SolutionsOnGrid) -> None:
    from zoo.actions.fields import trained_fields
    from zoo.engine import Schedule

    def violation(residual: object = KDV.residual, **options: object) -> torch.Tensor:
        problem = solution_problem(solutions, residual)  # type: ignore[arg-type]
        torch.manual_seed(0)
        module: Flow = zoo.build("flow", None, **{**problem.building, "count": 3, "trunk": [32], "head": 16})
        plan = Schedule(epochs=1, batch_size=10, seed=0)
        trained_fields(module, problem, solutions.u[:10], solutions.u[10:], options, plan, progress=False)
        return torch.tensor(module.report["violation"])

    plain, finished = violation(), violation(finish=True)
    assert finished.max() < 0.3 * plain.min()
    with pytest.raises(ConfigError, match="linear in it"):
        violation(lambda u, u_t, u_x, u_xxx: (u_t + u * u_x + u_xxx) ** 3, finish=True)


def test_it_is_for_solutions(tmp_path: Path) -> None:
    images, network = (
        torch.rand(12, 1, 8, 8),
        zoo.build("cnn", None, input_shape=[1, 8, 8], output_shape=[2], hidden=[2]),
    )
    with pytest.raises(ConfigError, match="finish: no option for such data"):
        zoo.discover("flow", images, score=network, finish=True, epochs=1)
