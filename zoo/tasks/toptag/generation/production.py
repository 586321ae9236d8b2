"""Many jets: blocks made by all cores, kept on disk, and put together in an order that does not depend on either."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Literal

import numpy as np

from ....errors import ConfigError
from ....progress import Bar
from ...workers import each_done, worker_count
from .block import generate_block
from .ragged_jets import Jets, join
from .spec import Spec, get_spec, seeds_of
from .store import Place, folder_of, read_block, write_block, write_settings

_CLASSES = 2
_NAME = re.compile(r"[A-Za-z0-9_]+")


def jets(
    spec: Spec | str = "nominal",
    split: str = "train",
    size: int = 1000,
    seed: int = 0,
    *,
    workers: int | None = None,
    folder: str | os.PathLike[str] | None = None,
    progress: bool | Literal["force"] = True,
) -> Jets:
    """Top and QCD jets in equal numbers, made where they are not kept on disk already.

    The same jets come out whatever the number of workers, and a smaller `size` gives the first jets of a larger one.
    A run that is stopped goes on from the last finished block.

    Parameters
    ----------
    spec : Spec or {"nominal", "coarse", "truth"}
    split : str
        Letters, digits and underscores; splits with the same seed are independent of each other.
    size : int
        Jets of both classes together.
    seed : int
    workers : int, optional
        Processes; as many as there are cores where it is left out. A program that starts more than one guards its
        main part by ``if __name__ == "__main__"``.
    folder : path, optional
        Instead of zoo's cache.
    progress : bool or "force"
        A bar on standard error, if that is a terminal, or everywhere.

    Raises
    ------
    ConfigError
        If an argument is unknown or out of range.
    MissingExtra
        If jets have to be made and Pythia, FastJet or awkward is not installed.
    OSError
        If the folder cannot be written.
    """
    place = _place(spec, split, size, seed, folder)
    pairs = -(-size // (_CLASSES * place.spec.block))
    wanted = [(label, block) for block in range(pairs) for label in range(_CLASSES)]
    missing = [key for key in wanted if read_block(place, *key) is None]
    if missing:
        write_settings(place)
        block, done = place.spec.block, len(wanted) - len(missing)
        with Bar(progress, block * len(wanted), block * done, title="jets", unit="jets", ticking=True) as bar:
            calls = [(place, label, number) for label, number in missing]
            for made, _ in enumerate(each_done(_make, calls, worker_count(workers, "jets")), 1):
                bar.update(block * (done + made))
    return join([_pair(place, block) for block in range(pairs)]).first(size)


def _place(spec: Spec | str, split: str, size: int, seed: int, folder: str | os.PathLike[str] | None) -> Place:
    if not isinstance(split, str) or not _NAME.fullmatch(split):
        raise ConfigError(f"the name of a split of jets has letters, digits and underscores, got {split!r}")
    for label, value, least in (("size", size, 1), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
            raise ConfigError(f"{label} of the jets must be an integer from {least} on, got {value!r}")
    spec = get_spec(spec)
    return Place(folder_of(spec, Path(folder) if folder is not None else None), spec, split, int(seed))


def _make(place: Place, label: int, block: int) -> None:
    write_block(place, label, block, generate_block(place.spec, label, block, seed=place.seed, split=place.split))


def _pair(place: Place, block: int) -> Jets:
    """A block of each class, jet by jet, a coin saying which comes first: every even prefix is half and half."""
    parts = []
    for label in range(_CLASSES):
        part = read_block(place, label, block)
        if part is None:
            raise OSError(f"{place.path_of(label, block)} was written but cannot be read back: is the disk full?")
        parts.append(part)
    number = np.arange(place.spec.block)
    coin = np.random.default_rng(seeds_of(place.spec, place.split, place.seed, _CLASSES, block).detector)
    first = coin.integers(_CLASSES, size=place.spec.block)
    order = np.stack([first, 1 - first], axis=-1) * place.spec.block + number[:, None]
    return join(parts).take(order.ravel())
