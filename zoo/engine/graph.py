"""A step captured once as a CUDA graph: for small networks, whose launches cost more than their work."""

from __future__ import annotations

import logging
from collections.abc import Callable

import torch
from torch import Tensor
from torch.optim import Optimizer

from .learner import Fit, Learner
from .tensors import module_tensors
from .world import World

Step = Callable[[tuple[Tensor, ...], Fit], dict[str, Tensor]]
_WARM_STEPS = 3
_log = logging.getLogger(__name__)


def can_capture(learner: Learner, world: World) -> bool:
    """Whether a step of this learner may be captured: on CUDA, alone, and with all its randomness in `prepare`.

    Not in mixed precision: autocast keeps casts of the weights, which a replay would not renew.
    """
    alone = world.device.type == "cuda" and world.processes == 1 and world.precision == "no"
    return alone and bool(getattr(learner, "capturable", False))


def make_capturable(optimizers: list[Optimizer], device: torch.device) -> None:
    """Let optimisers keep step count and learning rate on the device, where a graph can read them."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["capturable"] = True
            group["lr"] = torch.tensor(float(group["lr"]), device=device)


class CapturedStep:
    """Replays `learner.step`; captured at the first call, whose batch sets the shapes.

    Where the capture fails, the step runs as it is, with a warning in the log.
    """

    def __init__(self, learner: Learner) -> None:
        self._learner = learner
        self._graph: torch.cuda.CUDAGraph | None = None
        self._failed = False
        self._batch: tuple[Tensor, ...] = ()
        self._scalars: dict[str, Tensor] = {}

    def __call__(self, batch: tuple[Tensor, ...], fit: Fit) -> dict[str, Tensor]:
        if self._graph is None and not self._failed:
            self._capture(batch, fit)
        if self._graph is None:
            return self._learner.step(batch, fit)
        torch._foreach_copy_(list(self._batch), list(batch))
        self._graph.replay()
        return {name: scalar.clone() for name, scalar in self._scalars.items()}

    def _capture(self, batch: tuple[Tensor, ...], fit: Fit) -> None:
        self._batch = tuple(tensor.clone() for tensor in batch)
        restore = snapshot(self._learner)
        try:
            graph = torch.cuda.CUDAGraph()
            stream = torch.cuda.Stream()
            stream.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(stream):
                for _ in range(_WARM_STEPS):
                    self._learner.step(self._batch, fit)
            torch.cuda.current_stream().wait_stream(stream)
            for optimizer in self._learner.optimizers():
                optimizer.zero_grad(set_to_none=True)
            with torch.cuda.graph(graph):
                self._scalars = self._learner.step(self._batch, fit)
            self._graph = graph
        except (RuntimeError, AssertionError) as error:
            _log.warning("cannot capture the step as a CUDA graph, going on without: %s", error)
            self._failed = True
        restore()


def snapshot(learner: Learner) -> Callable[[], None]:
    """Remember weights and optimiser states; the returned function undoes what the warm-up steps did.

    In place, because the captured graph holds the addresses.
    """
    weights = {name: tensor.clone() for name, tensor in module_tensors(learner.module).items()}
    states = [
        {p: {k: v.clone() for k, v in s.items() if isinstance(v, Tensor)} for p, s in optimizer.state.items()}
        for optimizer in learner.optimizers()
    ]

    def restore() -> None:
        with torch.no_grad():
            for name, tensor in module_tensors(learner.module).items():
                tensor.copy_(weights[name])
            for optimizer, state in zip(learner.optimizers(), states, strict=True):
                for parameter, values in optimizer.state.items():
                    for key, value in values.items():
                        if isinstance(value, Tensor):
                            before = state.get(parameter, {}).get(key)
                            value.zero_() if before is None else value.copy_(before)

    return restore
