"""Where the file behind a name is."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import WeightsError
from ..registry import Entry, Registry


def is_path(source: str | os.PathLike[str]) -> bool:
    """Whether a string means a file rather than a name: it ends as weights do, or has a separator or drive."""
    text = os.fspath(source)
    return not isinstance(source, str) or text.endswith(".safetensors") or os.sep in text or Path(text).is_absolute()


def weights_path(name: str, entry: Entry, registry: Registry) -> Path:
    """The local file of an entry's weights, downloaded first where they are remote.

    Raises
    ------
    WeightsError
        If the entry has none, or the file is missing.
    """
    weights = entry.weights
    if weights is not None and weights.url is not None:
        from ..remote import fetch

        return fetch(weights.url, sha256=weights.sha256, size=weights.bytes)
    path = local_path(name, entry, registry)
    assert path is not None
    return path


def local_path(name: str, entry: Entry, registry: Registry) -> Path | None:
    """As `weights_path`, but without the network: None where the file is remote and not in the cache."""
    weights = entry.weights
    if weights is None:
        raise WeightsError(f"{name} has no weights yet; make them with: zoo train {name} --write")
    if weights.url is not None:
        from ..remote import cached

        return cached(weights.url, sha256=weights.sha256)
    assert weights.file is not None
    path = registry.file(weights.file, name)
    if not path.is_file():
        raise WeightsError(f"{name}: its weights {path} are missing; reinstall zoo, or run: zoo train {name} --write")
    return path
