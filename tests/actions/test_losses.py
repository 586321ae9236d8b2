"""The losses that recipes name."""

from __future__ import annotations

from typing import get_args

import pytest
import torch

from zoo.actions.recipe import Recipe
from zoo.actions.supervision import LOSSES, loss_of
from zoo.errors import ConfigError


def test_recipes_name_those_that_there_are() -> None:
    assert set(get_args(Recipe.model_fields["loss"].annotation)) == set(LOSSES)


def test_the_relative_error_counts_small_and_large_targets_alike() -> None:
    generator = torch.Generator().manual_seed(0)
    y = torch.randn(2, 5, 16, generator=generator)
    error = torch.randn(2, 5, 16, generator=generator)
    loss = loss_of("relative")
    expected = sum(float(error[k].norm() / y[k].norm()) for k in range(2)) / 2
    assert float(loss(y + error, y)) == pytest.approx(expected, rel=1e-5)
    small = torch.tensor([1.0, 1e-3])[:, None, None]
    assert float(loss(small * (y + error), small * y)) == pytest.approx(expected, rel=1e-5)


def test_the_relative_error_is_neuraloperators() -> None:
    losses = pytest.importorskip("neuralop.losses")
    y, prediction = torch.randn(2, 3, 5, 16, generator=torch.Generator().manual_seed(0))
    theirs = losses.LpLoss(d=2, p=2, reduction="mean").rel(prediction, y)
    torch.testing.assert_close(loss_of("relative")(prediction, y), theirs.squeeze())


def test_the_relative_error_has_gradients_everywhere() -> None:
    y = torch.zeros(2, 3)
    y[1] = 1
    prediction = y.clone().requires_grad_()
    loss_of("relative")(prediction, y).backward()
    assert prediction.grad is not None and bool(torch.isfinite(prediction.grad).all())


def test_labels_of_numbers_are_not_smoothed() -> None:
    with pytest.raises(ConfigError, match="smoothed with the loss cross_entropy alone, not with relative"):
        loss_of("relative", 0.1)
