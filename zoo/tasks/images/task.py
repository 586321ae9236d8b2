"""Images: handwritten digits (MNIST) and photographs of ten things (CIFAR-10).

Inputs are images `(B, C, H, W)` in [0, 1], targets their classes `(B,)` in int64, predictions logits `(B, classes)`.
The images are files of the user's own. True symmetry of the rotated variants: so(2), which acts on the coordinates
(x, y) of the pixels and leaves the class alone.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from ...errors import ConfigError, DataError
from ..arrays import write_arrays
from ..samples import Arrays
from ..stream import Piece, Stream
from ..task import Task, random_stream
from .bright_grounds import BrightGrounds
from .files import Kind, Part, Samples, find_data, holds_parts, open_part, read_samples
from .files.checks import as_images, as_labels
from .pixels import Pixels
from .rotation import angles, rotated

VARIANTS = ("default", "rotated", "scrambled")
VALIDATION = 10_000  # images of the training part that are kept for validation, a fifth of it at most
_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False, repr=False)
class Images(Task):
    """Classify images.

    Options of `make`:

    - `data`: file or folder of the data set, `zoo.tasks.images.files` says in which forms; by default it is looked for
      in the folder that the environment variable ZOO_DATA names.
    - `variant`: "default"; "rotated", each image once by an angle of its own, uniform between -90 and 90 degrees (the
      `seed` is that of the angles); "scrambled", the same rotated images, for networks that scramble their pixels
      themselves (option `scramble` of the families): images are handed out in their natural order always.
    - `sha256`: of the part of the data set (see `sha256`); a warning is logged where it is another one.

    The splits "train" and "validation" are parts of the data set's training part, drawn once for all; "test" is its
    test part. A `size` takes the first images of a split.
    """

    kind: Kind = field(kw_only=True)

    @property
    def options(self) -> tuple[str, ...]:
        """`variant`, `data`, `sha256`."""
        return ("variant", "data", "sha256")

    def make(
        self,
        split: str = "train",
        *,
        size: int | None = None,
        seed: int | None = None,
        dtype: torch.dtype = torch.float32,
        **options: Any,
    ) -> Arrays:
        """`Pixels` that become numbers of `dtype` batch by batch, and the classes; see the class for the options."""
        split, most, seed = self._request(split, size, seed, options)
        images, labels = self._made(split, None if size is None else most, seed, **options)
        return _arrays(images, labels, dtype)

    def make_discovery(
        self,
        split: str = "train",
        *,
        size: int | None = None,
        seed: int | None = None,
        dtype: torch.dtype = torch.float32,
        **options: Any,
    ) -> Arrays:
        """The images as a tensor, and their classes in int64."""
        return _dense(self.make(split, size=size, seed=seed, dtype=dtype, **options))

    def located(self, data: Any) -> dict[str, Any] | None:
        """The option `data`, where a data set with a training or a test part is at that path."""
        return {"data": str(data)} if holds_parts(find_data(data, self.kind)) else None

    def sha256(self, split: str, data: str | Path | None = None) -> str:
        """The hash by which the images of a split are known: of the part of the data set that they are taken from.

        It changes with the images as they are stored, with the classes and with the order.
        """
        return self._part(split, data).sha256()

    def check_source(self, split: str, options: Mapping[str, Any]) -> None:
        """Raise `DataError` where the data set has another hash than `options` say."""
        recorded = options.get("sha256")
        if recorded is not None and self.sha256(split, options.get("data")) != recorded:
            raise DataError(_other_data(self.name, split))

    def read(self, path: str | Path, *, dtype: torch.dtype = torch.float32) -> Arrays:
        """Images and classes of the user's own; of a data set its test part as it is."""
        images, labels = _joined(self._samples(path), path)
        if labels is None:
            raise DataError(
                f'{path}: there are images but no classes; expected an array "y" beside "x", or a folder of pictures '
                f"for each class ({', '.join(self.kind.classes)})"
            )
        return _arrays(images, labels, dtype)

    def read_discovery(self, path: str | Path, *, dtype: torch.dtype = torch.float32) -> Arrays:
        """The same, the images as a tensor."""
        return _dense(self.read(path, dtype=dtype))

    def read_inputs(self, path: str | Path, *, dtype: torch.dtype = torch.float32) -> Tensor:
        """Images alone; classes are left aside."""
        return _inputs(_joined(self._samples(path), path)[0], dtype)

    def stream(self, path: str | Path, *, dtype: torch.dtype = torch.float32, **reading: Any) -> Stream:
        """Pictures some at a time, other files at once.

        Options of `reading`: `part`, "train" or "test" (the default) of a data set; `invert`, for dark digits on a
        bright ground where the network knows bright ones on a dark ground.
        """
        unknown = sorted(reading.keys() - {"part", "invert"})
        if unknown:
            raise ConfigError(f"images have no option {unknown[0]!r} of reading: the options are part, invert")
        part, invert = reading.get("part", "test"), reading.get("invert", False)
        if part not in ("train", "test") or not isinstance(invert, bool):
            raise ConfigError(f"part is train or test, and invert true or false; got {part!r} and {invert!r}")
        total, chunks = self._samples(path, part)
        bright = BrightGrounds(self.kind, invert)

        def pieces() -> Iterator[Piece]:
            for chunk in chunks:
                images = (255 if chunk.images.dtype == np.uint8 else 1) - chunk.images if invert else chunk.images
                bright.look(images)
                labels = None if chunk.labels is None else torch.from_numpy(chunk.labels)
                yield Piece(_inputs(images, dtype), labels, chunk.names)

        return Stream(pieces(), total, bright.remarks)

    def write(
        self, path: str | Path, split: str = "test", *, size: int | None = None, seed: int | None = None, **options: Any
    ) -> int:
        """Write "x" `(N, C, H, W)` uint8 and the classes "y" into a .npz or .h5 file; arguments as in `make`."""
        if Path(path).suffix.lower() == ".csv":
            raise DataError(f"{path}: images are not written as tables; the name must end on .npz or .h5")
        arrays = self.make(split, size=size, seed=seed, **options)
        x, y = cast(Pixels, arrays.x).values.numpy(), arrays.y.numpy()
        write_arrays(path, {"x": x, "y": y}, ((), y))
        return len(arrays)

    def check(self, x: Any, y: Any, *, dtype: torch.dtype = torch.float32) -> Arrays:
        """The user's images and classes: bytes, or numbers in [0, 1]."""
        images = self._images(x)
        return _arrays(images, as_labels(y, f"the data of the task {self.name}, y", self.kind, len(images)), dtype)

    def check_discovery(self, x: Any, y: Any, *, dtype: torch.dtype = torch.float32) -> Arrays:
        """The same, the images as a tensor."""
        return _dense(self.check(x, y, dtype=dtype))

    def _images(self, x: Any) -> np.ndarray:
        values = x.values if isinstance(x, Pixels) else x
        return as_images(values, f"the data of the task {self.name}, x", self.kind)

    def _samples(self, path: str | Path, part: str = "test") -> tuple[int, Iterator[Samples]]:
        return read_samples(find_data(path, self.kind), self.kind, part)

    def _part(self, split: str, data: str | Path | None) -> Part:
        return open_part(find_data(data, self.kind), "test" if split == "test" else "train", self.kind)

    def _made(
        self,
        split: str,
        size: int | None,
        seed: int,
        variant: str = "default",
        data: str | Path | None = None,
        sha256: str | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        if variant not in VARIANTS:
            raise ConfigError(f"variant of the task {self.name} is one of {', '.join(VARIANTS)}, got {variant!r}")
        part = self._part(split, data)
        if sha256 is not None and part.sha256() != sha256:
            _log.warning(_other_data(self.name, split))
        rows = self._rows(split, len(part))
        if size is not None and size > len(rows):
            raise ConfigError(f"the split {split} of these data holds {len(rows)} images, size asks for {size}")
        rows = rows[:size]
        if variant == "default":
            return part.take(rows), part.labels[rows]
        degrees = angles(len(rows), random_stream(self.name, split, seed))
        images = rotated(lambda: part.take(rows), degrees, f"{self.name}-{split}-{seed}", part.sha256())
        return images, part.labels[rows]

    def _rows(self, split: str, count: int) -> np.ndarray:
        """Which images of a part belong to a split: the same ones always."""
        if split == "test":
            return np.arange(count)
        order = random_stream(self.name, "partition", 0).permutation(count)
        held = min(VALIDATION, count // 5)
        rows = order[:held] if split == "validation" else order[held:]
        if not len(rows):
            raise DataError(f"{count} images of {self.name} are too few to keep some of them for validation")
        return rows

    def _prediction_arrays(self, split: str, size: int, seed: int, **options: Any) -> Arrays:
        return _arrays(*self._made(split, size, seed, **options), torch.float64)

    def _discovery_arrays(self, split: str, size: int, seed: int, **options: Any) -> Arrays:
        return _dense(self._prediction_arrays(split, size, seed, **options))


def _inputs(images: np.ndarray, dtype: torch.dtype) -> Tensor:
    """Bytes stay bytes until they are needed."""
    values = torch.from_numpy(np.ascontiguousarray(images))
    if values.dtype == torch.uint8:
        return cast(Tensor, Pixels(values, dtype))  # which does what is done with inputs
    return values.to(dtype).clamp(0, 1)


def _arrays(images: np.ndarray, labels: np.ndarray, dtype: torch.dtype) -> Arrays:
    return Arrays(_inputs(images, dtype), torch.from_numpy(np.ascontiguousarray(labels)))


def _dense(arrays: Arrays) -> Arrays:
    return Arrays(arrays.x.dense() if isinstance(arrays.x, Pixels) else arrays.x, arrays.y)


def _joined(found: tuple[int, Iterator[Samples]], path: str | Path) -> tuple[np.ndarray, np.ndarray | None]:
    chunks = list(found[1])
    labels = [chunk.labels for chunk in chunks if chunk.labels is not None]
    images = [chunk.images for chunk in chunks]
    return np.concatenate(images), np.concatenate(labels) if labels else None


def _other_data(task: str, split: str) -> str:
    return (
        f"the images of {task} ({split}) are others than those that the recipe records (sha256), or in another form "
        "or order: figures are not comparable with those in the registry"
    )
