"""Errors of predictions."""

from __future__ import annotations

import pytest
import torch

from zoo.errors import DataError
from zoo.tasks import metrics


def test_values():
    target = torch.tensor([[3.0, 4.0], [0.0, 0.0]])
    result = metrics.regression(target + 1, target)
    assert result == {"mse": pytest.approx(1.0), "relative_error": pytest.approx(2 / 5)}


def test_steps_average_to_the_whole():
    target = torch.randn(7, 5, 8, generator=torch.Generator().manual_seed(0))
    prediction = target + 1e-3 * torch.arange(1.0, 6.0)[:, None]
    result = metrics.forecast(prediction, target)
    steps = [result[f"mse_step_{i}"] for i in range(1, 6)]
    assert steps == sorted(steps) and steps[0] == pytest.approx(1e-6, rel=1e-3)
    assert sum(steps) / 5 == pytest.approx(result["mse"])


def test_computed_in_float64():
    target = torch.full((1000,), 1e3)
    assert metrics.regression(target * (1 + 1e-6), target)["mse"] == pytest.approx(1e-6, rel=0.1)


def test_nothing_is_broadcast():
    with pytest.raises(DataError, match=r"shape \(4, 1\) cannot be compared with a target of shape \(4,\)"):
        metrics.regression(torch.zeros(4, 1), torch.zeros(4))
    with pytest.raises(DataError, match="no sample"):
        metrics.regression(torch.zeros(0, 3), torch.zeros(0, 3))


def test_a_target_of_zeros_has_no_relative_error_but_no_crash():
    assert metrics.regression(torch.zeros(3), torch.zeros(3)) == {"mse": 0.0, "relative_error": 0.0}


def test_classification():
    logits = torch.tensor([[2.0, 0.0, 0.0], [0.0, 1.0, 3.0], [0.0, 5.0, 0.0], [1.0, 0.0, 0.0]])
    labels = torch.tensor([0, 2, 1, 2])
    result = metrics.classification(logits, labels)
    expected = -logits.double().log_softmax(1)[torch.arange(4), labels].mean().item()
    assert result == {"accuracy": 0.75, "cross_entropy": pytest.approx(expected, rel=1e-12)}
    assert metrics.classification(logits, labels.to(torch.uint8)) == result


@pytest.mark.parametrize(
    ("logits", "labels", "message"),
    [
        (torch.zeros(3, 4), torch.zeros(2, dtype=torch.int64), r"got \(3, 4\) and \(2,\)"),
        (torch.zeros(3), torch.zeros(3, dtype=torch.int64), "at least one"),
        (torch.zeros(0, 4), torch.zeros(0, dtype=torch.int64), "at least one"),
        (torch.full((2, 4), torch.nan), torch.zeros(2, dtype=torch.int64), "2 of 2 predictions are not finite"),
        (torch.zeros(2, 4), torch.tensor([0, 4]), "integers from 0 to 3"),
        (torch.zeros(2, 4), torch.tensor([0.0, 1.0]), "integers from 0 to 3"),
    ],
)
def test_classification_refuses(logits, labels, message):
    with pytest.raises(DataError, match=message):
        metrics.classification(logits, labels)
