"""`Run`: one call of `fit`, step by step."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import torch
from torch import Tensor, nn

from ..errors import ConfigError, TrainingError
from ..progress import Bar
from .average import Average
from .batches import Batches
from .graph import CapturedStep, can_capture, make_capturable
from .identity import identity
from .journal import History, Journal, NonFinite
from .keeper import Keeper
from .learner import Fit, Learner
from .schedule import Schedule
from .state import State
from .tensors import assign, everything_finite, module_tensors
from .world import World

Validate = Callable[[nn.Module], dict[str, float]]
_log = logging.getLogger(__name__)
_LOGGED = 20
"""Lines that a run writes to the log."""


class Run:
    """The state of a call of `fit`, and what is done to it; arguments as there."""

    def __init__(
        self,
        learner: Learner,
        data: tuple[Tensor, ...],
        schedule: Schedule,
        world: World,
        validate: Validate | None,
    ) -> None:
        if schedule.best is not None and validate is None:
            raise ConfigError(f'best is "{schedule.best}", but there is no validation to take it from')
        self.learner, self.schedule, self.world, self.validate = learner, schedule, world, validate
        self.module = learner.module.to(world.device)
        self.data = tuple(tensor.to(world.device) for tensor in data)
        self.batches = Batches(self.data, schedule.batch_size, schedule.seed, world.rank, world.processes)
        self.per_epoch = self.batches.per_epoch
        self.total = schedule.epochs * self.per_epoch
        self.optimizers = learner.optimizers()
        self.rates = [[float(group["lr"]) for group in optimizer.param_groups] for optimizer in self.optimizers]
        self.fit = Fit(self.module, world, schedule.seed, self.total, self.per_epoch)
        self.prepare = getattr(learner, "prepare", None)
        self.do_step = learner.step

    @contextmanager
    def isolated(self) -> Iterator[None]:
        """Leave torch's own generators, the learning rates and the module's mode as they were."""
        training = self.module.training
        cuda = [self.world.device] if self.world.device.type == "cuda" else []
        try:
            with torch.random.fork_rng(cuda):
                yield
        finally:
            self.module.train(training)
            for optimizer, rates in zip(self.optimizers, self.rates, strict=True):
                for group, rate in zip(optimizer.param_groups, rates, strict=True):
                    group["lr"] = rate

    def begin(self, folder: Path | None, resume: bool) -> None:
        """Weights, counters and clocks before the first step, of a new or a resumed run."""
        schedule, world = self.schedule, self.world
        world.same_everywhere(module_tensors(self.module).values())
        average = Average(self.module, schedule.average) if schedule.average is not None else None
        self.state = State(self.module, self.optimizers, average, Journal(self.total, self.per_epoch))
        this = identity(schedule, self.data, self.optimizers, self.module, world)
        one_shape = all(getattr(tensor, "one_shape", isinstance(tensor, Tensor)) for tensor in self.data)
        if schedule.cuda_graph and one_shape and can_capture(self.learner, world):
            make_capturable(self.optimizers, world.device)
            self.do_step = CapturedStep(self.learner)
        self.keeper = Keeper(folder, schedule, this, world)
        self.keeper.open(self.state, resume)
        self.started_at, self.first_step = time.monotonic(), self.state.step
        self.module.train()

    def advance(self, batch: tuple[Tensor, ...], bar: Bar) -> None:
        """One step, and what is due after it."""
        state = self.state
        self.fit.at(state.step)
        self._set_rates()
        with self.world.autocast():
            if self.prepare is not None:
                batch = self.prepare(batch, self.fit)
            scalars = self.do_step(batch, self.fit)
        if state.average is not None:
            state.average.update(state.step)
        state.step += 1
        if state.journal.add(scalars) or state.step == self.total:
            self._read_losses()
            name, value = state.journal.latest
            bar.update(state.step, f"{name} {value:.3e}")
        if state.step % max(1, self.total // _LOGGED) == 0:
            _log.info("step %d of %d, %s %.3e", state.step, self.total, *state.journal.latest)
        if self._validation_due():
            self._validate_now()
        if self.keeper.due(state.step):
            self._save()

    def end(self) -> History:
        """Hand the final weights to the module."""
        state = self.state
        self._save()
        self._refuse_different_processes()
        if self.schedule.best is None or not self.world.agree(bool(state.best)):
            if self.schedule.best is not None:
                _log.warning('no validation gave a finite "%s"; the last weights are kept', self.schedule.best)
            if state.average is not None:
                state.average.assign()
        else:
            tensors = module_tensors(self.module)
            if state.best:
                assign(tensors, state.best, "best weights")
            self.world.same_everywhere(tensors.values())
        self.world.wait()
        return state.journal.finish(time.monotonic() - self.started_at, state.step - self.first_step)

    def _set_rates(self) -> None:
        factor = self.schedule.factor(self.state.step, self.per_epoch)
        for optimizer, rates in zip(self.optimizers, self.rates, strict=True):
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                if isinstance(group["lr"], Tensor):
                    group["lr"].fill_(rate * factor)
                else:
                    group["lr"] = rate * factor

    def _save(self) -> None:
        """Write a checkpoint of weights that are known to be finite."""
        if self.world.is_main:
            self._read_losses()
            if not everything_finite(module_tensors(self.module)):
                step = self.state.step
                raise self._broken(f"a weight became NaN or infinite before step {step}", step)
            self.keeper.save(self.state)

    def _refuse_different_processes(self) -> None:
        """The same gradients and the same start leave the same weights, unless a step does something of its own."""
        if self.world.processes > 1:
            sums = [parameter.detach().double().sum().item() for parameter in self.module.parameters()]
            if sums != self.world.agree(sums):
                raise TrainingError(
                    "the processes ended with different weights: a step of this learner changes them by random numbers "
                    "or statistics of one process; take those from fit.shared and fit.mean"
                )

    def _read_losses(self) -> None:
        try:
            self.state.journal.read()
        except NonFinite as found:
            raise self._broken(f'"{found.name}" became {found.value} at step {found.step}', found.step) from None

    def _broken(self, what: str, step: int) -> TrainingError:
        factor = self.schedule.factor(step, self.per_epoch)
        rates = ", ".join(f"{rate * factor:.3g}" for group in self.rates for rate in group)
        last = self.keeper.last
        return TrainingError(
            f"training stopped: {what} of {self.total} (epoch {step // self.per_epoch + 1} of {self.schedule.epochs}, "
            f"learning rate {rates}); {f'the last good checkpoint is {last}' if last else 'there is no checkpoint'}. "
            "Lower the learning rate, clip the gradient, or look for extreme values in the data"
        )

    def _validation_due(self) -> bool:
        step = self.state.step
        if self.validate is None or step % self.per_epoch:
            return False
        every = self.schedule.validate_every
        return step == self.total or (every is not None and (step // self.per_epoch) % every == 0)

    def _validate_now(self) -> None:
        if not self.world.is_main:
            return
        self._read_losses()
        average, history = self.state.average, self.state.journal.history
        with average.in_place() if average is not None else nullcontext():
            metrics = self._metrics()
            epoch = self.state.step // self.per_epoch
            history.validation.append({"epoch": epoch, **metrics})
            _log.info("epoch %d of %d, validation %s", epoch, self.schedule.epochs, metrics)
            if self.schedule.best is not None:
                value = self.schedule.improves(metrics, history.best["value"] if history.best else None)
                if value is not None:
                    history.best = {"epoch": epoch, "value": value}
                    self.state.best = {name: tensor.clone() for name, tensor in module_tensors(self.module).items()}

    def _metrics(self) -> dict[str, float]:
        assert self.validate is not None
        self.module.eval()
        with torch.no_grad(), self.world.autocast():
            metrics = {name: float(value) for name, value in self.validate(self.module).items()}
        self.module.train()
        return metrics
