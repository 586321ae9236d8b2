"""The safetensors container, read without torch: enough to find damage and to say what a foreign file really is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, BinaryIO

from ..errors import WeightsError

# The names that safetensors gives to the dtypes accepted here. complex128 is not among them: no build of
# safetensors stores it, and nothing in zoo needs weights finer than complex64.
DTYPES = frozenset(["BOOL", "U8", "I8", "I16", "I32", "I64", "F16", "BF16", "F32", "F64", "C64"])
_LENGTH = 8  # bytes of the little-endian length that starts the file
_LONGEST_HEADER = 100_000_000  # the limit of the format
_AGAIN = "get the file again from where it came from"


@dataclass(frozen=True)
class Container:
    """The table of contents of a safetensors file."""

    start: int  # of the tensors' data, in bytes from the start of the file
    metadata: dict[str, str]
    tensors: dict[str, dict[str, Any]]


def read_container(stream: BinaryIO, size: int, where: str) -> Container:
    """Read and check the table of contents of a file of `size` bytes.

    Raises
    ------
    WeightsError
        If it is no safetensors file, is cut short, or holds a dtype that is refused.
    """
    head = stream.read(_LENGTH + 256)
    _refuse_foreign(head, size, where)
    length = int.from_bytes(head[:_LENGTH], "little")
    if length > min(size, _LONGEST_HEADER):
        if head[_LENGTH : _LENGTH + 1] == b"{" and length <= _LONGEST_HEADER:
            raise WeightsError(f"{where}: truncated inside its header ({size} bytes are there); {_AGAIN}")
        raise WeightsError(f"{where}: not a safetensors file, or damaged at its start; {_AGAIN}")
    stream.seek(_LENGTH)
    text = stream.read(length)
    if len(text) < length:
        raise WeightsError(f"{where}: truncated inside its header ({size} bytes are there); {_AGAIN}")
    table = _parse(text, where)
    metadata = table.pop("__metadata__", {})
    _check_extent(table, size - _LENGTH - length, where)
    return Container(_LENGTH + length, metadata if isinstance(metadata, dict) else {}, table)


def _refuse_foreign(head: bytes, size: int, where: str) -> None:
    """Recognise what is often found under the name of a weights file."""
    if size == 0:
        raise WeightsError(f"{where}: the file is empty; {_AGAIN}")
    if size < _LENGTH + 2:
        raise WeightsError(f"{where}: truncated, only {size} bytes are there; {_AGAIN}")
    if head[_LENGTH : _LENGTH + 1] == b"{":
        return  # safetensors: its first bytes are a length, and may look like anything
    if (head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05") or head[:4] == b"PK\x03\x04":
        raise WeightsError(
            f"{where}: this is a pickle or torch.save file, whatever its name; zoo never opens those, since they can "
            "run code. Convert it where you trust it, with safetensors.torch.save_file, or get the safetensors file"
        )
    text = head.lstrip().lower()
    if text.startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<body")):
        raise WeightsError(
            f"{where}: this is a web page, not weights (a login or error page was saved in its place?); "
            "download the file itself"
        )
    if text.startswith(b"version https://git-lfs"):
        raise WeightsError(f"{where}: this is a git-lfs pointer, not the file itself; run: git lfs pull")
    if head.startswith((b"\x89HDF", b"\x93NUMPY", b"\x1f\x8b")):
        raise WeightsError(f"{where}: this is an HDF5, NumPy or gzip file, not safetensors; {_AGAIN}")


def _parse(text: bytes, where: str) -> dict[str, Any]:
    try:
        table = json.loads(text)
    except ValueError:
        table = None
    if not isinstance(table, dict):
        raise WeightsError(f"{where}: not a safetensors file, or its header is damaged; {_AGAIN}")
    return table


def _check_extent(table: dict[str, Any], available: int, where: str) -> None:
    """Every tensor of a known dtype, and the data exactly as long as the table says."""
    end = 0
    for name, item in table.items():
        try:
            dtype, offsets = item["dtype"], item["data_offsets"]
            end = max(end, int(offsets[1]))
        except (TypeError, KeyError, IndexError, ValueError) as error:
            raise WeightsError(f"{where}: the header's row of {name} is damaged; {_AGAIN}") from error
        if dtype in ("C128", "COMPLEX128"):
            raise WeightsError(
                f"{where}: the tensor {name} is complex128, which zoo does not take; save it as complex64"
            )
        if dtype not in DTYPES:
            raise WeightsError(
                f"{where}: the tensor {name} has the dtype {dtype!r}; expected one of {', '.join(sorted(DTYPES))}"
            )
    if available < end:
        raise WeightsError(f"{where}: truncated, {end - available} bytes are missing at the end; {_AGAIN}")
    if available > end:
        raise WeightsError(f"{where}: {available - end} bytes too many at the end, so it is damaged; {_AGAIN}")
