"""Scores of discovered symmetries."""

from __future__ import annotations

import math

import pytest
import torch

from zoo.actions.scores import element_error, network_scores, report_scores, symmetry_scores
from zoo.symmetries import Integer, LieAlgebra, Rep
from zoo.tasks import get_task, metrics

J = torch.tensor([[0.0, -1.0], [1.0, 0.0]], dtype=torch.float64)
TWO_BODY = get_task("two_body")
TRUE = TWO_BODY.reference()
ONE = Rep.parse("1x1", 8)


@pytest.fixture(scope="module")
def states():
    return TWO_BODY.make_discovery("test", size=50, dtype=torch.float64).x


def test_truth_of_any_sign_and_length(states):
    scores = symmetry_scores(LieAlgebra(-1.3 * TRUE.basis), TRUE, ONE, states)
    assert scores["cosine"] == pytest.approx(1, abs=1e-12) and scores["cosine_on_data"] == pytest.approx(1, abs=1e-12)
    assert scores["angle_degrees"] < 1e-6 and scores["angle_on_data_degrees"] < 1e-5
    assert scores["generators"] == 1 and scores["closure_residual"] == 0


def test_small_deviation(states):
    noise = torch.diag(torch.tensor([1.0, -1.0] * 4, dtype=torch.float64))
    scores = symmetry_scores(LieAlgebra(TRUE.basis + 0.02 * noise), TRUE, ONE, states)
    assert scores["angle_degrees"] == pytest.approx(math.degrees(math.atan(0.02)), rel=1e-6)
    assert scores["cosine"] == pytest.approx(1 / math.sqrt(1 + 0.02**2))


def test_generators_that_move_the_data_alike(states):
    """Rotating with the other body's coordinates is another matrix, but q2 = -q1 makes it the same motion."""
    a = 0.68 * J
    zero = torch.zeros(2, 2, dtype=torch.float64)
    other = torch.cat([
        torch.cat([-a, zero, a, zero], 1), torch.cat([zero, -a, zero, a], 1),
        torch.cat([a, zero, -a, zero], 1), torch.cat([zero, a, zero, -a], 1),
    ])  # fmt: skip
    scores = symmetry_scores(LieAlgebra(other[None]), TRUE, ONE, states)
    assert scores["cosine"] == pytest.approx(1 / math.sqrt(2))
    assert scores["cosine_on_data"] == pytest.approx(1, abs=1e-12)


def test_motions_on_data_against_the_direct_formula(states):
    found = LieAlgebra(torch.randn(1, 8, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64))
    scores = symmetry_scores(found, TRUE, ONE, states)
    a, b = states @ found.basis[0].T, states @ TRUE.basis[0].T
    assert scores["cosine_on_data"] == pytest.approx(abs((a * b).sum() / a.norm() / b.norm()).item(), rel=1e-9)


def test_wrong_number_of_generators_or_none_that_moves(states):
    more = LieAlgebra(torch.cat([TRUE.basis, torch.eye(8, dtype=torch.float64)[None]]))
    scores = symmetry_scores(more, TRUE, ONE, states)
    assert scores["generators"] == 2 and scores["angle_degrees"] == 90 and "cosine" not in scores
    scores = symmetry_scores(LieAlgebra(torch.zeros(1, 8, 8)), TRUE, ONE, states)
    assert scores["angle_on_data_degrees"] == 90


def test_several_generators():
    task = get_task("inertia")
    x = task.make("test", size=30, dtype=torch.float64).x
    mixed = LieAlgebra(
        torch.einsum(
            "ab,bij->aij", torch.tensor([[1.0, 2, 0], [0, 1, 3], [2, 0, 1.0]]).double(), task.reference().basis
        )
    )
    scores = symmetry_scores(mixed, task.reference(), Rep.parse(task.rep_in, 3), x)
    assert scores["angle_degrees"] < 1e-5 and scores["angle_on_data_degrees"] < 1e-5
    assert scores["closure_residual"] < 1e-12
    tilted = task.reference().basis.clone()
    tilted[0] += 0.1 * torch.diag(torch.tensor([1.0, -1.0, 0.0]))
    scores = symmetry_scores(LieAlgebra(tilted), task.reference(), Rep.parse(task.rep_in, 3), x)
    assert scores["angle_degrees"] == pytest.approx(math.degrees(math.atan(0.1)), rel=1e-6)


