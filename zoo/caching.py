"""Where things are kept that can be had again: solved bases, generated jets, compiled loops, downloads."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder(*parts: str) -> Path:
    """``$ZOO_CACHE``, else ``~/.cache/zoo`` (or under ``$XDG_CACHE_HOME``), and the parts below it; not made."""
    named = os.environ.get("ZOO_CACHE")
    root = Path(named) if named else Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "zoo"
    return root.joinpath(*parts)
