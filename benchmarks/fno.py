"""A training step of zoo's FNO beside one of neuraloperator's own network of the same size, and the memory of both."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import torch
from torch import nn

import zoo

from .memory import peak
from .timing import Row, interleaved, show, show_columns

TIMES, NODES, BATCH = 20, 256, 16
MODES, WIDTH, LAYERS = 32, 48, 4
REPEATS = 15


def networks() -> dict[str, Callable[[torch.Tensor], torch.Tensor]]:
    """Both, of the same size."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of optional packages that neuraloperator looks for
        from neuralop.models import FNO

        ours: nn.Module = zoo.build(
            "fno",
            None,
            input_shape=(TIMES, NODES),
            output_shape=(TIMES, NODES),
            modes=MODES,
            width=WIDTH,
            layers=LAYERS,
        )
        theirs = FNO(
            n_modes=(2 * MODES,),
            in_channels=TIMES,
            out_channels=TIMES,
            hidden_channels=WIDTH,
            n_layers=LAYERS,
            positional_embedding=None,
        )
    return {"zoo": ours, "neuraloperator": theirs}


def step(network: nn.Module) -> Callable[[], None]:
    """One of AdamW."""
    optimizer = torch.optim.AdamW(network.parameters(), 1e-3)
    u = torch.randn(BATCH, TIMES, NODES)

    def run() -> None:
        optimizer.zero_grad()
        network(u).square().mean().backward()
        optimizer.step()

    return run


def main() -> None:
    """Print the tables."""
    runs = {name: step(network) for name, network in networks().items()}
    interleaved(runs, 2)
    seconds = interleaved(runs, REPEATS)
    show(
        f"FNO of width {WIDTH}, {MODES} modes, {LAYERS} layers on {BATCH} x {TIMES} x {NODES}: a step of AdamW",
        [Row("zoo", seconds["zoo"], "neuraloperator", seconds["neuraloperator"])],
    )
    show_columns("MB", ["", *runs], [["peak", *(f"{peak(run):.0f}" for run in runs.values())]])


if __name__ == "__main__":
    main()