@pytest.mark.parametrize(("power", "degrees"), [(1, 0.5), (3, -0.9), (-2, 0.0), (10, 0.2)])
def test_element_of_c7(power, degrees):
    task = get_task("c7")
    angle = 2 * math.pi / 7 * power + math.radians(degrees)
    generator = torch.zeros(1, 3, 3, dtype=torch.float64)
    generator[0, 0, 1], generator[0, 1, 0] = -angle, angle
    found = LieAlgebra(generator, Integer(-10, 10))
    error, j = element_error(found, task.reference())
    assert error == pytest.approx(abs(degrees), abs=1e-6) and (j - power) % 7 == 0
    scores = symmetry_scores(found, task.reference(), Rep.parse("1x1", 3), torch.randn(5, 3))
    assert scores["element_degrees"] == error and scores["element_power"] == j and "cosine" not in scores


def test_the_identity_is_no_discovery():
    error, _ = element_error(LieAlgebra(torch.zeros(1, 3, 3), Integer()), get_task("c7").reference())
    assert error == pytest.approx(360 / 7)


def test_tilted_axis_counts():
    reference = get_task("c7").reference()
    tilt = torch.linalg.matrix_exp(math.radians(5) * get_task("inertia").reference().basis[0])
    error, _ = element_error(LieAlgebra(tilt @ reference.basis @ tilt.T, Integer()), reference)
    assert error == pytest.approx(
        math.degrees(2 * math.asin(2 * math.sin(math.pi / 7) * math.sin(math.radians(2.5)))), rel=0.02
    )


def test_plain_numbers_of_a_report():
    report = {"span_agreement": 0.99, "seeds": 3, "name": "x", "worst": float("nan"), "list": [1], "found": True}
    assert report_scores(report) == {"report_span_agreement": 0.99, "report_seeds": 3.0, "report_found": 1.0}


def test_averaging_makes_a_network_nearly_equivariant():
    from zoo.models.mlp import MLP

    torch.manual_seed(0)
    task = get_task("c7")
    network = MLP(
        task.reference(), rep_in="1x1", rep_out="1x0", input_shape=(3,), output_shape=(), hidden=(16,)
    )  # fmt: skip
    x, y = task.make("test", size=200)
    plain = network_scores(network, metrics.regression, x, y)
    both = network_scores(network, metrics.regression, x, y, averaged=8, symmetry=task.reference())
    assert both["mse"] == plain["mse"] and "mse_averaged" not in plain
    assert both["mse_averaged"] != both["mse"] and both["mse_averaged"] > 0


LORENTZ = LieAlgebra.lorentz()
MOMENTA = torch.randn(40, 2, 4, generator=torch.Generator().manual_seed(5), dtype=torch.float64)


def test_the_metric_of_an_algebra_that_leaves_one_alone():
    rep = Rep.parse("2x1", 4)
    exact = symmetry_scores(LORENTZ, LORENTZ, rep, MOMENTA)
    assert exact["metric_cosine"] == pytest.approx(1, abs=1e-12) and "channels" not in exact
    # J = diag(-1, 1, 1, 1 + e) is kept by the same generators in stretched coordinates
    stretch = torch.diag(torch.tensor([1.0, 1.0, 1.0, 1.1]))
    skewed = symmetry_scores(LORENTZ.conjugated(stretch), LORENTZ, rep, MOMENTA)
    last = 1.1**-2
    assert skewed["metric_cosine"] == pytest.approx((3 + last) / 2 / math.sqrt(3 + last**2))
    turns = symmetry_scores(LieAlgebra(LORENTZ.basis[3:]), LORENTZ, rep, MOMENTA)
    assert turns["generators"] == 3 and turns["angle_degrees"] == 90


def test_no_metric_cosine_where_a_definite_form_or_several_are_left_alone(states):
    assert "metric_cosine" not in symmetry_scores(TRUE, TRUE, ONE, states)
    task = get_task("inertia")
    x = task.make("test", size=10, dtype=torch.float64).x
    assert "metric_cosine" not in symmetry_scores(task.reference(), task.reference(), Rep.parse(task.rep_in, 3), x)


def test_all_channels_beside_the_part_that_is_the_symmetry():
    extra = torch.eye(4, dtype=torch.float64)
    extra[3, 3] = 1.1
    channels = LieAlgebra(torch.cat([LORENTZ.basis, extra[None]]))
    scores = symmetry_scores(LORENTZ, LORENTZ, Rep.parse("2x1", 4), MOMENTA, channels)
    assert scores["generators"] == 6 and scores["channels"] == 7
    assert scores["closure_residual"] < 1e-12 < 0.01 < scores["channels_closure_residual"]
    # the seventh direction of the span is diag(1, 1, 1, 1.1)
    assert scores["scaling_degrees"] == pytest.approx(math.degrees(math.acos(4.1 / 2 / math.sqrt(3 + 1.21))))
    assert scores["metric_cosine"] < 1 - 1e-7
