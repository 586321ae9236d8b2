"""`save`: a module into a weights file that stands alone."""

from __future__ import annotations

import json
import os
from typing import Any

from torch import Tensor, nn

from ..errors import SymmetryError, WeightsError
from ..symmetries import LieAlgebra
from ..symmetries.coefficients import to_dict
from ..weights import FileHash, Header, save_weights
from .meaning import BASIS
from .probing import probe
from .providers import kind

PARAMETERS = "model."
_EXACT = 1e-9  # residual of a recognised name that is only rounding


def save(
    model: nn.Module,
    path: str | os.PathLike[str],
    *,
    name: str | None = None,
    training: dict[str, Any] | None = None,
) -> FileHash:
    """Write a module with its symmetry, family and config; `zoo.load(path)` needs nothing else.

    Parameters
    ----------
    model : Module
        Made by `zoo.build`, `zoo.load`, `zoo.discover`, or anything with `.family`, `.config` and `.symmetry`.
    path : path
        Should end in ``.safetensors``. Replaced atomically.
    name : str, optional
        The registry entry that the weights are for.
    training : dict, optional
        A summary of how they came about, plain data.

    Returns
    -------
    FileHash
        SHA-256 and size, as a registry entry records them.

    Raises
    ------
    WeightsError
        If the module or its config cannot be stored.
    """
    family, config = getattr(model, "family", None), getattr(model, "config", None)
    if not isinstance(family, str) or not isinstance(config, dict) or not hasattr(model, "symmetry"):
        raise WeightsError(
            f"cannot save a {type(model).__name__}: a module needs .family, .config and .symmetry, by which it can be "
            "built again; make it with zoo.build or zoo.load"
        )
    tensors = {PARAMETERS + key: value for key, value in model.state_dict().items() if isinstance(value, Tensor)}
    # what was given: a network that is built on the nearest exact algebra derives that one again
    algebra = getattr(model, "discovered", None) or model.symmetry
    fingerprint = getattr(model, "fingerprint", None)  # of fields that are parameters of the module itself
    if isinstance(algebra, LieAlgebra):
        tensors[BASIS] = algebra.basis
        described = _described(algebra)
    elif algebra is None:
        described = None
    elif fingerprint is not None:
        described = _described_fields(algebra, fingerprint)
    else:
        raise WeightsError("beside the weights only a LieAlgebra can be stored; use to_algebra() of the field")
    header = Header(
        kind=kind(model),
        family=family,
        config=_plain(config),
        symmetry=described,
        name=name,
        training=_plain(training or {}),
        probe=probe(model),
    )
    return save_weights(path, tensors, header)


def _described(algebra: LieAlgebra) -> dict[str, Any]:
    """What the header says of a symmetry; its recognised name is for cards, which are shown without torch."""
    described = {"fingerprint": algebra.fingerprint, "coefficients": to_dict(algebra.coefficients)}
    try:
        found = algebra.recognise()
    except SymmetryError:  # weights that took hours are not lost for the want of a name
        return described
    exact = found.residual < _EXACT
    return {**described, "recognised": found.name if exact else f"{found.name} within {found.residual:.1g}"}


def _described_fields(fields: Any, fingerprint: str) -> dict[str, Any]:
    """What the header says of vector fields."""
    named = f"{fields.c} vector field{'s' * (fields.c != 1)} on ({', '.join(fields.coordinates)})"
    return {"fingerprint": fingerprint, "coefficients": {}, "fields": fields.c, "recognised": named}


def _plain(data: dict[str, Any]) -> dict[str, Any]:
    """As it will be read back: tuples are lists."""
    try:
        return json.loads(json.dumps(data, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise WeightsError(
            f"cannot save: config and training must be numbers, strings, booleans, lists or mappings ({error})"
        ) from error
