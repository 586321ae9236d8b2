"""Building a module whose values are about to be replaced: its tensors are allocated, and never filled."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

_FILLS = frozenset(
    [Tensor.normal_, Tensor.uniform_, Tensor.bernoulli_, Tensor.exponential_, Tensor.cauchy_, Tensor.log_normal_]
)
_FACTORIES = {torch.randn: torch.empty, torch.rand: torch.empty}
_LIKE = {torch.randn_like: torch.empty_like, torch.rand_like: torch.empty_like}


class Unfilled(TorchFunctionMode):
    """While it is active, random initialisation leaves tensors as they were allocated.

    The meta device would do the same, but the first random factory on it makes torch import its compiler, which takes
    seconds; and what a family derives (a solved basis) has values here, which it could not have there.
    """

    def __torch_function__(self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        kwargs = dict(kwargs or {})
        if func in _FILLS:
            return args[0]
        if getattr(func, "__module__", None) == "torch.nn.init":
            return args[0] if args else kwargs["tensor"]
        if func in _FACTORIES:
            kwargs.pop("generator", None)
            return _FACTORIES[func](*args, **kwargs)
        if func in _LIKE:
            return _LIKE[func](*args, **kwargs)
        return func(*args, **kwargs)
