"""Solutions in HDF5, in the layout of the data of Lie point symmetry augmentation (Brandstetter et al. 2022).

A group for each split ("train", "valid", "test") holds `pde_NT-NX`, u `(N, NT, NX)`, and for every solution its `x`
`(N, NX)`, `t` `(N, NT)`, `dx` `(N,)` and `dt` `(N,)`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...atomic import open_atomically
from ...errors import DataError, require

GROUPS = {"train": "train", "validation": "valid", "test": "test"}  # what the layout calls the splits
_NAME = re.compile(r"pde_(\d+)-(\d+)")


@dataclass(frozen=True, eq=False)
class SolutionFile:
    """What a file holds of one split.

    Attributes
    ----------
    u : Tensor
        `(N, T, nx)` float64.
    x, t : Tensor
        Coordinates of every solution, `(N, nx)` and `(N, T)`.
    """

    u: Tensor
    x: Tensor
    t: Tensor


def write_solutions(path: str | Path, split: str, u: Iterable[Tensor], count: int, x: Tensor, t: Tensor) -> None:
    """Write solutions on one grid, block by block.

    Parameters
    ----------
    path : path
        An .h5 file, which appears when it is whole.
    split : {"train", "validation", "test"}
    u : iterable of Tensor
        `(n, T, nx)` each.
    count : int
        Of all together.
    x, t : Tensor
        `(nx,)` and `(T,)`.

    Raises
    ------
    DataError
        If the name does not end on .h5 or .hdf5, or the file cannot be written.
    MissingExtra
        If h5py is not installed.
    """
    path = Path(path)
    if path.suffix.lower() not in (".h5", ".hdf5"):
        raise DataError(f"{path}: solutions are written as .h5")
    h5py = require("h5py", "pde")
    try:
        with open_atomically(path) as stream, h5py.File(stream, "w") as file:
            group = file.create_group(GROUPS[split])
            place = group.create_dataset(f"pde_{len(t)}-{len(x)}", (count, len(t), len(x)), dtype="f8")
            start = 0
            for block in u:
                place[start : start + len(block)] = block.numpy()
                start += len(block)
            for name, values in (("x", x), ("t", t)):
                group[name] = np.broadcast_to(values.numpy(), (count, len(values)))
                group[f"d{name}"] = np.full(count, float(values[1] - values[0]))
    except OSError as error:
        raise DataError(f"{path}: cannot be written: {error}") from error


def read_solutions(path: str | Path, split: str | None = None) -> SolutionFile:
    """Read one split of a file.

    Parameters
    ----------
    path : path
    split : {"train", "validation", "test"}, optional
        By default the only one in the file.

    Raises
    ------
    DataError
        If the file is missing or damaged, has no such split or another layout, or holds numbers that are not finite.
    MissingExtra
        If h5py is not installed.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"{path}: there is no such file; check the path, the working directory is {Path.cwd()}")
    h5py = require("h5py", "pde")
    try:
        with h5py.File(path, "r") as file:
            group = _group(path, file, split)
            names = [name for name in group if _NAME.fullmatch(name)]
            if len(names) != 1 or not {"x", "t"} <= set(group):
                raise DataError(
                    f"{path}: the group {group.name} holds {', '.join(group) or 'nothing'}; expected one data set "
                    "pde_NT-NX of solutions (N, NT, NX), with x (N, NX) and t (N, NT)"
                )
            u, x, t = (np.asarray(group[name][()]) for name in (names[0], "x", "t"))
    except OSError as error:
        raise DataError(f"{path}: is no HDF5 file that can be read: {error}") from error
    if u.ndim != 3 or x.shape != (len(u), u.shape[2]) or t.shape != u.shape[:2]:
        raise DataError(f"{path}: u {u.shape}, x {x.shape} and t {t.shape} are not (N, NT, NX), (N, NX) and (N, NT)")
    for name, values in (("u", u), ("x", x), ("t", t)):
        if not np.issubdtype(values.dtype, np.floating) or not np.isfinite(values).all():
            raise DataError(f"{path}: {name} must be finite floating point numbers")
    return SolutionFile(*(torch.from_numpy(values).double() for values in (u, x, t)))


def _group(path: Path, file: Any, split: str | None) -> Any:
    there = [name for name in GROUPS.values() if name in file]
    wanted = there if split is None else [GROUPS[split]]
    if len(wanted) != 1 or wanted[0] not in there:
        found = ", ".join(there) or f"none (but {', '.join(file) or 'nothing'})"
        raise DataError(
            f"{path}: holds the splits {found}; "
            + (
                "say which one is meant"
                if len(there) > 1 and split is None
                else f"expected {', '.join(wanted or GROUPS)}"
            )
        )
    return file[wanted[0]]
