"""Evolution equations in one dimension: go on with a solution (Ko, Kim, Lee 2024; Brandstetter et al. 2022).

Inputs are the first 20 times `u (B, 20, nx)` of a solution, targets the times that follow `(B, 120, nx)`. What is
measured is a rollout: a network that predicts 20 times is fed its own predictions.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ...errors import ConfigError, DataError
from ...symmetries import LieAlgebra
from ..arrays import as_numbers
from ..samples import Arrays, Signature, Split
from ..task import Task, random_stream
from .equations import EQUATIONS, get_equation
from .files import GROUPS, read_solutions, write_solutions
from .frames import from_moving_frames
from .metrics import rollout
from .production import BLOCK, solutions

SEEN = 20  # times that a prediction starts from
NX = 256


@dataclass(frozen=True, eq=False, repr=False)
class EvolutionEquation(Task):
    """Options of `make`: `equation`, "kdv", "ks", "burgers", "nkdv" or "ckdv"; `every`, 2 for every second node of the
    256; `frames`, the most by which a solution is boosted, in units of its own size; `workers`, processes that solve.

    Solutions that were made once are kept, in the folder that the environment variable ZOO_CACHE names, or in
    ~/.cache/zoo.
    """

    @property
    def options(self) -> tuple[str, ...]:
        """`equation`; `every`, the distance of nodes; `frames`, the most of a boost; `workers`, processes."""
        return ("equation", "every", "frames", "workers")

    @property
    def shifts(self) -> Mapping[str, Mapping[str, Any]]:
        """The same solutions, each from a frame that moves by itself."""
        return {"moving": {"frames": 1.0}}

    def read(self, path: str | Path, *, dtype: torch.dtype = torch.float32) -> Arrays:
        """Solutions of an HDF5 file of one split, whose layout `zoo.tasks.pde.files` describes."""
        return self._windows(read_solutions(path).u, str(path)).to(dtype)

    def read_discovery(self, path: str | Path, *, dtype: torch.dtype = torch.float32) -> Arrays:
        """As `read`."""
        return self.read(path, dtype=dtype)

    def read_inputs(self, path: str | Path, *, dtype: torch.dtype = torch.float32) -> Tensor:
        """The first times of the solutions of a file."""
        return self._inputs(read_solutions(path).u[:, :SEEN], dtype, str(path))

    def write(
        self, path: str | Path, split: str = "test", *, size: int | None = None, seed: int | None = None, **options: Any
    ) -> int:
        """Write whole solutions to an HDF5 file; arguments as in `make`."""
        request = self._request(split, size, seed, options)
        equation = get_equation(options.get("equation", "kdv"))
        u = _solved(*request, **options)
        x = equation.length / u.shape[2] * torch.arange(u.shape[2], dtype=torch.float64)
        write_solutions(path, split, _blocks(u), len(u), x, equation.times)
        return len(u)

    def check(self, x: Any, y: Any, *, dtype: torch.dtype = torch.float32) -> Arrays:
        """The user's solutions: the first times, and those that follow, as many as there are."""
        source = f"the data of the task {self.name}"
        inputs = as_numbers(x, f"{source}, x", (None, SEEN, None), dtype)
        targets = as_numbers(y, f"{source}, y", (None, None, inputs.shape[2]), dtype)
        return Arrays(inputs, targets)

    def check_discovery(self, x: Any, y: Any, *, dtype: torch.dtype = torch.float32) -> Arrays:
        """As `check`."""
        return self.check(x, y, dtype=dtype)

    def _inputs(self, x: Any, dtype: torch.dtype, source: str) -> Tensor:
        return as_numbers(x, f"{source}, x", (None, SEEN, None), dtype)

    def _prediction_arrays(self, split: str, size: int, seed: int, **options: Any) -> Arrays:
        return self._windows(_solved(split, size, seed, **options), self.name)

    def _discovery_arrays(self, split: str, size: int, seed: int, **options: Any) -> Arrays:
        return self._prediction_arrays(split, size, seed, **options)

    @staticmethod
    def _windows(u: Tensor, source: str) -> Arrays:
        if u.shape[1] <= SEEN:
            raise DataError(f"{source}: solutions need more than {SEEN} times, got {u.shape[1]}")
        return Arrays(u[:, :SEEN], u[:, SEEN:])


def _solved(
    split: str,
    size: int,
    seed: int,
    equation: str = "kdv",
    every: int = 1,
    frames: float = 0.0,
    workers: int | None = None,
) -> Tensor:
    if split not in GROUPS:
        raise ConfigError(f"solutions have the splits {', '.join(GROUPS)}, not {split!r}")
    if isinstance(every, bool) or not isinstance(every, int) or every < 1 or NX % (2 * every):
        raise ConfigError(f"every, the distance of nodes, leaves an even number of {NX} (1, 2, 4, ...), got {every!r}")
    if isinstance(frames, bool) or not isinstance(frames, int | float) or not 0 <= frames < math.inf:
        raise ConfigError(f"frames, the most by which a solution is boosted, is a number from 0 on, got {frames!r}")
    u = solutions(equation, split, size, seed, NX, workers=workers)
    if frames:
        amounts = random_stream("pde, frames", split, seed).uniform(-frames, frames, size)
        u = from_moving_frames(u, get_equation(equation), torch.from_numpy(amounts))
    return u[:, :, ::every]


def _blocks(u: Tensor) -> Iterator[Tensor]:
    return iter(u.split(BLOCK))


def _reference() -> LieAlgebra:
    """d_x, d_t and t d_x + d_u of KdV, KS and Burgers, on (x, t, u, 1)."""
    basis = torch.zeros(3, 4, 4, dtype=torch.float64)
    basis[0, 0, 3] = basis[1, 1, 3] = basis[2, 0, 1] = basis[2, 2, 3] = 1
    return LieAlgebra(basis)


_KEPT = EQUATIONS["kdv"].kept
_SIGNATURE = Signature(f"{SEEN * NX}x0", f"{(_KEPT - SEEN) * NX}x0", (SEEN, NX), (_KEPT - SEEN, NX))

TASK = EvolutionEquation(
    name="pde",
    summary="going on with solutions of KdV, Kuramoto-Sivashinsky, Burgers, nKdV and cKdV",
    k=4,
    prediction=_SIGNATURE,
    discovery=_SIGNATURE,
    splits={"train": Split(512, 0), "validation": Split(128, 1), "test": Split(512, 2)},
    columns=(),
    reference=_reference,
    metric=rollout,
    main_metric="nmse",
    item="solution",
)
