"""Solutions of KdV that are known in closed form, on a grid of their own."""

from __future__ import annotations

import torch
from torch import Tensor

from zoo.discoverers.flow import NeuralField
from zoo.symmetries.field import FunctionField

LENGTH = 32.0
X = torch.arange(128, dtype=torch.float64) * LENGTH / 128
T = torch.linspace(0, 6, 30, dtype=torch.float64)


def solitons(count: int = 4) -> Tensor:
    """Solutions of KdV, of several speeds and places."""
    speed = torch.linspace(0.4, 0.7, count, dtype=torch.float64)[:, None, None]
    place = torch.linspace(6, 20, count, dtype=torch.float64)[:, None, None]
    away = X - place - speed * T[:, None]
    away = away - LENGTH * torch.round(away / LENGTH)
    return 3 * speed / torch.cosh(speed.sqrt() / 2 * away) ** 2


class Given(NeuralField):
    """Fields that are known, in place of learned ones."""

    def __init__(self, fields: FunctionField, coordinates: tuple[str, ...] = ("x", "t", "u")) -> None:
        super().__init__(coordinates, fields.c)
        self.fields = fields

    def unit(self, points: Tensor) -> Tensor:
        return self.fields(points) / self.scale[:, None]

    def own(self, points: Tensor, size: Tensor | None = None) -> Tensor:
        values = torch.stack([self.fields(each)[..., i] for i, each in enumerate(points)])
        return values / (self.size if size is None else size)[:, None, None]


def two_symmetries_and_two_others() -> Given:
    """The boost of KdV, a shift of x, a shift of u and a stretch of x."""

    def known(p: Tensor) -> Tensor:
        zero, one = 0 * p[:, 0], 1 + 0 * p[:, 0]
        boost, shift = torch.stack([p[:, 1], zero, one], 1), torch.stack([one, zero, zero], 1)
        u, stretch = torch.stack([zero, zero, one], 1), torch.stack([p[:, 0], zero, zero], 1)
        return torch.stack([boost, shift, u, stretch], 2)

    return Given(FunctionField(known, 3))
