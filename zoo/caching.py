"""Where things are kept that can be had again: solved bases, generated jets, compiled loops, downloads."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def cache_folder(*parts: str) -> Path:
    """``$ZOO_CACHE``, else ``~/.cache/zoo`` (or under ``$XDG_CACHE_HOME``), and the parts below it; not made."""
    named = os.environ.get("ZOO_CACHE")
    root = Path(named) if named else Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "zoo"
    return root.joinpath(*parts)


def checksum(arrays: Mapping[str, np.ndarray], names: Iterable[str], size: int) -> bytes:
    """`size` bytes that change with any bit of the named arrays, kept beside them to find damaged files."""
    import numpy as np

    hashed = hashlib.blake2b(digest_size=size)
    for name in names:
        hashed.update(repr((name, arrays[name].shape)).encode())
        hashed.update(np.ascontiguousarray(arrays[name]).data)
    return hashed.digest()
