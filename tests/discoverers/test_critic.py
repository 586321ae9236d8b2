"""The discriminator and its whitening."""

from __future__ import annotations

import pytest
import torch

from zoo.discoverers.critic import Critic
from zoo.errors import ConfigError


def pairs(n=4000):
    x = torch.randn(n, 3, generator=torch.Generator().manual_seed(0)) * torch.tensor([5.0, 1.0, 0.2]) + 2.0
    return torch.cat([x, -x[:, :1]], dim=1)  # the last is minus the first: a direction without any spread


def test_whitened_pairs_have_unit_covariance_where_they_vary():
    critic = Critic(4)
    critic.fit_whitening(pairs())
    covariance = torch.cov(critic.whiten(pairs()).T)
    values = torch.linalg.eigvalsh(covariance)
    torch.testing.assert_close(values[1:], torch.ones(3), rtol=1e-3, atol=1e-3)
    assert abs(values[0]) < 1e-3


def test_an_exact_relation_is_magnified_by_the_resolution():
    critic = Critic(4, resolution=1e-2)
    critic.fit_whitening(pairs())
    broken = torch.tensor([[1.0, 0.0, 0.0, 1.0]]) / 2**0.5 * 0.1
    largest = torch.linalg.eigvalsh(torch.cov(pairs().T)).max().sqrt()
    found = (critic.whiten(broken) - critic.whiten(torch.zeros(1, 4))).norm()
    torch.testing.assert_close(found, 0.1 / (1e-2 * largest), rtol=1e-3, atol=0)


def test_whitening_does_not_depend_on_the_choice_of_eigenvectors():
    first, second = Critic(3), Critic(3)
    points = torch.randn(500, 3, generator=torch.Generator().manual_seed(1))
    order = [2, 0, 1]
    first.fit_whitening(points)
    second.fit_whitening(points[:, order])
    torch.testing.assert_close(first.whitener[order][:, order], second.whitener, rtol=1e-4, atol=1e-4)


def test_one_logit_for_each_head_and_classes_are_seen():
    critic = Critic(4, heads=3, waves=8, classes=2)
    logits = [critic(torch.zeros(5, 4), torch.full((5,), label)) for label in (0, 1)]
    assert logits[0].shape == (5, 3)
    assert (logits[0] - logits[1]).abs().min() > 0
    with pytest.raises(ConfigError, match="give the label"):
        critic(torch.zeros(5, 4))


@pytest.mark.parametrize("options", [{"width": 0}, {"depth": 0}, {"resolution": 0.0}, {"classes": 1}, {"waves": -1}])
def test_options_out_of_range(options):
    with pytest.raises(ConfigError, match=next(iter(options))):
        Critic(4, **options)
