"""Learning rates in closed form, and refusals."""

from __future__ import annotations

import math

import pytest

from zoo.engine import Schedule
from zoo.errors import ConfigError


def test_constant_and_warm_up():
    schedule = Schedule(10, 32, decay="constant", warmup=2)
    assert [schedule.factor(step, 5) for step in range(12)] == [*(i / 10 for i in range(1, 11)), 1.0, 1.0]


def test_cosine_falls_from_one_to_the_floor():
    schedule = Schedule(10, 32, decay="cosine", floor=0.1)
    factors = [schedule.factor(step, 7) for step in range(71)]
    assert factors[0] == 1.0
    assert factors[35] == pytest.approx(0.55)
    assert factors[70] == pytest.approx(0.1)
    assert factors == sorted(factors, reverse=True)


def test_steps_fall_at_the_milestones():
    schedule = Schedule(10, 32, decay="step", milestones=(2, 5), gamma=0.5)
    by_epoch = [schedule.factor(4 * epoch, 4) for epoch in range(10)]
    assert by_epoch == [1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.25]


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": 0},
        {"batch_size": 0},
        {"seed": -1},
        {"decay": "linear"},
        {"warmup": 11},
        {"floor": 2},
        {"milestones": (5, 2)},
        {"average": 1.0},
        {"validate_every": 0},
        {"checkpoint_steps": -1},
        {"best": "mse"},
        {"best": "least mse"},
    ],
)
def test_refuses_and_names_the_field(wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        Schedule(**{"epochs": 10, "batch_size": 32, **wrong})


def test_best():
    lowest, highest = Schedule(1, 1, best="min mse"), Schedule(1, 1, best="max accuracy")
    assert lowest.improves({"mse": 2.0}, None) == 2.0
    assert lowest.improves({"mse": math.nan}, None) is None
    assert lowest.improves({"mse": 2.0}, 1.0) is None
    assert lowest.improves({"mse": 0.5}, 1.0) == 0.5
    assert highest.improves({"accuracy": 0.5}, 0.7) is None
    assert highest.improves({"accuracy": 0.8}, 0.7) == 0.8
    with pytest.raises(ConfigError, match="accuracy"):
        lowest.improves({"accuracy": 1.0}, None)


def test_identity_leaves_out_what_does_not_matter():
    plain, kept = Schedule(2, 4), Schedule(2, 4, checkpoint_steps=3, checkpoint_seconds=None, cuda_graph=True)
    assert plain.identity() == kept.identity()
    assert Schedule(3, 4).identity() != plain.identity()
