"""Fully connected layers, the common part of the networks without built-in symmetry."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import nn

ACTIVATIONS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "swish": nn.SiLU, "tanh": nn.Tanh}


def perceptron(widths: Sequence[int], activation: str, normalise: bool = False) -> nn.Sequential:
    """Linear layers between successive widths, with an activation (one of `ACTIVATIONS`) after each.

    With batch normalisation before the activations if asked for.
    """
    layers: list[nn.Module] = []
    for into, out in pairwise(widths):
        layers.append(nn.Linear(into, out, bias=not normalise))
        layers += [nn.BatchNorm1d(out)] if normalise else []
        layers.append(ACTIVATIONS[activation]())
    return nn.Sequential(*layers)
