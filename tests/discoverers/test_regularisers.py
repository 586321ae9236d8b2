"""Cosine and channel-correlation regularisers."""

from __future__ import annotations

import math

import torch

from zoo.discoverers.regularisers import channel_correlation, cosine_similarity


def test_the_identity_costs_most_and_cosines_do_not_cancel():
    x = torch.randn(50, 2, generator=torch.Generator().manual_seed(0))
    assert cosine_similarity(x, x) > 1 - 1e-6
    half = torch.cat([x[:25], -x[25:]])
    assert cosine_similarity(x, half) > 1 - 1e-6
    quarter = torch.stack([-x[:, 1], x[:, 0]], dim=1)
    assert cosine_similarity(x, quarter) < 1e-6


def test_correlation_of_channels():
    first = torch.tensor([[0.0, -1.0], [1.0, 0.0]])
    tilted = math.cos(1.0) * first + math.sin(1.0) * torch.eye(2)
    basis = torch.stack([first, 3 * tilted])
    torch.testing.assert_close(channel_correlation(basis), torch.tensor(math.cos(1.0)))
    torch.testing.assert_close(channel_correlation(basis * -2), torch.tensor(math.cos(1.0)))
    assert channel_correlation(basis[:1]) == 0
    assert channel_correlation(torch.stack([first, torch.eye(2)])) < 1e-6
