"""Pictures (.png, .jpg, .bmp, ...) and folders of them, by Pillow."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ....errors import DataError, require
from .kind import Kind
from .part import PARTS, Part
from .samples import Samples

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".pgm", ".ppm")
_CHUNK = 1000  # pictures that are read at a time


def is_picture(path: Path) -> bool:
    """Whether the name ends as that of a picture."""
    return path.suffix.lower() in SUFFIXES


def holds_parts(path: Path) -> bool:
    """Whether a folder has a training or test folder with folders of classes in it."""
    return any((path / part).is_dir() and _folders(path / part) for part in PARTS)


def part(path: Path, name: str, kind: Kind) -> Part:
    """The pictures of a part: in `train` or `test`, in a folder for each class, in the order of their names."""
    if not (path / name).is_dir():
        raise DataError(f'{path}: there is no folder "{name}" with a folder of pictures for each class')
    files, labels = _by_class(path / name, kind)
    stored = np.concatenate([np.frombuffer(file.read_bytes(), dtype=np.uint8) for file in files])

    def take(rows: np.ndarray) -> np.ndarray:
        return np.stack([read_picture(files[row], kind) for row in rows])

    return Part(labels, take, (stored,))


def stream(path: Path, kind: Kind) -> tuple[int, Iterator[Samples]]:
    """How many pictures a file or folder holds, and these, some at a time, labelled where the folders name classes."""
    labels: np.ndarray | None = None
    if not path.is_dir():
        files = [path]
    elif _folders(path):
        files, labels = _by_class(path, kind)
    else:
        files = _pictures(path)
    names = tuple(str(file.relative_to(path)) if path.is_dir() else file.name for file in files)

    def chunks() -> Iterator[Samples]:
        for start in range(0, len(files), _CHUNK):
            rows = slice(start, start + _CHUNK)
            images = np.stack([read_picture(file, kind) for file in files[rows]])
            yield Samples(images, None if labels is None else labels[rows], names[rows])

    return len(files), chunks()


def read_picture(path: Path, kind: Kind) -> np.ndarray:
    """One image `(C, H, W)`, uint8.

    Raises
    ------
    DataError
        If it cannot be read, or has another size.
    MissingExtra
        If Pillow is not installed.
    """
    return decode(path.read_bytes(), str(path), kind)


def decode(data: Any, source: str, kind: Kind) -> np.ndarray:
    """The image in the bytes of a picture; errors as in `read_picture`."""
    pillow = require("PIL.Image", "images")
    try:
        with pillow.open(io.BytesIO(data)) as picture:
            if picture.size != (kind.shape[2], kind.shape[1]):
                raise DataError(
                    f"{source}: the picture is {picture.size[0]} x {picture.size[1]} pixels, and networks of "
                    f"{kind.name} take {kind.size}; crop or resize it first, with Pillow for instance: "
                    f"image.resize(({kind.shape[2]}, {kind.shape[1]}))"
                )
            if picture.mode[0] in "IF":
                raise DataError(f"{source}: the pixels have more than 8 bits ({picture.mode}); save it with 8 bits")
            pixels = np.asarray(picture.convert(kind.mode))
    except (OSError, SyntaxError, ValueError, pillow.DecompressionBombError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{source}: this is no picture that Pillow can read ({error}); get it again") from error
    return pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)


def _by_class(path: Path, kind: Kind) -> tuple[list[Path], np.ndarray]:
    """Pictures and classes, folder after folder."""
    files: list[Path] = []
    labels: list[int] = []
    for folder in _folders(path):
        label = kind.class_of(folder.name)
        if label is None:
            raise DataError(
                f"{folder}: {kind.name} has no class of that name; folders are called {', '.join(kind.classes)}, or by "
                "the number of the class"
            )
        found = _pictures(folder)
        files += found
        labels += [label] * len(found)
    return files, np.array(labels, dtype=np.int64)


def _folders(path: Path) -> list[Path]:
    return sorted(folder for folder in path.iterdir() if folder.is_dir() and not folder.name.startswith("."))


def _pictures(folder: Path) -> list[Path]:
    found = sorted(file for file in folder.iterdir() if file.is_file() and is_picture(file) and file.name[0] != ".")
    if not found:
        raise DataError(
            f"{folder}: there is no picture in the folder; expected files that end on {', '.join(SUFFIXES)}"
        )
    return found
