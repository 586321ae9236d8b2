"""Weights files in and out: written atomically, read whole and checked before a tensor is handed over."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..atomic import write_atomically
from ..errors import WeightsError
from .container import read_container
from .header import NO_DIGEST, Header

if TYPE_CHECKING:
    from torch import Tensor

_KEY = "zoo"  # one metadata key only: the order of several is not fixed, and equal weights should be equal files


class FileHash(NamedTuple):
    """What a registry entry records of a file."""

    sha256: str
    bytes: int


def file_hash(path: str | os.PathLike[str]) -> FileHash:
    """SHA-256 and size of a file.

    Raises
    ------
    WeightsError
        If it cannot be read.
    """
    digest, size = hashlib.sha256(), 0
    try:
        with open(path, "rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
                size += len(block)
    except OSError as error:
        raise _unreadable(path, error) from error
    return FileHash(digest.hexdigest(), size)


def save_weights(path: str | os.PathLike[str], tensors: dict[str, Tensor], header: Header) -> FileHash:
    """Write a weights file: to a temporary name beside `path`, then renamed over it.

    The same tensors and header give the same bytes.

    Raises
    ------
    WeightsError
        If a tensor or the header cannot be stored; nothing is written then.
    """
    import torch
    from safetensors.torch import save

    plain = {}
    for name, tensor in tensors.items():
        if tensor.dtype == torch.complex128:
            raise WeightsError(f"cannot save {name}: weights in complex128 are not stored; convert it to complex64")
        if tensor.is_meta:
            raise WeightsError(f"cannot save {name}: it is on the meta device and has no values yet")
        plain[name] = tensor.detach().to("cpu", copy=True).contiguous()
    blank = dataclasses.replace(header, digest=NO_DIGEST).to_json()
    try:
        data = save(plain, metadata={_KEY: blank})
    except (KeyError, ValueError, RuntimeError) as error:
        raise WeightsError(f"cannot save {os.fspath(path)}: safetensors refuses a tensor ({error})") from error
    start = 8 + int.from_bytes(data[:8], "little")
    data = _with_digest(data[:start], NO_DIGEST, hashlib.sha256(data).hexdigest()) + data[start:]
    try:
        write_atomically(path, data)
    except OSError as error:
        raise WeightsError(f"cannot write {os.fspath(path)}: {error.strerror}; does its folder exist?") from error
    return FileHash(hashlib.sha256(data).hexdigest(), len(data))


def read_header(path: str | os.PathLike[str]) -> Header:
    """The header alone: quick, whatever the size of the file, and without torch.

    Truncation is noticed; a flipped bit only by `read_weights`.

    Raises
    ------
    WeightsError
        If the file cannot be read or is not a weights file of zoo.
    """
    where = os.fspath(path)
    try:
        with open(path, "rb") as stream:
            container = read_container(stream, os.fstat(stream.fileno()).st_size, where)
    except OSError as error:
        raise _unreadable(path, error) from error
    return _header(container.metadata, container.tensors, where)


def read_weights(
    path: str | os.PathLike[str], *, sha256: str | None = None, size: int | None = None
) -> tuple[dict[str, Tensor], Header]:
    """All tensors (on the CPU) and the header, after every check has passed.

    Parameters
    ----------
    sha256, size
        What the registry says of the file, where it is known.

    Raises
    ------
    WeightsError
        If the file is missing, foreign, truncated, damaged, or another one than the registry names.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    where = os.fspath(path)
    try:
        data = Path(path).read_bytes()  # once: what is checked is what is loaded, whoever replaces the file meanwhile
    except OSError as error:
        raise _unreadable(path, error) from error
    container = read_container(io.BytesIO(data), len(data), where)
    header = _header(container.metadata, container.tensors, where)
    _check_digest(data, container.start, header.digest, where)
    _check_against_registry(data, sha256, size, where)
    try:
        return load(data), header
    except (SafetensorError, ValueError, RuntimeError) as error:
        raise WeightsError(f"{where}: safetensors cannot read it ({error}); get the file again") from error


def _header(metadata: dict[str, str], tensors: dict, where: str) -> Header:
    if not isinstance(metadata.get(_KEY), str):
        raise WeightsError(
            f"{where}: a safetensors file, but not one of zoo: its header names no family, no config and no "
            "symmetry. Build the module with zoo.build, load these tensors into it, and use zoo.save(model, path)"
        )
    header = Header.from_json(metadata[_KEY], where)
    if header.has_basis != ("symmetry.basis" in tensors):
        has, lacks = ("names a symmetry", "no") if header.has_basis else ("names no symmetry", "a")
        raise WeightsError(f"{where}: its header {has}, but {lacks} tensor symmetry.basis is in it; get the file again")
    return header


def _check_digest(data: bytes, start: int, digest: str, where: str) -> None:
    """The digest covers every byte of the file, itself replaced by zeros."""
    found = hashlib.sha256(_with_digest(data[:start], digest, NO_DIGEST))
    found.update(memoryview(data)[start:])
    if found.hexdigest() != digest:
        raise WeightsError(
            f"{where}: damaged, its content does not match the digest in its header; "
            "get the file again from where it came from (zoo verify checks all that is installed)"
        )


def _with_digest(head: bytes, old: str, new: str) -> bytes:
    """The start of the file with the digest exchanged; the quotes are escaped, for it is JSON within JSON."""
    mark = rb"\"digest\":\""
    return head.replace(mark + old.encode(), mark + new.encode(), 1)


def _check_against_registry(data: bytes, sha256: str | None, size: int | None, where: str) -> None:
    if size is not None and len(data) != size:
        raise WeightsError(f"{where}: {len(data)} bytes, and the registry says {size}: another file; {_REINSTALL}")
    if sha256 is not None and (found := hashlib.sha256(data).hexdigest()) != sha256:
        raise WeightsError(
            f"{where}: its sha256 is {found[:16]}..., and the registry says {sha256[:16]}...: another file; "
            f"{_REINSTALL}"
        )


_REINSTALL = "reinstall zoo, or make the weights again with zoo train NAME"


def _unreadable(path: str | os.PathLike[str], error: OSError) -> WeightsError:
    where = os.fspath(path)
    if isinstance(error, FileNotFoundError):
        return WeightsError(f"{where}: no such file; check the path (zoo list names what the registry holds)")
    return WeightsError(f"{where}: cannot be read ({error.strerror}); check the path and its permissions")
