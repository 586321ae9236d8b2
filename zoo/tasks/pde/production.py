"""Many solutions: blocks solved by all cores, kept on disk, and put together in an order that depends on neither."""

from __future__ import annotations

import hashlib
import inspect
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.numpy import load, save
from torch import Tensor

from ...atomic import write_atomically
from ...caching import cache_folder, checksum
from ...errors import ConfigError
from ...progress import Bar
from ..task import random_stream
from ..workers import each_done, worker_count
from . import equations, etdrk4, solving, waves
from .equations import Equation, get_equation
from .solving import solve
from .waves import initial_conditions

BLOCK = 64  # solutions that are solved together


def solutions(
    name: str,
    split: str,
    size: int,
    seed: int,
    nx: int = 256,
    *,
    workers: int | None = None,
    progress: bool | Literal["force"] = True,
) -> Tensor:
    """Solutions `(size, kept, nx)` float64 of random initial conditions, solved where they are not kept already.

    The same numbers come out whatever the number of workers, and a smaller `size` gives the first ones of a larger
    one. A run that is stopped goes on from the last finished block.

    Parameters
    ----------
    name : {"kdv", "ks", "burgers", "nkdv", "ckdv"}
        Of the equation; `solve` takes equations of one's own.
    split : str
    size, seed : int
    nx : int
        Points in space, an even number.
    workers : int, optional
        Processes; as many as there are cores where it is left out. A program that starts more than one guards its
        main part by ``if __name__ == "__main__"``.
    progress : bool or "force"
        A bar on standard error, if that is a terminal, or everywhere.

    Raises
    ------
    ConfigError
        If an argument is unknown or out of range.
    DataError
        If a solution is not resolved by the grid.
    OSError
        If the cache cannot be written.
    """
    equation = get_equation(name)
    if isinstance(nx, bool) or int(nx) != nx or nx < 16 or nx % 2:
        raise ConfigError(f"nx, the number of points in space, is even and at least 16, got {nx!r}")
    workers = worker_count(workers, "solutions")
    folder = cache_folder("pde", f"{equation.name}-{nx}-{_digest_of_code()}", f"{split}-{seed}")
    count = -(-size // BLOCK)
    missing = [block for block in range(count) if _read(folder, block, equation, nx) is None]
    if missing:
        done = count - len(missing)
        with Bar(progress, BLOCK * count, BLOCK * done, title=equation.name, unit="solutions", ticking=True) as bar:
            calls = [(folder, name, split, seed, nx, block) for block in missing]
            for made, _ in enumerate(each_done(_make, calls, workers), 1):
                bar.update(BLOCK * (done + made))
    blocks = [_read(folder, block, equation, nx) for block in range(count)]
    if any(block is None for block in blocks):
        raise OSError(f"solutions were written to {folder} but cannot be read back: is the disk full?")
    return torch.from_numpy(np.concatenate([block for block in blocks if block is not None])[:size])


def _make(folder: Path, name: str, split: str, seed: int, nx: int, block: int) -> None:
    equation = get_equation(name)
    draw = random_stream(f"pde/{name}", split, seed)
    u0 = initial_conditions(equation, draw, BLOCK * (block + 1), nx)[-BLOCK:]
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # sums come out the same whatever runs beside
    try:
        u = solve(equation, u0).u.numpy()
    finally:
        torch.set_num_threads(before)
    tensors = {"u": np.ascontiguousarray(u)}
    tensors["digest"] = np.frombuffer(checksum(tensors, ("u",), size=16), dtype=np.uint8)
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / f"{block:05d}.safetensors", save(tensors))


def _read(folder: Path, block: int, equation: Equation, nx: int) -> np.ndarray | None:
    """The block if it is there and whole."""
    try:
        tensors = load((folder / f"{block:05d}.safetensors").read_bytes())
        digest = tensors.pop("digest").tobytes()
    except (OSError, SafetensorError, ValueError, KeyError, TypeError):
        return None
    whole = tensors.keys() == {"u"} and tensors["u"].shape == (BLOCK, equation.kept, nx)
    return tensors["u"] if whole and checksum(tensors, ("u",), size=16) == digest else None


def _digest_of_code() -> str:
    """Of the source that the numbers come from: what is kept is never that of another version."""
    source = "".join(inspect.getsource(module) for module in (equations, etdrk4, solving, waves))
    return hashlib.blake2b(source.encode(), digest_size=6).hexdigest()
