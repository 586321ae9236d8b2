"""LieGNN forward and backward beside the edge-list reference with the same weights: time, memory and precision.

The reference (`benchmarks/edge_list.py`) is written for this comparison: gather and scatter on all directed edges, as
LorentzNet is usually written. Both run in the same process and in turns.
Run it once more under another allocator: LD_PRELOAD=libjemalloc.so.2 python -m benchmarks liegnn
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import process_time

import torch
from torch import Tensor, nn

from zoo.models.liegnn import LieGNN
from zoo.models.liegnn.native import native
from zoo.symmetries import LieAlgebra

from .edge_list import EdgeList, concatenated, nodes
from .memory import peak
from .timing import Row, interleaved, show, show_columns

BATCH = 32
REPEATS = 3
BATCHES, SMALL_BATCH = 12, 4  # on which the precision is measured
EXACT = 1e-10  # float64, relative: another order of summation


@dataclass(frozen=True)
class Case:
    """A network and a batch of jets.

    Parameters
    ----------
    hidden, layers, moves : int
    constituents : int
    padded : bool
        Jets of n ~ U[N/2, N] constituents instead of N.
    """

    hidden: int
    layers: int
    moves: int
    constituents: int
    padded: bool

    def __str__(self) -> str:
        counts = f"U[{self.constituents // 2}, {self.constituents}]" if self.padded else str(self.constituents)
        return f"{self.hidden} hidden, {self.layers} layers, {counts} constituents"

    def network(self) -> LieGNN:
        """In training mode, always with the same weights."""
        torch.manual_seed(0)
        sizes = {"hidden": self.hidden, "layers": self.layers, "moves": self.moves}
        network = LieGNN(LieAlgebra.lorentz(), beams=True, dropout=0.0, **sizes)
        return network.train()

    def jets(self, batch: int = BATCH, seed: int = 0) -> Tensor:
        """Massless constituents `(batch, N, 4)`, zero padded."""
        generator = torch.Generator().manual_seed(seed)
        low = self.constituents // 2 if self.padded else self.constituents
        counts = torch.randint(low, self.constituents + 1, (batch, 1), generator=generator)
        counts[0] = self.constituents
        p = torch.randn(batch, self.constituents, 3, generator=generator)
        p = p * 20 * torch.rand(batch, self.constituents, 1, generator=generator)
        jets = torch.cat([p.norm(dim=-1, keepdim=True), p], dim=-1)
        return torch.where((torch.arange(self.constituents) < counts)[..., None], jets, 0.0)


CASES = [
    Case(hidden, layers, moves, constituents, padded)
    for hidden, layers, moves in ((72, 6, 5), (32, 4, 1))  # the paper's, and the registry's
    for constituents in (60, 100)
    for padded in (False, True)
]


@dataclass(frozen=True)
class Work:
    """Forward and backward, and the gradients in the names and shapes of the reference.

    Parameters
    ----------
    module : Module
    inputs : tuple of Tensor
    rename : callable
        From gradients by name to the reference's.
    """

    module: nn.Module
    inputs: tuple
    rename: Callable[[dict], dict] = dict

    def __call__(self) -> Tensor:
        self.module.zero_grad()
        output = self.module(*self.inputs)
        output.square().sum().backward()
        return output.detach()

    def gradients(self) -> Tensor:
        """All gradients of the last call in one vector, in float64."""
        found = self.rename({name: parameter.grad for name, parameter in self.module.named_parameters()})
        return torch.cat([found[name].flatten().double() for name in sorted(found)])


def works(network: LieGNN, x: Tensor) -> dict[str, Work]:
    """Here, in compiled C++ where that is possible, and in the reference, whose edges are listed beforehand."""
    found = {"here": Work(network, (x,), concatenated)}
    if native() is not None:
        found["compiled"] = Work(copy.deepcopy(network).compiled(), (x,), concatenated)
    found["reference"] = Work(EdgeList(network), nodes(x, None, network._beams))
    return found


@dataclass(frozen=True)
class Agreement:
    """How far a network and the reference compute the same, on a few small batches.

    Attributes
    ----------
    outputs, gradients : float
        Largest relative difference from the reference in float64.
    errors : dict
        By name of the work, of each batch the error of all float32 gradients against float64. Most of them are
        rounding; where some number happens to be on the other side of a kink, one is many times as large.
    """

    outputs: float
    gradients: float
    errors: dict[str, list[float]]

    def columns(self, name: str) -> tuple[str, ...]:
        """Median and largest error, and in how many batches it is less than the reference's."""
        errors = self.errors[name]
        columns = f"{median(errors):.1e}", f"{max(errors):.1e}"
        if name == "reference":
            return *columns, "", f"{self.outputs:.0e}", f"{self.gradients:.0e}"
        smaller = sum(own < other for own, other in zip(errors, self.errors["reference"], strict=True))
        return *columns, f"{smaller} of {len(errors)}"


