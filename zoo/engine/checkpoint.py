"""Checkpoint files: safetensors with a JSON header and a digest, written atomically, the last two kept."""

from __future__ import annotations

import hashlib
import json
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..atomic import write_atomically
from ..errors import WeightsError

_FORMAT = "zoo-checkpoint-1"
_NAME = re.compile(r"^checkpoint-(\d{10})\.safetensors$")
_KEPT = 2


@dataclass(frozen=True)
class Checkpoint:
    """A run as it stood before step `step`.

    Attributes
    ----------
    step : int
        The step to do next.
    tensors : dict of Tensor
        On the CPU.
    header : dict
        Plain data: `identity` of the run, scalars of the optimisers, history.
    """

    step: int
    tensors: Mapping[str, Tensor]
    header: Mapping[str, Any]


def path_of(folder: Path, step: int) -> Path:
    """File of the checkpoint before `step`."""
    return folder / f"checkpoint-{step:010d}.safetensors"


def paths_in(folder: Path) -> list[Path]:
    """Checkpoint files of a folder, newest first."""
    if not folder.is_dir():
        return []
    return sorted((path for path in folder.iterdir() if _NAME.match(path.name)), reverse=True)


def write(folder: Path, checkpoint: Checkpoint) -> Path:
    """Write a checkpoint under its final name in one go, then drop all but the last two."""
    from safetensors.torch import save

    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in checkpoint.tensors.items()}
    header = json.dumps({"step": checkpoint.step, **checkpoint.header})
    metadata = {"format": _FORMAT, "header": header, "digest": _digest(tensors, header)}
    path = path_of(folder, checkpoint.step)
    write_atomically(path, save(tensors, metadata))
    for old in [*paths_in(folder)[_KEPT:], *_partial(folder)]:
        old.unlink(missing_ok=True)
    return path


def read(path: Path) -> Checkpoint:
    """Read and check one file.

    Raises
    ------
    WeightsError
        If it is truncated, changed, or no checkpoint.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
        header = metadata["header"]
        if metadata["format"] != _FORMAT or metadata["digest"] != _digest(tensors, header):
            raise WeightsError(f"{path}: its contents do not match its digest")
        plain = json.loads(header)
        return Checkpoint(plain.pop("step"), tensors, plain)
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise WeightsError(f"{path} is not a whole checkpoint ({error})") from error


def read_latest(folder: Path) -> Checkpoint | None:
    """The newest checkpoint that is whole, or None where there is no file.

    Warns
    -----
    UserWarning
        For every damaged file that is passed over.

    Raises
    ------
    WeightsError
        If there are files, and all are damaged.
    """
    paths = paths_in(folder)
    for path in paths:
        try:
            return read(path)
        except WeightsError as error:
            warnings.warn(f"passing over a damaged checkpoint: {error}", UserWarning, stacklevel=2)
    if paths:
        raise WeightsError(f"every checkpoint in {folder} is damaged; delete the folder to start over")
    return None


def clear(folder: Path) -> None:
    """Remove the checkpoints of a folder, and the folder where nothing else is in it."""
    if not folder.is_dir():
        return
    for path in [*paths_in(folder), *_partial(folder)]:
        path.unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()


def _digest(tensors: Mapping[str, Tensor], header: str) -> str:
    digest = hashlib.blake2b(header.encode(), digest_size=16)
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _partial(folder: Path) -> list[Path]:
    """What a process that was killed while writing left behind."""
    return list(folder.glob(".checkpoint-*.part"))
