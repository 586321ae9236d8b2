"""Flows of ten learned fields on a 32 x 32 grid, forward and backward, beside evaluating every head on every point.

The reference integrates each field's own points as well, but asks all heads for their values there and keeps one of
them; steps are equal. Gradients of both are compared. What all heads cost depends on the trunk below them: networks
are of the paper's size for images, whose products a trunk of 256 dominates, and of that of flow-cifar10.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import torch
from torch import Tensor

from zoo.discoverers.flow import NeuralField, own_flows

from .memory import peak
from .timing import Row, interleaved, show, show_columns

COUNT, SIDE, STEP, TIME = 10, 32, 0.02, 0.2
REPEATS = 3
TRUNKS = {"the paper's size": (256, 256), "the size of flow-cifar10": (64, 64)}
HEAD = 32


class EveryHead(NeuralField):
    """All heads at all points, of which each point keeps one."""

    def own(self, points: Tensor, size: Tensor | None = None) -> Tensor:
        """As `NeuralField.own`."""
        count, places, n = points.shape
        values = self.unit(points.flatten(0, 1)).view(count, places, n, count)
        mine = torch.stack([values[i, :, :, i] for i in range(count)])
        return mine / (self.size if size is None else size)[:, None, None] * self.scale


def fields(trunk: tuple[int, ...]) -> dict[str, NeuralField]:
    """Both, with the same numbers."""
    made: dict[str, NeuralField] = {}
    for name, kind in (("own heads", NeuralField), ("every head", EveryHead)):
        torch.manual_seed(0)
        made[name] = kind(("x", "y"), COUNT, trunk=trunk, head=HEAD)
    return made


def work(field: NeuralField, adjoint: bool) -> Callable[[], list[Tensor]]:
    """Forward and backward of the flows to one time; gives the gradients."""
    axis = torch.linspace(-1, 1, SIDE)
    points = torch.cartesian_prod(axis, axis)

    def run() -> list[Tensor]:
        field.zero_grad()
        end = own_flows(field, points, torch.tensor([TIME]), step=STEP, size=field.norms(points), adjoint=adjoint)
        end.square().mean().backward()
        return [parameter.grad for parameter in field.parameters() if parameter.grad is not None]

    return run


def main() -> None:
    """Print the tables."""
    ways = ((False, "back through the steps"), (True, "adjoint"))
    for (size, trunk), (adjoint, way) in product(TRUNKS.items(), ways):
        runs = {name: work(field, adjoint) for name, field in fields(trunk).items()}
        seconds = interleaved(runs, REPEATS)
        show(
            f"{COUNT} fields of {size}, {SIDE} x {SIDE} points, {round(TIME / STEP)} steps of rk4, {way}",
            [Row("own heads, one batched product", seconds["own heads"], "every head", seconds["every head"])],
        )
        ours, theirs = (run() for run in runs.values())
        off = max(float((a - b).norm() / b.norm()) for a, b in zip(ours, theirs, strict=True))
        memory = [f"{peak(run):.0f}" for run in runs.values()]
        show_columns("MB, and gradients", ["", *runs, "gradients apart"], [[way, *memory, f"{off:.1e}"]])


if __name__ == "__main__":
    main()
