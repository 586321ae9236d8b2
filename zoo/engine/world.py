"""The processes that train together, as accelerate sets them up."""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import ConfigError, require


@dataclass(frozen=True)
class World:
    """This process's place among those that `accelerate launch` started (or the only one)."""

    accelerator: Any
    device: torch.device

    @classmethod
    def join(cls, device: str | torch.device | None = None) -> World:
        """Join the processes of this run.

        Parameters
        ----------
        device : str or torch.device, optional
            Where to train; accelerate's choice (a GPU where there is one) by default.

        Raises
        ------
        MissingExtra
            If accelerate is not installed.
        ConfigError
            If the device is not there, contradicts ``accelerate launch``, or the mixed precision needs loss scaling.
        """
        # without cpu=True, accelerate leaves processes on a machine without a GPU unconnected, each training alone
        accelerator = require("accelerate", "train").Accelerator(cpu=not torch.cuda.is_available())
        launched = int(os.environ.get("WORLD_SIZE") or accelerator.num_processes)
        if accelerator.num_processes != launched:
            raise ConfigError(
                f"{launched} processes were launched, but accelerate connects {accelerator.num_processes} of them; "
                "set ACCELERATE_USE_CPU=true to train on CPUs"
            )
        chosen = accelerator.device if device is None else torch.device(device)
        if chosen.type == "cuda" and not torch.cuda.is_available():
            raise ConfigError(f'cannot train on "{chosen}": torch sees no GPU here; use device="cpu"')
        if accelerator.num_processes > 1 and chosen.type != accelerator.device.type:
            raise ConfigError(
                f'device is "{chosen}", but accelerate launch gave this process "{accelerator.device}"; '
                "leave device away, or launch with --cpu"
            )
        if accelerator.mixed_precision not in ("no", "bf16"):
            raise ConfigError(
                f'mixed precision "{accelerator.mixed_precision}" needs loss scaling, which zoo does not do; '
                'use "bf16" or "no"'
            )
        if accelerator.num_processes > 1:
            atexit.register(_leave)
            chosen = accelerator.device
        elif chosen.type == "cuda" and chosen.index is None:  # tensors say "cuda:0", and are compared with this
            chosen = torch.device("cuda", torch.cuda.current_device())
        return cls(accelerator, chosen)

    @property
    def rank(self) -> int:
        """Number of this process, from zero."""
        return self.accelerator.process_index

    @property
    def processes(self) -> int:
        """Number of processes."""
        return self.accelerator.num_processes

    @property
    def is_main(self) -> bool:
        """Whether this process writes files and shows progress."""
        return self.accelerator.is_main_process

    @property
    def precision(self) -> str:
        """``"no"`` (as the module is) or ``"bf16"``."""
        return self.accelerator.mixed_precision

    def autocast(self) -> AbstractContextManager[object]:
        """Mixed precision, where ``accelerate launch --mixed_precision bf16`` asked for it."""
        return torch.autocast(self.device.type, torch.bfloat16) if self.precision == "bf16" else nullcontext()

    def wait(self) -> None:
        """Wait for the other processes."""
        if self.processes > 1:
            self.accelerator.wait_for_everyone()

    def mean(self, value: Tensor) -> Tensor:
        """The mean of a tensor over the processes."""
        return self.accelerator.reduce(value.detach().clone(), reduction="mean")

    def average_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replace gradients by their mean over the processes, in one message for each dtype.

        Plain messages after the backward pass, rather than a wrapped module with hooks: a learner may then have
        several backward passes over parts of its module in one step.
        """
        by_dtype: dict[torch.dtype, list[Tensor]] = {}
        for parameter in parameters:
            if parameter.grad is not None:
                by_dtype.setdefault(parameter.grad.dtype, []).append(parameter.grad)
        for gradients in by_dtype.values():
            flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
            pieces = self.mean(flat).split([gradient.numel() for gradient in gradients])
            torch._foreach_copy_(gradients, [p.view_as(g) for p, g in zip(pieces, gradients, strict=True)])

    def same_everywhere(self, tensors: Iterable[Tensor]) -> None:
        """Overwrite tensors with those of the main process."""
        if self.processes > 1:
            from accelerate.utils import broadcast

            with torch.no_grad():
                for tensor in tensors:
                    tensor.copy_(broadcast(tensor.detach().clone()))

    def agree(self, value: Any) -> Any:
        """The main process's value, in every process."""
        if self.processes == 1:
            return value
        from accelerate.utils import broadcast_object_list

        return broadcast_object_list([value])[0]


def _leave() -> None:
    """Leave the group before the interpreter goes: its threads, if left running, abort the process (exit code -6)."""
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
