"""What every kind of file is turned into before its jets are checked."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ....errors import DataError, ZooError


@dataclass(frozen=True, eq=False)
class Block:
    """Jets as a file holds them, unchecked.

    Attributes
    ----------
    momenta : ndarray
        `(B, N, 4)`, padded.
    labels : ndarray or None
        `(B,)`.
    truth : ndarray or None
        `(B, 4)`.
    """

    momenta: np.ndarray
    labels: np.ndarray | None
    truth: np.ndarray | None


@dataclass(frozen=True)
class Source:
    """A file of jets.

    Attributes
    ----------
    length : int
        Jets in it.
    row_bytes : int
        What one jet takes as a block is read.
    labelled : bool
        Whether it says which jets are tops.
    blocks : callable
        ``blocks(rows)`` reads it from the beginning, that many jets at a time.
    """

    length: int
    row_bytes: int
    labelled: bool
    blocks: Callable[[int], Iterator[Block]]


@contextmanager
def damage_named(path: Path) -> Iterator[None]:
    """Whatever a damaged file leads to becomes a `DataError` that names the file."""
    try:
        yield
    except ZooError:
        raise
    except (OSError, RuntimeError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(
            f"{path}: the file cannot be read ({error}); is it complete, and of the kind that its name says?"
        ) from error
