"""Rotated images: each one once, by an angle of its own; kept in the cache, because splines take their time."""

from __future__ import annotations

import hashlib
import io
import logging
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress

import numpy as np

from ...atomic import write_atomically
from ...caching import cache_folder, checksum
from ...errors import require
from ...progress import Bar

LARGEST = 90.0  # degrees, either way
_ORDER = 3  # of the spline: scipy's default, which the paper used
_KEPT = 1000  # images or more: fewer are rotated in a second
_log = logging.getLogger(__name__)


def angles(count: int, stream: np.random.Generator) -> np.ndarray:
    """`(count,)` angles in degrees, uniform between -90 and 90; the first ones do not depend on `count`."""
    return stream.uniform(-LARGEST, LARGEST, count)


def rotate(images: np.ndarray, degrees: np.ndarray) -> np.ndarray:
    """Images `(N, C, H, W)` turned about their middle, by `degrees` `(N,)`; uint8.

    By cubic splines; what comes in from outside repeats the nearest pixel of the edge. Overshoots are cut off.

    Raises
    ------
    MissingExtra
        If scipy is not installed.
    """
    turn = require("scipy.ndimage", "images").rotate
    turned = np.empty_like(images, dtype=np.uint8)
    with Bar(len(images) >= _KEPT, len(images), title="rotating", unit="images") as bar:
        for number, (image, angle) in enumerate(zip(images, degrees, strict=True)):
            exact = turn(image.astype(np.float64), angle, axes=(2, 1), reshape=False, mode="nearest", order=_ORDER)
            turned[number] = np.clip(exact, 0, 255).round()
            bar.update(number + 1)
    return turned


def rotated(take: Callable[[], np.ndarray], degrees: np.ndarray, name: str, source: str) -> np.ndarray:
    """As `rotate`; many images are kept in the cache, and then not even read.

    Parameters
    ----------
    take : callable
        Gives the images `(N, C, H, W)`.
    degrees : ndarray
        `(N,)`.
    name, source : str
        What they are called, and a digest of where they come from: with the angles they name the file.
    """
    if len(degrees) < _KEPT:
        return rotate(take(), degrees)
    digest = hashlib.blake2b(np.ascontiguousarray(degrees).data, digest_size=12)
    digest.update(f"{source} {_ORDER}".encode())
    path = cache_folder("images", f"{name}-{digest.hexdigest()}.npz")
    with suppress(OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error), np.load(path) as kept:
        found = {"images": kept["images"]}
        if kept["digest"].tobytes() == checksum(found, ["images"], 16) and len(found["images"]) == len(degrees):
            return found["images"]
    _log.info("rotating %d images, which are then kept in %s", len(degrees), path)
    turned = {"images": rotate(take(), degrees)}
    with suppress(OSError):  # a cache that cannot be written only costs time
        path.parent.mkdir(parents=True, exist_ok=True)
        data = io.BytesIO()
        digest_bytes = np.frombuffer(checksum(turned, ["images"], 16), dtype=np.uint8)
        np.savez(data, images=turned["images"], digest=digest_bytes)
        write_atomically(path, data.getvalue())
    return turned["images"]
