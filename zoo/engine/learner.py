"""What is trained and how one step goes (`Learner`), and what the loop gives to a step (`Fit`)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from .batches import mix
from .world import World


class Learner(Protocol):
    """What is trained and how one step goes.

    Attributes
    ----------
    module : nn.Module
        Holds every parameter and buffer that the training changes.
    """

    module: nn.Module

    def optimizers(self) -> list[Optimizer]:
        """The optimisers, always the same objects in the same order."""
        ...

    def step(self, batch: tuple[Tensor, ...], fit: Fit) -> dict[str, Tensor]:
        """One step: forward, ``fit.backward(loss)``, ``optimizer.step()``.

        Returns
        -------
        dict of Tensor
            Detached scalars, still on the device (no ``.item()``: it would wait for the device). The first is
            what the progress bar shows.
        """
        ...


class Fit:
    """The run that a step belongs to.

    Attributes
    ----------
    step, epoch, total : int
        Number of this step and of its epoch, from zero, and the number of steps altogether.
    device : torch.device
        Where module and batches live.
    rank, processes : int
        Number of this process, and of processes.
    generator : torch.Generator
        On `device`, seeded anew from (seed, step, rank) before every step: draw all random numbers from it.
    shared : torch.Generator
        The same in every process, from (seed, step): for what changes the module itself.
    """

    def __init__(self, module: nn.Module, world: World, seed: int, total: int, per_epoch: int) -> None:
        self.module, self.total, self.device = module, total, world.device
        self.rank, self.processes = world.rank, world.processes
        self.step = self.epoch = 0
        self.generator = torch.Generator(device=world.device)
        self.shared = torch.Generator(device=world.device)
        self._world, self._seed, self._per_epoch = world, seed, per_epoch

    def at(self, step: int) -> None:
        """Move on to a step: seeds its generator, and torch's own (dropout) beside it."""
        self.step, self.epoch = step, step // self._per_epoch
        seed = mix(self._seed, step, self.rank)
        self.generator.manual_seed(seed)
        self.shared.manual_seed(mix(self._seed, step))
        torch.default_generator.manual_seed(seed)
        if self.device.type == "cuda":
            torch.cuda.default_generators[self.device.index or 0].manual_seed(seed)

    def mean(self, value: Tensor) -> Tensor:
        """The mean of a tensor over the processes, for what a step keeps beside gradients (running statistics)."""
        return self._world.mean(value) if self.processes > 1 else value

    def backward(self, loss: Tensor, parameters: Iterable[nn.Parameter] | None = None) -> None:
        """Gradients of `loss`, averaged over the processes.

        Parameters
        ----------
        loss : Tensor
            Scalar; the mean over this process's share of the batch.
        parameters : iterable of Parameter, optional
            Where given, the gradient is taken with respect to these alone: a generator's step then leaves no
            gradient in the discriminator.
        """
        chosen = None if parameters is None else [p for p in parameters if p.requires_grad]
        torch.autograd.backward(loss, inputs=chosen)
        if self.processes > 1:
            self._world.average_gradients(self.module.parameters() if chosen is None else chosen)

    def clip(self, parameters: Iterable[nn.Parameter], norm: float) -> Tensor:
        """Scale the gradients down to a total norm of at most `norm`; returns the norm before."""
        return nn.utils.clip_grad_norm_(list(parameters), norm)
