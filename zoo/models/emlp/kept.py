"""Keep what is derived from parameters for as long as the parameters stay the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import torch
from torch import nn

T = TypeVar("T")


class Kept:
    """Dense weights that are made once in evaluation mode and dropped when a parameter changes.

    Nothing is kept while a gradient may be asked for, so that fine-tuning in evaluation mode still trains.
    """

    def __init__(self) -> None:
        self._key: tuple | None = None
        self._value: object = None

    def get(self, module: nn.Module, make: Callable[[], T]) -> T:
        """`make()`, or what it gave the last time."""
        parameters = list(module.parameters())
        wants_gradient = torch.is_grad_enabled() and any(p.requires_grad for p in parameters)
        # the version of a tensor made in inference mode is not counted: a change could not be seen
        if module.training or wants_gradient or not parameters or any(p.is_inference() for p in parameters):
            return make()
        key = tuple((id(p), p.data_ptr(), p._version, p.dtype, p.device) for p in parameters)
        if key != self._key:
            # outside inference mode, so that what is kept also serves a later call that records gradients
            with torch.inference_mode(False), torch.no_grad():
                self._value = make()
            self._key = key
        return cast(T, self._value)

    def drop(self) -> None:
        """Forget what is kept."""
        self._key = self._value = None

    def __deepcopy__(self, memo: dict) -> Kept:
        return Kept()

    def __getstate__(self) -> dict:
        return {"_key": None, "_value": None}
