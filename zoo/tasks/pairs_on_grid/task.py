"""Pairs (x, g x) of functions on a grid, each moved by its own small amount that nobody is told.

Inputs and targets `(B, n)` are signals on a ring, shifted by up to so many nodes either way, or images `(B, H, W)`,
rotated by up to so many degrees, and shifted as well where that is asked for. What is looked for is the generator L of
g = exp(theta L), a d x d matrix on the d values (L-conv, arXiv 2109.07103, appendix C), or the Lie algebra of all g in
the coordinates.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...errors import ConfigError, DataError
from ...symmetries import Grid, LieAlgebra
from ...symmetries.permutation import permutation
from .. import metrics
from ..arrays import as_numbers, read_file, write_arrays
from ..samples import Arrays, Signature, Split
from ..task import Task, random_stream
from .moving import algebra, resampled, rigid, rotations, shifts
from .natural import data_set, natural_images

DATA = ("band_limited", "bilinear", "images")
MOTIONS = {1: ("shift",), 2: ("rotation", "rigid")}  # by the number of coordinates; the first is the default
LARGEST = {1: 0.5, 2: 3.0}  # nodes of a shift, degrees of a rotation


@dataclass(frozen=True)
class Request:
    """The options of `make`, checked.

    Attributes
    ----------
    shape : tuple of int
        `(n,)`: shifts of a signal on a ring of n nodes. `(H, W)`: rotations of an image, which is zero outside.
    data : {"band_limited", "bilinear", "images"}
        White noise moved by Shannon-Whittaker interpolation; the same by (bi)linear interpolation, as torch's
        `grid_sample` does it; natural images moved by Shannon-Whittaker interpolation.
    largest : float
        Amounts are uniform between -largest and largest: nodes of a shift, degrees of a rotation.
    motion : {"shift", "rotation", "rigid"}
        Signals are shifted. Images are rotated about their middle, which is the default, or rotated and then shifted.
    shift : float
        Of rigid motions: nodes by which they shift at most, either way, along x and y each.
    scrambled : int or None
        Seed of a permutation of the nodes, see `zoo.symmetries.permutation`.
    images : str or None
        Path of MNIST or CIFAR-10, by default in the folder that ZOO_DATA names.
    noise : float
        Standard deviation of white noise that is added to natural images before they are moved.
    sha256 : str or None
        Of the natural images, see `Images.sha256`.
    """

    shape: tuple[int, ...] = (7, 7)
    data: str = "band_limited"
    largest: float = 0.0
    scrambled: int | None = None
    images: str | None = None
    noise: float = 0.0
    sha256: str | None = None
    motion: str = ""
    shift: float = 1.0

    def __post_init__(self) -> None:
        shape = (self.shape,) if isinstance(self.shape, int) else tuple(self.shape)
        if len(shape) not in LARGEST or not all(isinstance(size, int) and size > 1 for size in shape):
            raise ConfigError(f"shape is (n,) of a signal or (H, W) of an image, got {self.shape!r}")
        if self.data not in DATA:
            raise ConfigError(f"data is one of {', '.join(DATA)}, got {self.data!r}; natural images lie at images=PATH")
        if self.data == "images" and len(shape) == 1:
            raise ConfigError("natural images need a shape (H, W)")
        object.__setattr__(self, "shape", shape)
        largest = float(self.largest or LARGEST[len(shape)])
        if not 0 < largest < math.inf or self.noise < 0:
            raise ConfigError(f"largest is positive and noise not negative, got {self.largest!r} and {self.noise!r}")
        object.__setattr__(self, "largest", largest)
        motion = self.motion or MOTIONS[len(shape)][0]
        if motion not in MOTIONS[len(shape)]:
            known = " or ".join(MOTIONS[len(shape)])
            raise ConfigError(f"motion of functions of the shape {shape} is {known}, got {self.motion!r}")
        if not 0 <= self.shift < math.inf:
            raise ConfigError(f"shift is a number of nodes and not negative, got {self.shift!r}")
        object.__setattr__(self, "motion", motion)

    @property
    def grid(self) -> Grid:
        """A ring, or the square of an image."""
        return Grid(self.shape, periodic=len(self.shape) == 1)

    @property
    def order(self) -> Tensor:
        """The permutation of the nodes."""
        d = self.grid.d
        return torch.arange(d) if self.scrambled is None else permutation(self.scrambled, d)


@dataclass(frozen=True, eq=False, repr=False)
class PairsOnGrid(Task):
    """Functions on a grid before and after they are moved; options of `make` are those of `Request`."""

    @property
    def options(self) -> tuple[str, ...]:
        """Fields of `Request`."""
        return tuple(each.name for each in dataclasses.fields(Request))

    @property
    def others(self) -> Mapping[str, Mapping[str, Any]]:
        """By label, options of other pairs that a method is tried on: otherwise interpolated, natural, scrambled."""
        return {"bilinear": {"data": "bilinear"}, "images": {"data": "images"}, "scrambled": {"scrambled": 1}}

    def truth(self, **options: Any) -> Tensor:
        """The true generator of the pairs, `(d, d)` float64; of linear interpolation `Grid.bilinear_generator`.

        Raises
        ------
        ConfigError
            If there is more than one.
        """
        request = self.request(**options)
        if request.motion == "rigid":
            raise ConfigError("rigid motions have three generators, on the coordinates: see true_algebra")
        grid, order = request.grid, request.order
        make = grid.bilinear_generator if request.data == "bilinear" else grid.generators
        return make(algebra(request.motion))[0][order][:, order]

    def true_algebra(self, **options: Any) -> LieAlgebra:
        """The Lie algebra of the motions on the coordinates (x, 1) or (x, y, 1).

        Raises
        ------
        ConfigError
            If the nodes are scrambled, so that they have no coordinates.
        """
        request = self.request(**options)
        if request.scrambled is not None:
            raise ConfigError("scrambled nodes have no coordinates to act on; leave scrambled out")
        return algebra(request.motion)

    def order(self, **options: Any) -> Tensor:
        """The permutation `(d,)` of the nodes."""
        return self.request(**options).order

    def request(self, **options: Any) -> Request:
        """Options of `make`, checked; size and seed are left aside."""
        return Request(**{key: value for key, value in options.items() if key in self.options})

    def located(self, data: Any) -> dict[str, Any] | None:
        """The option `images`, where a data set of images is at that path."""
        try:
            data_set(data)
        except DataError:
            return None
        return {"images": str(data)}

    def check_source(self, split: str, options: Mapping[str, Any]) -> None:
        """Raise `DataError` where the natural images have another hash than `options` say."""
        if options.get("sha256") is not None:
            path = options.get("images")
            data_set(path).check_source(split, {"data": path, "sha256": options["sha256"]})

    def read(self, path: str | Path, *, dtype: torch.dtype = torch.float32) -> Arrays:
        """Arrays "x" and "y" `(N, n)`, `(N, H, W)` or `(N, C, H, W)` of a .npz or .h5 file."""
        content = read_file(path)
        purpose = '"x" and "y" of one shape: (N, n), (N, H, W) or (N, C, H, W)'
        x, y = (content.array(name, purpose) for name in "xy")
        return self._functions(x, y, dtype, content.source)

    def read_discovery(self, path: str | Path, *, dtype: torch.dtype = torch.float32) -> Arrays:
        """The same as `read`."""
        return self.read(path, dtype=dtype)

    def read_inputs(self, path: str | Path, *, dtype: torch.dtype = torch.float32) -> Tensor:
        """The array "x" alone."""
        content = read_file(path)
        return as_numbers(content.array("x", 'functions "x"'), f"{content.source}, x", None, dtype)

    def write(
        self, path: str | Path, split: str = "test", *, size: int | None = None, seed: int | None = None, **options: Any
    ) -> int:
        """Write x and y to a .npz or .h5 file; arguments as in `make`."""
        if Path(path).suffix.lower() == ".csv":
            raise DataError(f"{path}: functions on a grid are not written as tables; the name must end on .npz or .h5")
        x, y = (tensor.numpy() for tensor in self.make(split, size=size, seed=seed, dtype=torch.float64, **options))
        write_arrays(path, {"x": x, "y": y}, ((), y))
        return len(x)

    def check(self, x: Any, y: Any, *, dtype: torch.dtype = torch.float32) -> Arrays:
        """The user's functions before and after, of any of the shapes of `read`."""
        return self._functions(x, y, dtype, f"the data of the task {self.name}")

    def check_discovery(self, x: Any, y: Any, *, dtype: torch.dtype = torch.float32) -> Arrays:
        """The same as `check`."""
        return self.check(x, y, dtype=dtype)

    def _functions(self, x: Any, y: Any, dtype: torch.dtype, source: str) -> Arrays:
        before = as_numbers(x, f"{source}, x", None, dtype)
        after = as_numbers(y, f"{source}, y", None, dtype)
        if before.shape != after.shape or before.ndim not in (2, 3, 4):
            raise DataError(
                f"{source}: x and y have one shape, (N, n), (N, H, W) or (N, C, H, W); got {tuple(before.shape)} and "
                f"{tuple(after.shape)}"
            )
        return Arrays(before, after)

    def _prediction_arrays(self, split: str, size: int, seed: int, **options: Any) -> Arrays:
        request = Request(**options)
        grid, order = request.grid, request.order
        x = self._before(request, split, size, seed)
        places = self._places(request, split, size, seed)
        y = resampled(grid, x, places, "linear" if request.data == "bilinear" else "shannon")
        return Arrays(*(values.flatten(1)[:, order].reshape(values.shape) for values in (x, y)))

    def _places(self, request: Request, split: str, size: int, seed: int) -> Tensor:
        amounts = torch.from_numpy(self._stream("amounts", split, seed).uniform(-1, 1, size)) * request.largest
        if request.motion == "shift":
            return shifts(request.grid, amounts)
        if request.motion == "rotation":
            return rotations(request.grid, torch.deg2rad(amounts))
        apart = torch.from_numpy(self._stream("shifts", split, seed).uniform(-1, 1, (size, 2))) * request.shift
        return rigid(request.grid, torch.deg2rad(amounts), apart)

    def _discovery_arrays(self, split: str, size: int, seed: int, **options: Any) -> Arrays:
        return self._prediction_arrays(split, size, seed, **options)

    def _before(self, request: Request, split: str, size: int, seed: int) -> Tensor:
        shape = (size, *request.shape)
        white = torch.from_numpy(self._stream("values", split, seed).standard_normal(shape))
        if request.data != "images":
            return white
        self.check_source(split, {"images": request.images, "sha256": request.sha256})
        return natural_images(request.images, split, size, seed, request.shape) + request.noise * white

    def _stream(self, what: str, split: str, seed: int) -> np.random.Generator:
        return random_stream(f"{self.name}/{what}", split, seed)


def _reference() -> LieAlgebra:
    return LieAlgebra(TASK.truth())


TASK = PairsOnGrid(
    name="pairs_on_grid",
    summary="functions on a grid before and after a small shift or rotation",
    k=49,
    prediction=Signature("1x1", "1x1", (7, 7), (7, 7)),
    discovery=Signature("1x1", "1x1", (7, 7), (7, 7)),
    splits={"train": Split(2000, 0), "validation": Split(500, 1), "test": Split(2000, 2)},
    columns=(),
    reference=_reference,
    metric=metrics.regression,
    item="function",
)
