"""What a tagger is judged by."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from zoo.errors import DataError
from zoo.tasks.toptag.metrics import auroc, rejection, tagging


@given(
    signal=st.lists(st.integers(-3, 3), min_size=1, max_size=30),
    background=st.lists(st.integers(-3, 3), min_size=1, max_size=30),
)
def test_auroc_counts_pairs(signal, background):
    first, second = torch.tensor(signal).double(), torch.tensor(background).double()
    wins = (first[:, None] > second).double() + 0.5 * (first[:, None] == second).double()
    assert auroc(first, second) == pytest.approx(wins.mean().item(), abs=1e-12)


def test_auroc_agrees_with_scikit_learn():
    scores = pytest.importorskip("sklearn.metrics")
    generator = torch.Generator().manual_seed(0)
    labels = (torch.rand(5000, generator=generator) < 0.4).float()
    logits = (labels + torch.randn(5000, generator=generator)).round(decimals=1)
    assert tagging(logits, labels)["auroc"] == pytest.approx(scores.roc_auc_score(labels, logits), abs=1e-12)


def test_rejection_is_one_over_the_background_that_passes():
    signal, background = torch.arange(1.0, 11.0), torch.arange(0.0, 10.0, 0.1)
    value, error = rejection(signal, background, 0.5)  # the cut is at 6: of 100 background jets 40 pass
    assert value == pytest.approx(2.5) and error == pytest.approx(2.5 * math.sqrt(0.6 / 40))
    assert rejection(signal, background, 0.3)[0] == pytest.approx(5)  # at 8


def test_the_error_is_the_spread_of_repeated_counts():
    generator = torch.Generator().manual_seed(1)
    signal = torch.randn(20_000, generator=generator, dtype=torch.float64) + 1.5
    found = [rejection(signal, torch.randn(4000, generator=generator, dtype=torch.float64), 0.3) for _ in range(300)]
    values, errors = (torch.tensor(column) for column in zip(*found, strict=True))
    assert values.std().item() == pytest.approx(errors.mean().item(), rel=0.15)


def test_background_that_never_passes_gives_a_bound():
    assert rejection(torch.ones(10), torch.zeros(50), 0.5) == (50.0, 50.0)


def test_values():
    found = tagging(torch.tensor([2.0, -1.0, 1.0, -3.0]), torch.tensor([1.0, 1.0, 0.0, 0.0]))
    assert found["accuracy"] == 0.5 and found["auroc"] == 0.75
    logistic = [math.log1p(math.exp(-2)), math.log1p(math.exp(1)), math.log1p(math.exp(1)), math.log1p(math.exp(-3))]
    assert found["bce"] == pytest.approx(sum(logistic) / 4)
    assert set(found) == {
        "accuracy", "auroc", "bce", "rejection_30", "rejection_30_error", "rejection_50", "rejection_50_error",
    }  # fmt: skip
    assert all(math.isfinite(value) for value in found.values())


def test_one_class_alone_has_an_accuracy():
    assert set(tagging(torch.ones(3), torch.ones(3))) == {"accuracy", "bce"}


@pytest.mark.parametrize(
    ("logits", "labels", "message"),
    [
        (torch.zeros(3), torch.zeros(2), "one logit for each jet"),
        (torch.zeros(3, 1), torch.zeros(3, 1), "one logit for each jet"),
        (torch.zeros(0), torch.zeros(0), "one logit for each jet"),
        (torch.tensor([float("nan"), 0.0]), torch.zeros(2), "1 of 2 logits"),
        (torch.zeros(2), torch.tensor([0.0, 2.0]), "labels must be 1"),
    ],
)
def test_what_cannot_be_scored(logits, labels, message):
    with pytest.raises(DataError, match=message):
        tagging(logits, labels)
