"""What holds for every task."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import numpy as np
import pytest
import torch

from zoo.errors import ConfigError, DataError
from zoo.symmetries import Rep
from zoo.tasks import TASKS, get_task
from zoo.tasks.samples import Arrays

SMALL = {"size": 12}
# jets take a generator, solutions a solver, images files, functions on a grid many shapes: see folders of these names
ELSEWHERE = {"toptag", "mnist", "cifar10", "pairs_on_grid", "pde"}


@pytest.fixture(params=sorted(TASKS.keys() - ELSEWHERE))
def task(request):
    return get_task(request.param)


def test_shapes_and_representations_agree(task):
    for signature, arrays in (
        (task.prediction, task.make("train", **SMALL)),
        (task.discovery, task.make_discovery("train", **SMALL)),
    ):
        assert arrays.x.shape[1:] == signature.input_shape
        assert arrays.y.shape[1:] == signature.output_shape
        assert len(arrays) == len(arrays.x) >= 12
        assert Rep.parse(signature.rep_in, task.k).dim == arrays.x[0].numel()
        assert Rep.parse(signature.rep_out, task.k).dim == arrays.y[0].numel()
    assert task.reference().k == task.k


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_same_seed_same_numbers_and_prefix(task, split):
    whole = task.make(split, size=9, seed=5, dtype=torch.float64)
    again = task.make(split, size=9, seed=5, dtype=torch.float64)
    part = task.make(split, size=4, seed=5, dtype=torch.float64)
    assert torch.equal(whole.x, again.x) and torch.equal(whole.y, again.y)
    assert torch.equal(part.x, whole.x[: len(part)]) and torch.equal(part.y, whole.y[: len(part)])


def test_splits_and_seeds_are_independent(task):
    first = [task.make(split, size=3, seed=7).x for split in ("train", "validation", "test")]
    first.append(task.make("train", size=3, seed=8).x)
    for i, a in enumerate(first):
        for b in first[:i]:
            assert not torch.isclose(a[:1], b, rtol=1e-5).flatten(1).all(1).any()


def test_defaults_are_those_of_the_split(task):
    split = task.splits["validation"]
    explicit = task.make("validation", size=split.size, seed=split.seed)
    assert torch.equal(task.make("validation").x, explicit.x)
    assert len({split.seed for split in task.splits.values()}) == 3


def test_dtype(task):
    single, double = task.make("test", **SMALL), task.make("test", dtype=torch.float64, **SMALL)
    assert single.x.dtype == single.y.dtype == torch.float32
    assert double.x.dtype == torch.float64
    assert torch.equal(single.x, double.x.float())


def test_reference_is_a_symmetry_of_the_data(task):
    """Transformed inputs have transformed targets: solve or evaluate again from the transformed inputs."""
    algebra = task.reference()
    g = algebra.exp(algebra.coefficients.sample(1, algebra.c, torch.Generator().manual_seed(1)))[0]
    arrays = task.make_discovery("train", dtype=torch.float64, **SMALL)
    moved_x = Rep.parse(task.discovery.rep_in, task.k).act(g, arrays.x)
    moved_y = Rep.parse(task.discovery.rep_out, task.k).act(g, arrays.y)
    torch.testing.assert_close(_next(task, moved_x), moved_y, rtol=1e-9, atol=1e-9)


def _next(task, x):
    if task.name == "c7":
        from zoo.tasks.c7 import target

        return torch.from_numpy(target(x.numpy()))
    if task.name == "inertia":
        from zoo.tasks.inertia import moment_of_inertia

        return torch.from_numpy(moment_of_inertia(x[:, :5].numpy(), x[:, 5:].reshape(-1, 5, 3).numpy()))
    solver = next(iter(task.solvers.values()))
    return torch.from_numpy(solver(x.numpy(), task.times[:2])[:, 1])


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("tests",), {}, "no split 'tests': choose one of train, validation, test"),
        (("train",), {"size": 0}, "size .* must be an integer from 1 on, got 0"),
        (("train",), {"size": 2.5}, "got 2.5"),
        (("train",), {"size": True}, "got True"),
        (("train",), {"seed": -1}, "seed .* must be an integer from 0 on, got -1"),
        (("train",), {"solver": "rk4"}, "no option 'solver': the options are size, seed, dtype"),
    ],
)
def test_bad_requests(task, arguments, options, message):
    with pytest.raises(ConfigError, match=message):
        task.make(*arguments, **options)
    with pytest.raises(ConfigError, match=message):
        task.make_discovery(*arguments, **options)


def test_bad_options_of_trajectories():
    task = get_task("two_body")
    with pytest.raises(ConfigError, match="integrator of the task two_body is one of kepler, scipy, got 'euler'"):
        task.make("train", integrator="euler")
    for step in (0, -1.0, float("inf"), "0.1", True):
        with pytest.raises(ConfigError, match="time_step of the task two_body must be a positive number"):
            task.make("train", time_step=step)


def test_unknown_task_suggests_the_nearest():
    with pytest.raises(ConfigError, match="did you mean 'two_body'"):
        get_task("twobody")
    with pytest.raises(ConfigError, match=r"the tasks are two_body, three_body, c7, .*cifar10, pairs_on_grid, pde$"):
        get_task("zzzz")


def test_what_a_task_is_judged_by(task):
    assert task.best == "min mse" and not task.decides
    x, y = task.make("test", size=3)
    assert task.main_metric in task.metric(y, y)
    for options in task.shifts.values():
        assert len(task.make("test", **{**options, "size": 3})) == len(x)


def test_task_is_frozen_and_readable(task):
    with pytest.raises(dataclasses.FrozenInstanceError):
        task.name = "other"
    assert task.name in repr(task) and f"k = {task.k}" in repr(task)


def test_importing_the_tasks_does_not_import_torch():
    code = "import sys, zoo.tasks; assert 'torch' not in sys.modules and zoo.tasks.TASKS"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_numbers_do_not_depend_on_threads(task):
    before = torch.get_num_threads()
    made = []
    for threads in (1, 4):
        torch.set_num_threads(threads)
        made.append(task.make("test", size=3000 if task.name in ("c7", "inertia") else 300, dtype=torch.float64))
    torch.set_num_threads(before)
    assert torch.equal(made[0].x, made[1].x) and torch.equal(made[0].y, made[1].y)


def test_arrays():
    arrays = Arrays(torch.arange(6.0).reshape(3, 2), torch.arange(3.0))
    x, y = arrays
    assert x is arrays.x and y is arrays.y and len(arrays) == 3
    assert torch.equal(arrays[1:].y, torch.tensor([1.0, 2.0]))
    assert arrays.to(torch.float64).x.dtype == torch.float64
    assert repr(arrays) == "Arrays(x: (3, 2), y: (3,), torch.float32)"
    with pytest.raises(DataError, match="3 inputs but 2 targets"):
        Arrays(torch.zeros(3, 2), torch.zeros(2))


def test_check_takes_what_users_have(task):
    wanted = task.make("train", size=3)
    for convert in (np.asarray, torch.Tensor.tolist, torch.clone):
        got = task.check(convert(wanted.x), convert(wanted.y))
        assert torch.equal(got.x, wanted.x) and torch.equal(got.y, wanted.y)
    with pytest.raises(DataError, match=rf"{task.name}, x: the shape is \(3,\), expected"):
        task.check(np.zeros(3), wanted.y)
    with pytest.raises(DataError, match="inputs but"):
        task.check(wanted.x, wanted.y[:-1])
