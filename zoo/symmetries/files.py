"""Algebras in safetensors files: the basis, and a header with its coefficients, fingerprint and digest."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from os import PathLike
from pathlib import Path

import torch
from torch import Tensor

from ..errors import SymmetryError
from . import coefficients as distributions
from .coefficients import Coefficients

FORMAT = "zoo-symmetry-1"
_HEADER = "zoo"
_TENSOR = "symmetry.basis"


def write(path: str | PathLike[str], basis: Tensor, coefficients: Coefficients, fingerprint: str) -> None:
    """Write one algebra to a temporary file beside `path`, then move it there."""
    from safetensors.torch import save

    header = {
        "format": FORMAT,
        "coefficients": distributions.to_dict(coefficients),
        "fingerprint": fingerprint,
        "digest": _digest(basis),
    }
    data = save({_TENSOR: basis.contiguous()}, metadata={_HEADER: json.dumps(header, sort_keys=True)})
    target = Path(path)
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(6)}")  # unlike mkstemp's, readable by all
    try:
        temporary.write_bytes(data)
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def read(path: str | PathLike[str]) -> tuple[Tensor, Coefficients]:
    """Basis and coefficients of a file that `write` made.

    Raises
    ------
    SymmetryError
        If the file is missing, damaged, or is something else.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            header = json.loads((file.metadata() or {}).get(_HEADER, "null"))
            names = list(file.keys())
            basis = file.get_tensor(_TENSOR) if _TENSOR in names else None
    except (OSError, SafetensorError, ValueError) as error:
        raise SymmetryError(
            f"cannot read a symmetry from {path}: {error}. Expected a complete safetensors file written by "
            "LieAlgebra.to_file; fetch or write it again"
        ) from error
    if not isinstance(header, dict) or header.get("format") != FORMAT or basis is None:
        found = header.get("format") if isinstance(header, dict) else None
        raise SymmetryError(
            f"{path} holds no symmetry: expected format {FORMAT!r} with the tensor {_TENSOR!r}, "
            f"found format {found!r} with {names}. For the symmetry of a network load the network"
        )
    if basis.dtype != torch.float64 or header.get("digest") != _digest(basis):
        raise SymmetryError(f"{path} is damaged: its basis does not have the digest in its header. Fetch it again")
    return basis, distributions.from_dict(header.get("coefficients", {}))


def _digest(basis: Tensor) -> str:
    return hashlib.sha256(str(tuple(basis.shape)).encode() + basis.contiguous().numpy().tobytes()).hexdigest()
