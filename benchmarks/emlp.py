"""The 384-channel, three-layer EMLP on the 8-dim representation of SO(2): construction, and forward passes.

Construction is cold: a new process, and nothing solved before. The reference of a forward pass with kept weights is
the same network when it projects its weights onto the solved basis in every forward pass.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from statistics import median
from typing import TYPE_CHECKING

from .timing import Row, interleaved, show

if TYPE_CHECKING:
    from zoo.models.emlp import EMLP

HIDDEN = "128x0 + 16x1 + 2x2"  # 384 channels, shared evenly between the ranks
BATCHES = (200, 32, 1)
REPEATS = 20
COLD_REPEATS = 3

COLD = """
from time import perf_counter
import zoo.models.emlp
from benchmarks.emlp import network
start = perf_counter()
network()
print(perf_counter() - start)
"""


def network() -> EMLP:
    """The network that is measured."""
    from zoo.models.emlp import EMLP
    from zoo.symmetries import LieAlgebra

    shape = {"rep_in": "5x1", "rep_out": "5x1", "input_shape": (5, 8), "output_shape": (5, 8)}
    return EMLP(LieAlgebra.so2(4), **shape, hidden=HIDDEN, layers=3)


def cold_construction() -> float:
    """Median seconds to build the network in a new process, with nothing solved before."""
    seconds = []
    for _ in range(COLD_REPEATS):
        with tempfile.TemporaryDirectory() as cache:
            environment = {**os.environ, "ZOO_CACHE": cache}
            command = [sys.executable, "-c", COLD]
            run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        seconds.append(float(run.stdout))
    return median(seconds)


def forward(batch: int) -> dict[str, float]:
    """Median seconds of a forward pass, with kept weights and projecting them anew."""
    import torch

    projecting, kept = network(), network().eval()
    kept.load_state_dict(projecting.state_dict())
    x = torch.randn(batch, 5, 8)
    with torch.no_grad():
        kept(x)  # projects, once
        return interleaved({"kept": lambda: kept(x), "projecting": lambda: projecting(x)}, REPEATS)


def main() -> None:
    """Print the table."""
    rows = [Row("construct, cold", cold_construction(), peer="54 s (emlp 1.0.3, JAX)")]
    for batch in BATCHES:
        seconds = forward(batch)
        rows.append(Row(f"forward, batch {batch}", seconds["kept"], "projecting every time", seconds["projecting"]))
    note = f"Hidden features {HIDDEN}. Measured elsewhere: one thread of a shared x86-64 machine."
    show("EMLP, 384 channels, 3 layers, so(2) on R^8", rows, note)


if __name__ == "__main__":
    main()
