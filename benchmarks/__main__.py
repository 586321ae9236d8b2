"""Run the rooms of the benchmark that are named, or all of them.

OMP_NUM_THREADS=1 python -m benchmarks solves emlp loading
"""

from __future__ import annotations

import argparse
import importlib

ROOMS = {
    "solves": "null spaces: invariants and equivariant maps, cold",
    "emlp": "construction and forward of equivariant networks",
    "liegnn": "forward and backward of LieGNN beside an edge list: time, memory, precision",
    "lconv": "forward and backward of L-conv beside a direct einsum and a convolution: time, memory",
    "flow": "flows of learned fields beside evaluating every head on every point: time, memory, gradients",
    "fno": "a training step of FNO beside neuraloperator's own: time, memory",
    "pde": "solutions of evolution equations beside scipy Radau: time, difference",
    "moved": "solutions moved in time, by cubics and with the u_t of their equation: errors, time",
    "loading": "import, and loading of pretrained models",
}


def main() -> None:
    """Parse the names, and run each room's `main`."""
    rooms = "\n".join(f"  {name:8} {what}" for name, what in ROOMS.items())
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=f"{__doc__}\nRooms:\n{rooms}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help="default: all")
    names = parser.parse_args().rooms or list(ROOMS)
    unknown = sorted(set(names) - set(ROOMS))
    if unknown:
        parser.error(f"no such room: {', '.join(unknown)}; choose from {', '.join(ROOMS)}")
    for name in names:
        importlib.import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main()
