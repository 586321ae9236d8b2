"""The learner of every network that maps inputs to targets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ..errors import ConfigError
from .learner import Fit

Augment = Callable[[Tensor, Tensor, torch.Generator], tuple[Tensor, Tensor]]
"""`(x, y, generator) -> (x, y)`, drawing its randomness from the generator, on the generator's device."""


def adamw(parameters: list[nn.Parameter], **settings: Any) -> Optimizer:
    """AdamW, as one fused operation a step for those parameters that allow it (of small networks: twice as fast)."""
    groups: dict[bool, list[nn.Parameter]] = {}
    for parameter in parameters:
        fast = parameter.is_floating_point() and parameter.device.type in ("cpu", "cuda")
        groups.setdefault(fast, []).append(parameter)
    try:
        return torch.optim.AdamW([{"params": those, "fused": fast} for fast, those in groups.items()], **settings)
    except RuntimeError:  # a device or version of torch without the fused form
        return torch.optim.AdamW(parameters, **settings)


class Supervised:
    """Minimise a loss between module(x) and y by AdamW.

    Parameters
    ----------
    module : nn.Module
        Only parameters that require a gradient are trained.
    loss : callable
        `(prediction, target) -> scalar`, the mean over the samples.
    lr, weight_decay, betas
        Of AdamW.
    clip : float or None
        Largest total norm of the gradient.
    augment : callable or None
        `(x, y, generator) -> (x, y)`, applied anew to every batch.
    optimizer : callable, optional
        `list of parameters -> Optimizer`, instead of AdamW.

    Raises
    ------
    ConfigError
        If nothing in the module can be trained.
    """

    capturable = True

    def __init__(
        self,
        module: nn.Module,
        loss: Callable[[Tensor, Tensor], Tensor] = nn.functional.mse_loss,
        *,
        lr: float = 1e-3,
        weight_decay: float = 0.0,
        betas: tuple[float, float] = (0.9, 0.999),
        clip: float | None = None,
        augment: Augment | None = None,
        optimizer: Callable[[list[nn.Parameter]], Optimizer] | None = None,
    ) -> None:
        self.module, self.loss, self.clip, self.augment = module, loss, clip, augment
        self._parameters = [parameter for parameter in module.parameters() if parameter.requires_grad]
        if not self._parameters:
            raise ConfigError("there is nothing to train: no parameter of the module requires a gradient")
        if optimizer is not None:
            self._optimizer = optimizer(self._parameters)
        else:
            self._optimizer = adamw(self._parameters, lr=lr, weight_decay=weight_decay, betas=betas)

    def optimizers(self) -> list[Optimizer]:
        """The one optimiser."""
        return [self._optimizer]

    def prepare(self, batch: tuple[Tensor, ...], fit: Fit) -> tuple[Tensor, ...]:
        """Augment a batch: the random part of a step, which a captured graph leaves out."""
        if self.augment is None:
            return batch
        x, y = batch
        return self.augment(x, y, fit.generator)

    def predict(self, x: Tensor, *more: Tensor) -> Tensor:
        """What is compared with the targets; `more` is what `prepare` puts between them and the inputs."""
        return self.module(x, *more)

    def step(self, batch: tuple[Tensor, ...], fit: Fit) -> dict[str, Tensor]:
        """Forward, backward, clip, update."""
        *given, y = batch
        loss = self.loss(self.predict(*given), y)
        self._optimizer.zero_grad(set_to_none=True)
        fit.backward(loss)
        if self.clip is not None:
            fit.clip(self._parameters, self.clip)
        self._optimizer.step()
        return {"loss": loss.detach()}
