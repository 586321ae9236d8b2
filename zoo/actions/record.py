"""Where trained weights go, and what the registry records of them."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from ..registry import Entry, Registry
from ..registry.lock import locked
from ..weights import FileHash, read_header


@dataclass(frozen=True)
class Target:
    """The weights file of one entry and seed.

    Attributes
    ----------
    name : str
        Of the entry.
    seed : int or None
        None for the seed of the recipe, else the seed of a replica.
    path : Path
        The file.
    """

    name: str
    seed: int | None
    path: Path

    @classmethod
    def of(
        cls,
        name: str,
        entry: Entry,
        registry: Registry,
        seed: int | None,
        out: str | PathLike[str] | None,
        write: bool,
    ) -> Target:
        """In `out` or the current folder; among the registry's weights (replicas in weights/seeds) to `write`."""
        if seed == entry.training.get("seed", 0):
            seed = None
        file = f"{name}.safetensors" if seed is None else f"{name}-{seed}.safetensors"
        if write:
            folder = registry.file("weights" if seed is None else "weights/seeds", name)
        else:
            folder = Path(out) if out is not None else Path.cwd()
        folder.mkdir(parents=True, exist_ok=True)
        return cls(name, seed, folder / file)

    @property
    def checkpoints(self) -> Path:
        """Folder of the checkpoints while the weights are made."""
        return self.path.with_suffix(".checkpoints")


def write_to_registry(target: Target, written: FileHash, registry: Registry) -> None:
    """Record a file: as the entry's weights with the fingerprint of their symmetry, or as one of its replicas."""
    with locked(target.path):  # several seeds may finish at once, and each adds a row
        registry = Registry.load(registry.path)
        file = target.path.relative_to(registry.path.parent.resolve()).as_posix()
        row = {"file": file, "sha256": written.sha256, "bytes": written.bytes}
        if target.seed is None:
            symmetry = read_header(target.path).symmetry
            fingerprint = symmetry["fingerprint"] if symmetry else None
            registry.update(target.name, weights=row, symmetry_fingerprint=fingerprint)
            return
        others = [replica.model_dump() for replica in registry.entries[target.name].replicas]
        rows = [other for other in others if other["seed"] != target.seed] + [{"seed": target.seed, **row}]
        registry.update(target.name, replicas=sorted(rows, key=lambda replica: replica["seed"]))
