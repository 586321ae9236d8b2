"""Files of jets as inputs and targets: all of one, or piece by piece."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import torch

from ...errors import ConfigError
from ..ragged import Ragged
from ..stream import Piece, Stream
from .files import Chunk, Repairs, count_jets, join, read_jets

OPTIONS = ("units", "empty", "massless", "max_constituents")
_log = logging.getLogger(__name__)


def stream_jets(path: str | Path, dtype: torch.dtype, **reading: Any) -> Stream:
    """The jets of a file a chunk at a time; `reading` are some `OPTIONS` of `zoo.tasks.toptag.files.read_jets`."""
    for option in reading:
        if option not in OPTIONS:
            raise ConfigError(f"files of jets have no option {option!r}: the options are {', '.join(OPTIONS)}")
    repairs = Repairs()
    chunks = read_jets(path, report=repairs, **reading)
    return Stream((as_piece(chunk, dtype) for chunk in chunks), count_jets(path), repairs.lines)


def all_jets(path: str | Path, dtype: torch.dtype) -> Piece:
    """All jets of a file; what was repaired is logged."""
    repairs = Repairs()
    jets = join(read_jets(path, report=repairs))
    for line in repairs.lines():
        _log.warning("%s: %s", path, line)
    return as_piece(jets, dtype)


def as_piece(jets: Chunk, dtype: torch.dtype) -> Piece:
    """Ragged constituents, and labels in the same dtype where they are known."""
    x = Ragged(torch.from_numpy(jets.values).to(dtype), torch.from_numpy(jets.counts))
    return Piece(x, None if jets.labels is None else torch.from_numpy(jets.labels).to(dtype))
