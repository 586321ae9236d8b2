"""Tasks whose data are independent samples: a regression."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import DataError
from .arrays import pairs, read_file, write_arrays
from .samples import Arrays
from .task import Task, random_stream

Draw = Callable[[int, np.random.Generator], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, eq=False, repr=False)
class PairTask(Task):
    """Predict y from x, one sample at a time; a symmetry is looked for in the same pairs.

    Attributes
    ----------
    draw : callable
        ``draw(size, random numbers) -> x, y`` in float64.
    """

    draw: Draw

    def read(self, path: str | Path, *, dtype: torch.dtype = torch.float32) -> Arrays:
        """The user's samples; `zoo.tasks.arrays` says which forms of file are read."""
        content = read_file(path)
        x, y = pairs(content, self.columns, self.input_shape, self.output_shape)
        if y is None:
            raise DataError(f"{content.source}: there are inputs but no targets; expected both")
        return self._pairs(x, y, self.prediction, dtype, content.source)

    def read_discovery(self, path: str | Path, *, dtype: torch.dtype = torch.float32) -> Arrays:
        """The same samples as `read`."""
        return self.read(path, dtype=dtype)

    def read_inputs(self, path: str | Path, *, dtype: torch.dtype = torch.float32) -> Tensor:
        """The user's inputs; targets in the file are left alone."""
        content = read_file(path)
        x, _ = pairs(content, self.columns, self.input_shape, self.output_shape)
        return self._inputs(x, dtype, content.source)

    def write(
        self, path: str | Path, split: str = "test", *, size: int | None = None, seed: int | None = None, **options: Any
    ) -> int:
        """Write samples `x` and `y` (.csv: a row each); arguments as in `make`."""
        x, y = (tensor.numpy() for tensor in self.make(split, size=size, seed=seed, dtype=torch.float64, **options))
        rows = np.concatenate([x.reshape(len(x), -1), y.reshape(len(y), -1)], axis=1)
        write_arrays(path, {"x": x, "y": y}, (self.columns, rows))
        return len(x)

    def _prediction_arrays(self, split: str, size: int, seed: int, **options: Any) -> Arrays:
        x, y = self.draw(size, random_stream(self.name, split, seed))
        return Arrays(torch.from_numpy(x), torch.from_numpy(y))

    def _discovery_arrays(self, split: str, size: int, seed: int, **options: Any) -> Arrays:
        return self._prediction_arrays(split, size, seed, **options)
