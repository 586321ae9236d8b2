"""Solutions kept on disk, so that a network is not built by solving the same problem twice.

The folder is `$ZOO_CACHE/solves`, else `~/.cache/zoo/solves` (or under `$XDG_CACHE_HOME`). A file is named by a hash
of the exact bytes of the basis and of all else that the solution depends on. Whatever is wrong with the cache
(no permission, full disk, damaged file), the problem is solved instead.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import astuple
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from ...atomic import write_atomically
from ...caching import cache_folder, checksum
from .solve import Problem, Solution

# To be raised when solutions change: files of other versions are not read.
_VERSION = 1
# Bytes a second that solutions come back at, with everything checked.
_READING = 1e8
# Bytes of the largest solution that is kept.
_LARGEST = 2**28


def folder() -> Path:
    """Where solutions are kept."""
    return cache_folder("solves")


def path_of(problem: Problem) -> Path:
    """The file for a problem."""
    digest = hashlib.sha256(repr((_VERSION, *astuple(problem))).encode())
    return folder() / f"{digest.hexdigest()}.safetensors"


def read(problem: Problem) -> Solution | None:
    """The solution kept for a problem, if there is one and it is whole."""
    try:
        tensors = load(path_of(problem).read_bytes())
        if tensors.pop("digest").tobytes() != _digest(tensors):
            return None
        gap, residual, closure_residual, exact_rank = tensors["numbers"].tolist()
        return Solution(
            tensors["basis"], tensors["singular_values"], gap, residual, closure_residual, exact_rank=int(exact_rank)
        )
    except (OSError, SafetensorError, ValueError, KeyError, TypeError):
        return None


def write(problem: Problem, solution: Solution, seconds: float) -> None:
    """Keep a solution, if it can be kept and took longer (`seconds`) to find than it will take to read back."""
    if solution.basis.nbytes > min(_READING * seconds, _LARGEST):
        return
    numbers = [solution.gap, solution.residual, solution.closure_residual, float(solution.exact_rank)]
    tensors = {
        "basis": solution.basis,
        "singular_values": solution.singular_values,
        "numbers": np.array(numbers),
    }
    tensors["digest"] = np.frombuffer(_digest(tensors), dtype=np.uint8)
    path = path_of(problem)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, save({name: np.ascontiguousarray(array) for name, array in tensors.items()}))


def _digest(tensors: dict[str, np.ndarray]) -> bytes:
    return checksum(tensors, ("basis", "singular_values", "numbers"), size=32)
