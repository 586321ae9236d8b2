"""Tasks whose data are trajectories: forecasting from a window of past steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import ConfigError, DataError
from .arrays import Content, read_file, trajectories, write_arrays
from .samples import Arrays
from .task import Task

Solver = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False, repr=False)
class TrajectoryTask(Task):
    """Forecast `output_shape[0]` steps of an orbit from the `input_shape[0]` steps before them.

    Attributes
    ----------
    times : ndarray
        When an orbit is recorded, from 0 on.
    initial : callable
        ``initial(split, size, seed)``: states `(size, k)` at time 0.
    solvers : mapping
        Integrators by name, the default first: ``solver(states (N, k), times (T,)) -> (N, T, k)``, all in float64.
    """

    times: np.ndarray
    initial: Callable[[str, int, int], np.ndarray]
    solvers: Mapping[str, Solver]

    @property
    def options(self) -> tuple[str, ...]:
        """`integrator`: name of the solver that makes the orbits; `time_step`: time between two recorded steps."""
        return ("integrator", "time_step")

    @property
    def shifts(self) -> Mapping[str, Mapping[str, Any]]:
        """Orbits of an integrator that nobody here wrote; a few, for it takes milliseconds each."""
        return {"scipy": {"integrator": "scipy", "size": 100}} if "scipy" in self.solvers else {}

    def trajectories(
        self, split: str = "train", *, size: int | None = None, seed: int | None = None, **options: Any
    ) -> Tensor:
        """Whole orbits `(size, T, k)` in float64; arguments as in `make`."""
        return self._trajectories(*self._request(split, size, seed, options), **options)

    def write(
        self, path: str | Path, split: str = "test", *, size: int | None = None, seed: int | None = None, **options: Any
    ) -> int:
        """Write whole orbits as `trajectories` (.csv: a row each step); arguments as in `make`."""
        orbits = self.trajectories(split, size=size, seed=seed, **options).numpy()
        number, step = (index.reshape(-1, 1) for index in np.indices(orbits.shape[:2]))
        rows = np.concatenate([number, step, orbits.reshape(-1, self.k)], axis=1)
        write_arrays(path, {"trajectories": orbits}, (("orbit", "step", *self.columns), rows))
        return len(orbits)

    def read(self, path: str | Path, *, dtype: torch.dtype = torch.float32) -> Arrays:
        """All windows of the user's trajectories, or the user's own windows `x`, `y`; see `zoo.tasks.arrays`."""
        content = read_file(path)
        if "x" in content.arrays:
            return self._pairs(*_own_windows(content), self.prediction, dtype, content.source)
        return self._windows(content, *self._steps, dtype)

    def read_discovery(self, path: str | Path, *, dtype: torch.dtype = torch.float32) -> Arrays:
        """Every step of the user's trajectories with the step after it, or the user's own pairs `x`, `y`."""
        content = read_file(path)
        if "x" in content.arrays:
            return self._pairs(*_own_windows(content), self.discovery, dtype, content.source)
        return _single(self._windows(content, 1, 1, dtype))

    def read_inputs(self, path: str | Path, *, dtype: torch.dtype = torch.float32) -> Tensor:
        """The last steps of each of the user's trajectories (what is to be continued), or the user's own `x`."""
        content = read_file(path)
        if "x" in content.arrays:
            return self._inputs(content.arrays["x"], dtype, content.source)
        steps = self.input_shape[0]
        orbits = trajectories(content, self.columns, dtype)
        _require_steps(orbits, steps, content.source)
        return torch.stack([orbit[-steps:] for orbit in orbits])

    @property
    def _steps(self) -> tuple[int, int]:
        return self.input_shape[0], self.output_shape[0]

    def _trajectories(
        self, split: str, size: int, seed: int, integrator: str | None = None, time_step: float | None = None
    ) -> Tensor:
        integrator = next(iter(self.solvers)) if integrator is None else integrator
        if integrator not in self.solvers:
            allowed = ", ".join(self.solvers)
            raise ConfigError(f"integrator of the task {self.name} is one of {allowed}, got {integrator!r}")
        times = self.times
        if time_step is not None:
            if isinstance(time_step, bool) or not isinstance(time_step, (int, float)) or not 0 < time_step < np.inf:
                raise ConfigError(f"time_step of the task {self.name} must be a positive number, got {time_step!r}")
            times = time_step * np.arange(len(times))
        return torch.from_numpy(self.solvers[integrator](self.initial(split, size, seed), times))

    def _prediction_arrays(self, split: str, size: int, seed: int, **options: Any) -> Arrays:
        return windows(self._trajectories(split, size, seed, **options), *self._steps)

    def _discovery_arrays(self, split: str, size: int, seed: int, **options: Any) -> Arrays:
        return _single(windows(self._trajectories(split, size, seed, **options), 1, 1))

    def _windows(self, content: Content, past: int, future: int, dtype: torch.dtype) -> Arrays:
        orbits = trajectories(content, self.columns, dtype)
        _require_steps(orbits, past + future, content.source)
        pieces = [windows(orbit[None], past, future) for orbit in orbits]
        return Arrays(torch.cat([piece.x for piece in pieces]), torch.cat([piece.y for piece in pieces]))


def windows(trajectories: Tensor, past: int, future: int) -> Arrays:
    """Every window of consecutive steps, orbit after orbit.

    An orbit of T steps has T - past - future + 1 windows. (The loader published with LieGAN stops one short and
    never uses the last one.)

    Parameters
    ----------
    trajectories : Tensor
        `(N, T, k)`.
    past, future : int
        Steps in the input, steps in the target.

    Returns
    -------
    Arrays
        x `(N W, past, k)` and y `(N W, future, k)`, W windows an orbit.
    """
    _, _, k = trajectories.shape
    stacked = trajectories.unfold(1, past + future, 1).transpose(2, 3).reshape(-1, past + future, k)
    return Arrays(stacked[:, :past].contiguous(), stacked[:, past:].contiguous())


def _single(pairs: Arrays) -> Arrays:
    """Windows of one step in and one step out, without the axis of steps."""
    return Arrays(pairs.x[:, 0], pairs.y[:, 0])


def _own_windows(content: Content) -> tuple[np.ndarray, np.ndarray]:
    return content.arrays["x"], content.array("y", 'windows "x" and "y", or "trajectories"')


def _require_steps(orbits: Sequence[Tensor], steps: int, source: str) -> None:
    for number, orbit in enumerate(orbits):
        if len(orbit) < steps:
            raise DataError(
                f"{source}: trajectory number {number} (counted from 0) has {len(orbit)} steps, but at least {steps} "
                "are needed: give longer trajectories, or leave this one out"
            )
