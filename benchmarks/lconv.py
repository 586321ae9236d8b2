"""One L-conv layer with each form of operators, forward and backward, beside a direct einsum and a 3 x 3 convolution.

784 nodes (28 x 28), 8 generators, 32 -> 32 features, batch 64. The einsum is the formula written down: L f for all
generators, then mixed. The convolution is the size of layer that an image network would have instead.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from zoo.models.lconv import Dense, LConv, LowRank, Neighbours
from zoo.symmetries.grid import Grid, lattice_edges

from .memory import peak
from .timing import Row, interleaved, show, show_columns

SIDE, COUNT, WIDTH, BATCH, RANK = 28, 8, 32, 64, 8
REPEATS = 5


class Einsum(nn.Module):
    """The formula, as it stands, with the layer's own numbers."""

    def __init__(self, layer: LConv) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, f: Tensor) -> Tensor:
        """As the layer."""
        layer = self.layer
        moved = torch.einsum("cde,bme->bcmd", layer.operators.matrices(), f)
        mixed = torch.einsum("bcmd,cnm->bnd", moved, layer.along)
        assert layer.bias is not None
        return layer.own @ f + mixed + layer.bias[:, None]


def layers() -> dict[str, nn.Module]:
    """What is measured; all of them take features `(B, 32, 784)`."""
    torch.manual_seed(0)
    d = SIDE * SIDE
    edges = lattice_edges(Grid((SIDE, SIDE)), diagonals=True)
    dense = LConv(Dense.random(COUNT, d), WIDTH, WIDTH)
    convolution = nn.Sequential(nn.Unflatten(2, (SIDE, SIDE)), nn.Conv2d(WIDTH, WIDTH, 3, padding=1), nn.Flatten(2))
    return {
        "dense": dense,
        f"low rank {RANK}": LConv(LowRank.random(COUNT, d, RANK), WIDTH, WIDTH),
        "eight neighbours": LConv(Neighbours.random(COUNT, edges, d), WIDTH, WIDTH),
        "direct einsum": Einsum(dense),
        "3 x 3 convolution": convolution,
    }


def work(layer: nn.Module) -> Callable[[], object]:
    """Forward, and backward from a given gradient of the result to the input and all parameters."""
    f, gradient = torch.randn(2, BATCH, WIDTH, SIDE * SIDE, generator=torch.Generator().manual_seed(1))
    f.requires_grad_()

    def run() -> None:
        f.grad = None
        layer.zero_grad()
        layer(f).backward(gradient)

    return run


def main() -> None:
    """Print the tables."""
    runs = {name: work(layer) for name, layer in layers().items()}
    memory = {name: peak(run) for name, run in runs.items()}  # and warms up
    seconds = interleaved(runs, REPEATS)
    low, near = f"low rank {RANK}", "eight neighbours"
    show(
        f"L-conv, forward and backward: {SIDE * SIDE} nodes, {COUNT} generators, {WIDTH} -> {WIDTH}, batch {BATCH}",
        [
            Row(name, seconds[name], other, seconds[other])
            for name, other in (
                ("dense", "direct einsum"),
                (low, "dense"),
                (low, "3 x 3 convolution"),
                (near, "dense"),
                (near, "3 x 3 convolution"),
            )
        ],
    )
    show_columns(
        "The same: images a second, and memory",
        ("layer", "images/s", "MB at most"),
        [(name, f"{BATCH / seconds[name]:.0f}", f"{memory[name]:.0f}") for name in runs],
    )


if __name__ == "__main__":
    main()
