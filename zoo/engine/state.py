"""`State`: all that a run needs to go on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from .average import Average
from .checkpoint import Checkpoint
from .journal import Journal
from .tensors import assign, module_tensors, optimizer_state, restore_optimizer


@dataclass
class State:
    """A run before step `step`.

    Attributes
    ----------
    best : dict of Tensor
        Weights of the best validation so far; empty before the first.
    """

    module: nn.Module
    optimizers: list[Optimizer]
    average: Average | None
    journal: Journal
    step: int = 0
    best: dict[str, Tensor] = field(default_factory=dict)

    def to_checkpoint(self, identity: dict[str, Any]) -> Checkpoint:
        """Everything as tensors and plain data."""
        tensors = {f"module.{name}": tensor for name, tensor in module_tensors(self.module).items()}
        scalars = []
        for number, optimizer in enumerate(self.optimizers):
            state, plain = optimizer_state(optimizer)
            tensors.update({f"optimizer.{number}.{name}": tensor for name, tensor in state.items()})
            scalars.append(plain)
        if self.average is not None:
            tensors.update({f"average.{name}": tensor for name, tensor in self.average.tensors.items()})
        tensors.update({f"best.{name}": tensor for name, tensor in self.best.items()})
        header = {"identity": identity, "optimizers": scalars, "journal": self.journal.state()}
        return Checkpoint(self.step, tensors, header)

    def restore(self, found: Checkpoint, device: torch.device) -> None:
        """Put everything back.

        Raises
        ------
        WeightsError
            If the checkpoint is of another module.
        """
        assign(module_tensors(self.module), _part(found, "module"), "module")
        for number, optimizer in enumerate(self.optimizers):
            restore_optimizer(optimizer, _part(found, f"optimizer.{number}"), found.header["optimizers"][number])
        if self.average is not None:
            assign(self.average.tensors, _part(found, "average"), "average")
        self.best = {name: tensor.to(device) for name, tensor in _part(found, "best").items()}
        self.journal.restore(found.header["journal"])
        self.step = found.step


def _part(found: Checkpoint, prefix: str) -> dict[str, Tensor]:
    """Tensors under one prefix, without it."""
    start = len(prefix) + 1
    return {name[start:]: tensor for name, tensor in found.tensors.items() if name.startswith(f"{prefix}.")}
