"""What makes two runs the same: compared before one goes on from the other's checkpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ..errors import ConfigError
from .schedule import Schedule
from .world import World

_MACHINE = {"params", "foreach", "fused", "capturable", "differentiable"}
"""Settings of a parameter group that say how, and not what, is computed."""


def identity(
    schedule: Schedule, data: tuple[Tensor, ...], optimizers: list[Optimizer], module: nn.Module, world: World
) -> dict[str, Any]:
    """All that the final weights depend on, as plain data."""
    return {
        "schedule": schedule.identity(),
        "data": [_describe(tensor) for tensor in data],
        "optimizers": [_settings(optimizer) for optimizer in optimizers],
        "parameters": sum(parameter.numel() for parameter in module.parameters()),
        "processes": world.processes,
        "precision": world.precision,
    }


def refuse_another_run(folder: Path, saved: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Compare the identity of the run in a checkpoint with that of this one.

    Raises
    ------
    ConfigError
        Naming each setting that differs.
    """
    before, here = _leaves(saved), _leaves(now)
    differences = [
        f"{name} was {before.get(name, 'not set')!r} and is now {here.get(name, 'not set')!r}"
        for name in sorted(before.keys() | here.keys())
        if before.get(name) != here.get(name)
    ]
    if differences:
        raise ConfigError(
            f"cannot resume from {folder}, which holds another run: {'; '.join(differences[:6])}. "
            "Give the same settings and data, or start anew in another folder"
        )


def _leaves(data: Any, prefix: str = "") -> dict[str, Any]:
    """Nested plain data as one mapping from dotted names, after a trip through JSON."""
    if prefix == "":
        data = json.loads(json.dumps(data))
    if isinstance(data, dict):
        items = data.items()
    elif isinstance(data, list) and any(isinstance(item, (dict, list)) for item in data):
        items = enumerate(data)
    else:
        return {prefix: data}
    return {k: v for key, item in items for k, v in _leaves(item, f"{prefix}.{key}" if prefix else str(key)).items()}


def _settings(optimizer: Optimizer) -> dict[str, Any]:
    groups = []
    for group in optimizer.param_groups:
        plain = {key: list(v) if isinstance(v, tuple) else v for key, v in group.items() if key not in _MACHINE}
        plain["lr"] = float(group["lr"])
        groups.append({key: value for key, value in plain.items() if not isinstance(value, Tensor)})
    return {"name": type(optimizer).__name__, "groups": groups}


def _describe(tensor: Any) -> dict[str, Any]:
    """Shape, dtype and rounded norms of a data tensor: enough to notice other data, or another order."""
    if hasattr(tensor, "identity"):  # what is kept in another form than it is used in
        return tensor.identity()
    if not isinstance(tensor, Tensor):  # rows of unequal length
        return {"shape": list(tensor.shape), "values": _describe(tensor.values), "counts": _describe(tensor.counts)}
    rows = tensor.detach() if tensor.is_floating_point() else tensor.detach().double()
    norms = [float(torch.linalg.vector_norm(part, dtype=torch.float64)) for part in (rows, rows[: len(rows) // 2])]
    return {"shape": list(tensor.shape), "dtype": str(tensor.dtype), "norms": [f"{norm:.8e}" for norm in norms]}
