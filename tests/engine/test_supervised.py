"""The optimiser of `zoo.engine.Supervised`."""

from __future__ import annotations

import torch
from torch import nn

from zoo.engine.supervised import adamw


class Waves(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.phases = nn.Parameter(torch.randn(3, dtype=torch.complex64))
        self.heights = nn.Parameter(torch.randn(3))

    def loss(self) -> torch.Tensor:
        return (self.heights * (self.phases - (1 + 2j)).abs()).square().sum()


def test_real_parameters_are_fused_beside_complex_ones() -> None:
    network = Waves()
    groups = adamw(list(network.parameters())).param_groups
    assert {bool(group["fused"]): group["params"] for group in groups} == {
        True: [network.heights],
        False: [network.phases],
    }


def test_steps_are_those_of_plain_adamw() -> None:
    ours, plain = Waves(), Waves()
    settings = {"lr": 0.1, "weight_decay": 0.1, "betas": (0.8, 0.95)}
    pairs = [
        (ours, adamw(list(ours.parameters()), **settings)),
        (plain, torch.optim.AdamW(plain.parameters(), **settings)),
    ]
    for network, optimizer in pairs:
        for _ in range(5):
            optimizer.zero_grad()
            network.loss().backward()
            optimizer.step()
    torch.testing.assert_close(ours.heights, plain.heights)
    torch.testing.assert_close(ours.phases, plain.phases)
