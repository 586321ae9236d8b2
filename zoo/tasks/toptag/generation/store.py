"""Finished blocks kept as files, so that a run that was stopped goes on where it was.

The folder is `$ZOO_CACHE/toptag/<spec>-<digest>`, else `~/.cache/zoo/toptag/<spec>-<digest>` (or under
`$XDG_CACHE_HOME`). The digest names everything that the jets depend on beside split and seed, which name a folder in
it; there is one safetensors file a block. Energies are not stored: constituents are massless.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from ....atomic import write_atomically
from ....caching import cache_folder, checksum
from .leading import massless
from .ragged_jets import Jets
from .spec import Spec

_CLASSES = ("qcd", "top")


@dataclass(frozen=True)
class Place:
    """The folder of one split and seed of a spec."""

    folder: Path
    spec: Spec
    split: str
    seed: int

    def path_of(self, label: int, block: int) -> Path:
        """The file of a block."""
        return self.folder / f"{self.split}-{self.seed}" / f"{_CLASSES[label]}-{block:05d}.safetensors"


def folder_of(spec: Spec, root: str | os.PathLike[str] | None = None) -> Path:
    """Where the jets of a spec are kept, under `root` or in zoo's cache."""
    name = f"{spec.name}-{spec.digest()}"
    if root is not None:
        return Path(root) / name
    return cache_folder("toptag", name)


def read_block(place: Place, label: int, block: int) -> Jets | None:
    """The block if it is there and whole."""
    try:
        tensors = load(place.path_of(label, block).read_bytes())
        if tensors.pop("digest").tobytes() != _digest(tensors):
            return None
        counts = tensors["counts"].astype(np.int64)
        return Jets(massless(tensors["momenta"]), counts, np.full(len(counts), label), tensors["truth"])
    except (OSError, SafetensorError, ValueError, KeyError, TypeError):
        return None


def write_block(place: Place, label: int, block: int, jets: Jets) -> None:
    """Keep a block.

    Raises
    ------
    OSError
        If the folder cannot be written: unlike a solved problem, hours of jets are not to be lost silently.
    """
    tensors = {"momenta": jets.values[:, 1:], "counts": jets.counts.astype(np.int32), "truth": jets.truth}
    tensors = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    tensors["digest"] = np.frombuffer(_digest(tensors), dtype=np.uint8)
    path = place.path_of(label, block)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, save(tensors))


def write_settings(place: Place) -> None:
    """Say beside the blocks what they were made with."""
    place.folder.mkdir(parents=True, exist_ok=True)
    path = place.folder / "settings.json"
    if not path.exists():
        with suppress(FileExistsError):
            write_atomically(path, json.dumps(place.spec.settings(), indent=1).encode())


def _digest(tensors: dict[str, np.ndarray]) -> bytes:
    return checksum(tensors, ("momenta", "counts", "truth"), size=16)
