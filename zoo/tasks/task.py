"""`Task`: what a problem consists of, whatever its data look like."""

from __future__ import annotations

import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import ConfigError, DataError
from ..symmetries import LieAlgebra
from .arrays import as_numbers
from .metrics import Metric
from .samples import Arrays, Signature, Split
from .stream import Piece, Stream

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, eq=False, repr=False)
class Task(ABC):
    """A problem: data by seed, data from the user's files, a metric and the true symmetry.

    Attributes
    ----------
    name, summary : str
    k : int
        Dimension of the space that the symmetry acts on.
    prediction : Signature
        Of the supervised problem; also read as `rep_in`, `rep_out`, `input_shape`, `output_shape`.
    discovery : Signature
        Of the pairs in which a discoverer looks for the symmetry.
    splits : mapping
        Default size and seed of "train", "validation" and "test".
    columns : tuple of str
        Names of the `k` coordinates (trajectories), or of every number of a sample (pairs).
    reference : callable
        The true symmetry, a `LieAlgebra` on R^k.
    metric : callable
        ``metric(prediction, target) -> dict[str, float]``, `main_metric` among them.
    main_metric : str
        The one by which networks are compared.
    higher_is_better : bool
        Whether the best network has the largest `main_metric`.
    decides : bool
        Whether predictions are logits `(B,)` of a yes or no.
    classes : tuple of str
        Names of the classes, where predictions are logits `(B, classes)` and targets the numbers of classes `(B,)`.
    item : str
        What one input is called in what is printed and written.
    measured_in : torch.dtype
        Precision of the test data; what is large and was measured coarsely needs no float64.
    """

    name: str
    summary: str
    k: int
    prediction: Signature
    discovery: Signature
    splits: Mapping[str, Split]
    columns: tuple[str, ...]
    reference: Callable[[], LieAlgebra]
    metric: Metric
    main_metric: str = field(default="mse", kw_only=True)
    higher_is_better: bool = field(default=False, kw_only=True)
    decides: bool = field(default=False, kw_only=True)
    classes: tuple[str, ...] = field(default=(), kw_only=True)
    item: str = field(default="input", kw_only=True)
    measured_in: torch.dtype = field(default=torch.float64, kw_only=True)

    def __repr__(self) -> str:
        signature = self.prediction
        return (
            f"Task({self.name!r}: {self.summary}; {signature.input_shape} as {signature.rep_in} -> "
            f"{signature.output_shape} as {signature.rep_out}, k = {self.k})"
        )

    @property
    def rep_in(self) -> str:
        """Representation of the input, for instance "5x1"."""
        return self.prediction.rep_in

    @property
    def rep_out(self) -> str:
        """Representation of the output."""
        return self.prediction.rep_out

    @property
    def best(self) -> str:
        """The main metric as `Schedule.best` has it: "min mse"."""
        return f"{'max' if self.higher_is_better else 'min'} {self.main_metric}"

    @property
    def input_shape(self) -> tuple[Any, ...]:
        """Shape of one input, without the batch; None for any length."""
        return self.prediction.input_shape

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Shape of one output, without the batch."""
        return self.prediction.output_shape

    @property
    def options(self) -> tuple[str, ...]:
        """Names of the further options of `make`."""
        return ()

    @property
    def shifts(self) -> Mapping[str, Mapping[str, Any]]:
        """Test data of another hand or other conditions: by label, options of `make` with the largest size."""
        return {}

    def make(
        self,
        split: str = "train",
        *,
        size: int | None = None,
        seed: int | None = None,
        dtype: torch.dtype = torch.float32,
        **options: Any,
    ) -> Arrays:
        """The data of a split: solved in float64, handed out in `dtype`.

        The same numbers come out whatever the number of threads, and a smaller `size` gives the first items of
        a larger one.

        Parameters
        ----------
        split : {"train", "validation", "test"}
        size : int, optional
            Number of orbits (of samples where the task has no orbits).
        seed : int, optional
            Two splits with the same seed are still independent of each other.
        dtype : torch.dtype
        **options
            Those that `options` names; the task's class says what they mean.

        Raises
        ------
        ConfigError
            If the split, the size, the seed or an option is unknown or out of range.
        """
        return self._prediction_arrays(*self._request(split, size, seed, options), **options).to(dtype)

    def make_discovery(
        self,
        split: str = "train",
        *,
        size: int | None = None,
        seed: int | None = None,
        dtype: torch.dtype = torch.float32,
        **options: Any,
    ) -> Arrays:
        """Pairs in which a symmetry is looked for (`discovery` says their shapes); arguments as in `make`."""
        return self._discovery_arrays(*self._request(split, size, seed, options), **options).to(dtype)

    def located(self, data: Any) -> dict[str, Any] | None:
        """Options of `make` that take its splits from the data set at the path `data`.

        None where the file holds samples of the user's own, and of tasks that make their data themselves.
        """
        return None

    def check_source(self, split: str, options: Mapping[str, Any]) -> None:
        """Raise `DataError` where `options` of `make` name other data than those whose hash they record."""
        return None

    @abstractmethod
    def read(self, path: str | Path, *, dtype: torch.dtype = torch.float32) -> Arrays:
        """Inputs and targets from the user's .npz, .npy, .csv or .h5 file.

        Raises
        ------
        DataError
            If the file is missing, empty or damaged, or its arrays have the wrong shape or dtype, NaN or infinities.
        """

    @abstractmethod
    def read_discovery(self, path: str | Path, *, dtype: torch.dtype = torch.float32) -> Arrays:
        """Pairs for a discoverer from the user's file; errors as in `read`."""

    @abstractmethod
    def read_inputs(self, path: str | Path, *, dtype: torch.dtype = torch.float32) -> Tensor:
        """Inputs alone, where there is nothing to compare a prediction with; errors as in `read`."""

    def stream(self, path: str | Path, *, dtype: torch.dtype = torch.float32, **reading: Any) -> Stream:
        """The user's file piece by piece, with targets where it holds them; by default it is one piece.

        A task whose files may be larger than the memory overrides this, and says which options of `reading` it takes.

        Raises
        ------
        DataError
            As in `read`; here, or when the damaged part is reached.
        ConfigError
            If there is no such option.
        """
        if reading:
            raise ConfigError(f"files of the task {self.name} are read without options, got {', '.join(reading)}")
        piece = self._piece(path, dtype)
        return Stream([piece], len(piece), whole=True)

    def _piece(self, path: str | Path, dtype: torch.dtype) -> Piece:
        try:
            return Piece(*self.read(path, dtype=dtype))
        except DataError as with_targets:
            try:
                return Piece(self.read_inputs(path, dtype=dtype))
            except DataError:
                raise with_targets from None

    @abstractmethod
    def write(
        self, path: str | Path, split: str = "test", *, size: int | None = None, seed: int | None = None, **options: Any
    ) -> int:
        """Write a split in float64 to a .npz, .csv or .h5 file that `read` reads; returns the number of items.

        Raises
        ------
        DataError
            If the file cannot be written.
        ConfigError
            As in `make`.
        """

    def check(self, x: Any, y: Any, *, dtype: torch.dtype = torch.float32) -> Arrays:
        """The user's arrays or tensors as inputs and targets; errors as in `read`."""
        return self._pairs(x, y, self.prediction, dtype)

    def check_discovery(self, x: Any, y: Any, *, dtype: torch.dtype = torch.float32) -> Arrays:
        """The user's arrays or tensors as pairs for a discoverer; errors as in `read`."""
        return self._pairs(x, y, self.discovery, dtype)

    @abstractmethod
    def _prediction_arrays(self, split: str, size: int, seed: int, **options: Any) -> Arrays:
        """Float64 data of a checked request."""

    @abstractmethod
    def _discovery_arrays(self, split: str, size: int, seed: int, **options: Any) -> Arrays:
        """Float64 pairs of a checked request."""

    def _inputs(self, x: Any, dtype: torch.dtype, source: str) -> Tensor:
        return as_numbers(x, f"{source}, x", (None, *self.input_shape), dtype)

    def _pairs(self, x: Any, y: Any, signature: Signature, dtype: torch.dtype, source: str = "") -> Arrays:
        source = source or f"the data of the task {self.name}"
        return Arrays(
            as_numbers(x, f"{source}, x", (None, *signature.input_shape), dtype),
            as_numbers(y, f"{source}, y", (None, *signature.output_shape), dtype),
        )

    def _request(self, split: str, size: int | None, seed: int | None, options: dict) -> tuple[str, int, int]:
        if split not in self.splits:
            raise ConfigError(f"the task {self.name} has no split {split!r}: choose one of {', '.join(self.splits)}")
        default = self.splits[split]
        size, seed = default.size if size is None else size, default.seed if seed is None else seed
        for label, value, least in (("size", size, 1), ("seed", seed, 0)):
            if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
                raise ConfigError(f"{label} of the task {self.name} must be an integer from {least} on, got {value!r}")
        for option in options:
            if option not in self.options:
                allowed = ", ".join(["size", "seed", "dtype", *self.options])
                raise ConfigError(f"the task {self.name} has no option {option!r}: the options are {allowed}")
        return split, int(size), int(seed)


def random_stream(task: str, split: str, seed: int) -> np.random.Generator:
    """Random numbers that belong to one task, split and seed alone."""
    return np.random.default_rng([zlib.crc32(f"{task}/{split}".encode()), seed])