def agreement(case: Case) -> Agreement:
    """Measure it.

    Raises
    ------
    AssertionError
        If they do not compute the same: their times would mean nothing.
    """
    found = [_agreement(case, seed) for seed in range(BATCHES)]
    outputs, gradients = (max(each[i] for each in found) for i in (0, 1))
    assert max(outputs, gradients) <= EXACT, f"they do not compute the same: {outputs}, {gradients}"
    return Agreement(outputs, gradients, {name: [each[2][name] for each in found] for name in found[0][2]})


def _agreement(case: Case, seed: int) -> tuple[float, float, dict[str, float]]:
    x = case.jets(SMALL_BATCH, seed)
    exact, single = (works(case.network().to(dtype), x.to(dtype)) for dtype in (torch.float64, torch.float32))
    outputs = {name: work() for name, work in exact.items()}
    gradients = {name: work.gradients() for name, work in exact.items()}
    expected = gradients["reference"]
    for work in single.values():
        work()
    return (
        max(_relative(each, outputs["reference"]) for each in outputs.values()),
        max(_relative(each, expected) for each in gradients.values()),
        {name: _relative(work.gradients(), expected) for name, work in single.items()},
    )


def _relative(found: Tensor, expected: Tensor) -> float:
    return float((found - expected).norm() / expected.norm())


def matmul_peak(hidden: int) -> float:
    """GFLOP/s of float32 matrix products on this machine: 2048^3, or 3600 x H by H x H, whichever is faster."""
    best = 0.0
    for m, k in ((2048, 2048), (3600, hidden)):
        a, b = torch.randn(m, k), torch.randn(k, k)
        out = a @ b
        for _ in range(10):
            start = process_time()
            for _ in range(max(1, 2048**3 // (m * k * k) // 4)):
                torch.mm(a, b, out=out)
            seconds = (process_time() - start) / max(1, 2048**3 // (m * k * k) // 4)
            best = max(best, 2 * m * k * k / seconds / 1e9)
    return best


def useful(case: Case) -> float:
    """GFLOP of a forward and backward pass that the formula needs: the H x H products of every pair, three times.

    What is computed a second time in backward, and all work that is not quadratic in the width, does not count.
    """
    counts = (case.jets() != 0).any(-1).sum(1) + 2
    pairs = float((counts * (counts - 1)).sum())
    products = case.layers + case.moves  # W2, and W_x where points move
    return 3 * products * 2 * case.hidden**2 * pairs / 1e9


def measure(case: Case) -> tuple[list[Row], list[tuple[str, ...]]]:
    """The lines of a case in both tables."""
    rows, details = [], []
    precision = agreement(case)
    both = works(case.network(), case.jets())
    for work in both.values():
        work()
    seconds = interleaved(both, REPEATS, clock=process_time)
    memory = {name: peak(work) for name, work in both.items()}
    ceiling = matmul_peak(case.hidden)
    for name in both:
        what = str(case) if name == "here" else f"  {'the edge list' if name == 'reference' else 'in compiled C++'}"
        if name != "reference":
            rows.append(Row(what, seconds[name], "edge list", seconds["reference"]))
        details.append(
            (
                what,
                f"{BATCH / seconds[name]:.1f}",
                f"{useful(case) / seconds[name] / ceiling:.0%}",
                f"{memory[name]:.0f}",
                f"1/{memory['reference'] / memory[name]:.1f}",
                *precision.columns(name),
            )
        )
    return rows, details


def main() -> None:
    """Print the tables, of each case as soon as it is measured."""
    torch.set_num_threads(1)
    allocator = os.path.basename(os.environ.get("LD_PRELOAD", "")) or "the default one"
    note = f"Batch {BATCH}, float32, one thread, median CPU time of {REPEATS} runs in turns; allocator: {allocator}."
    for number, case in enumerate(CASES):
        rows, details = measure(case)
        last = number == len(CASES) - 1
        show(f"LieGNN, forward and backward: {case}", rows, note if last else "")
        show_columns(
            "The same, in detail",
            ("work", "jets/s", "of peak", "MB", "of edge list", "error", "largest", "less", "outputs", "gradients"),
            details,
            "of peak: H x H products that the formula needs, without those that backward repeats, over the fastest "
            "matrix product here; MB: the most that tensors hold at a time; error: of all float32 gradients against "
            f"float64, the median of {BATCHES} small batches and the largest, and in how many it is less than the edge "
            "list's; outputs, gradients: largest relative difference from the edge list in float64."
            if last
            else "",
        )


if __name__ == "__main__":
    main()
