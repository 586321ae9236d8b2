""".npz archives with a training and a test part: arrays of pixels, or JPEG files end to end."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

import numpy as np

from ....errors import DataError
from .checks import as_images, as_labels
from .kind import Kind
from .part import PARTS, Part, of_arrays
from .pictures import decode


def holds_parts(path: Path) -> bool:
    """Whether an archive has arrays of a part by name."""
    if path.suffix.lower() != ".npz" or not path.is_file():
        return False
    names = names_in(path)
    return any(f"{prefix}_{part}" in names for part in PARTS for prefix in ("x", "jpeg"))


def part(path: Path, name: str, kind: Kind) -> Part:
    """Images and labels of a part."""
    names = names_in(path)
    if f"jpeg_{name}" in names:
        return _jpeg(path, name, kind)
    images, labels = arrays(path, [f"x_{name}", f"y_{name}"])
    pixels = as_images(images, f"{path}, x_{name}", kind)
    return of_arrays(pixels, as_labels(labels, f"{path}, y_{name}", kind, len(pixels)), f"{path}, x_{name}")


def names_in(path: Path) -> set[str]:
    """Names of the arrays; nothing is unpacked.

    Raises
    ------
    DataError
        If the file is no archive.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return {name.removesuffix(".npy") for name in archive.namelist()}
    except zipfile.BadZipFile as error:
        raise DataError(f"{path}: this is not an .npz archive ({error}); write it with numpy.savez") from error


def arrays(path: Path, wanted: list[str]) -> list[np.ndarray]:
    """Some arrays by name.

    Raises
    ------
    DataError
        If one is missing, damaged or pickled.
    """
    missing = [name for name in wanted if name not in names_in(path)]
    if missing:
        found = ", ".join(sorted(names_in(path))) or "none"
        raise DataError(f'{path}: no array is called "{missing[0]}" (found: {found}); expected {" and ".join(wanted)}')
    try:
        with np.load(path, allow_pickle=False) as archive:
            return [archive[name] for name in wanted]
    except (ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(
            f"{path}: numpy cannot read it without unpickling, which is never done ({error}); write plain arrays of "
            "numbers with numpy.savez"
        ) from error


def _jpeg(path: Path, name: str, kind: Kind) -> Part:
    stream, offsets, labels = arrays(path, [f"jpeg_{name}", f"offset_{name}", f"y_{name}"])
    whole = offsets.ndim == 1 and len(offsets) > 1 and offsets.dtype.kind in "iu"
    if stream.dtype != np.uint8 or stream.ndim != 1 or not whole:
        raise DataError(f"{path}: jpeg_{name} must be bytes (M,), and offset_{name} integers (N + 1,)")
    if offsets[0] != 0 or offsets[-1] != len(stream) or (np.diff(offsets) <= 0).any():
        raise DataError(
            f"{path}: offset_{name} must rise from 0 to the {len(stream)} bytes of jpeg_{name}; image i is the bytes "
            "from offset[i] to offset[i + 1]"
        )
    data = memoryview(np.ascontiguousarray(stream).data)

    def take(rows: np.ndarray) -> np.ndarray:
        images = np.empty((len(rows), *kind.shape), dtype=np.uint8)
        for place, row in enumerate(rows):
            images[place] = decode(data[offsets[row] : offsets[row + 1]], f"{path}, image {row} of {name}", kind)
        return images

    return Part(as_labels(labels, f"{path}, y_{name}", kind, len(offsets) - 1), take, (stream,))
