"""The fixed input of the probe."""

from __future__ import annotations

import torch

import zoo
from zoo.factory.probing import probe, sample_input


def test_the_input_is_fixed_for_all_time(toy) -> None:
    x = sample_input(toy.Toy(None), samples=1)
    sixteenth_bits = [i * 2654435761 % 2**32 // 2**16 for i in range(1, 7)]
    assert x.flatten().tolist() == [3**0.5 * (2 * bits / 2**16 - 1) for bits in sixteenth_bits]
    assert abs(float(x[0, 0]) - 0.408857) < 1e-6


def test_it_is_spread_evenly(toy) -> None:
    x = sample_input(toy.Toy(None, copies=20), samples=500)
    assert x.shape == (500, 60) and x.unique().numel() > 20_000
    assert abs(x.mean()) < 0.01 and abs(x.std() - 1) < 0.01 and x.abs().max() < 1.74


def test_it_has_the_shape_of_the_config() -> None:
    module = zoo.build("mlp", None, rep_in="4x1", rep_out="1x0", input_shape=[2, 6], output_shape=[], k=3)
    assert sample_input(module).shape == (2, 2, 6)
    assert len(probe(module)["values"]) == 2


def test_what_cannot_be_tried_has_none(toy) -> None:
    assert probe(toy.ToyFinder()) is None
    module = toy.Toy(None)
    with torch.no_grad():
        module.head.bias.fill_(float("inf"))
    assert probe(module) is None
