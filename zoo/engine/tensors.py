"""Modules and optimisers as named tensors and plain data, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ..errors import ConfigError, WeightsError


def module_tensors(module: nn.Module) -> dict[str, Tensor]:
    """Parameters and persistent buffers by name, sharing memory with the module.

    Not `state_dict`, in which some third-party modules put things that are no tensors.
    """
    tensors = {name: parameter.detach() for name, parameter in module.named_parameters()}
    for path, owner in module.named_modules():
        for name, buffer in owner.named_buffers(recurse=False):
            if name not in owner._non_persistent_buffers_set:
                tensors[f"{path}.{name}" if path else name] = buffer
    return tensors


@torch.no_grad()
def assign(targets: Mapping[str, Tensor], values: Mapping[str, Tensor], what: str) -> None:
    """Copy values into tensors of the same names and shapes.

    Raises
    ------
    WeightsError
        If names or shapes differ; nothing is changed then.
    """
    if targets.keys() != values.keys():
        odd = sorted(targets.keys() ^ values.keys())
        raise WeightsError(f"the checkpoint's {what} is of another module: {odd[0]!r} is in only one of them")
    for name, target in targets.items():
        if target.shape != values[name].shape:
            shapes = f"{tuple(values[name].shape)} in the checkpoint and {tuple(target.shape)} here"
            raise WeightsError(f"the checkpoint's {what} is of another module: {name!r} has shape {shapes}")
    for name, target in targets.items():
        target.copy_(values[name])


def optimizer_state(optimizer: Optimizer) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """State of an optimiser: tensors, and scalars, both by ``"<parameter number>.<key>"``.

    Raises
    ------
    ConfigError
        If it holds anything else.
    """
    tensors, scalars = {}, {}
    for number, state in optimizer.state_dict()["state"].items():
        for key, value in state.items():
            if isinstance(value, Tensor):
                tensors[f"{number}.{key}"] = value
            elif value is None or isinstance(value, (bool, int, float, str)):
                scalars[f"{number}.{key}"] = value
            else:
                raise ConfigError(
                    f"{type(optimizer).__name__} keeps a {type(value).__name__} in its state ({key!r}), which a "
                    "checkpoint cannot hold; use an optimiser whose state is tensors and numbers, such as AdamW"
                )
    return tensors, scalars


def restore_optimizer(optimizer: Optimizer, tensors: Mapping[str, Tensor], scalars: Mapping[str, Any]) -> None:
    """Put back what `optimizer_state` took; the settings of the parameter groups stay as they are."""
    state: dict[int, dict[str, Any]] = {}
    for name, value in {**tensors, **scalars}.items():
        number, key = name.split(".", 1)
        state.setdefault(int(number), {})[key] = value
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def dense(rows: Any) -> Tensor:
    """A batch as a tensor: rows of unequal length say themselves, by `dense`, how they are padded."""
    return rows if isinstance(rows, Tensor) else rows.dense()


def everything_finite(tensors: Mapping[str, Tensor]) -> bool:
    """Whether no tensor holds NaN or an infinity."""
    return all(bool(torch.isfinite(tensor).all()) for tensor in tensors.values())
