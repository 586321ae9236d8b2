"""A user's file piece by piece, as `Task.stream` gives it: files larger than the memory are no special case."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor


@dataclass(frozen=True, eq=False)
class Piece:
    """Samples that lie next to each other in a file.

    Attributes
    ----------
    x : Tensor or Ragged
        Inputs `(n, ...)`.
    y : Tensor or None
        Targets `(n, ...)`, where the file holds them.
    names : sequence of str or None
        What the samples are called, where each has a name.
    """

    x: Any
    y: Tensor | None = None
    names: Sequence[str] | None = None

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True, eq=False)
class Stream:
    """The samples of a file, in its order; iterate over it once.

    Attributes
    ----------
    pieces : iterable of Piece
        All of them with targets, or none.
    total : int or None
        Samples in the file, where that is known before it is read.
    remarks : callable
        What had to be repaired in what was read so far, a sentence each.
    whole : bool
        Whether everything is in the memory anyway, as a single piece.
    """

    pieces: Iterable[Piece]
    total: int | None = None
    remarks: Callable[[], list[str]] = list
    whole: bool = False

    def __iter__(self) -> Iterator[Piece]:
        return iter(self.pieces)
