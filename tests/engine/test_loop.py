"""`fit`: it learns, it is reproducible, it goes on where it stopped, and it says what is wrong."""

from __future__ import annotations

import importlib.util
import logging
import sys
import tempfile
from pathlib import Path

import pytest
import torch
from torch import nn

from zoo.engine import Fit, Supervised, fit
from zoo.engine.average import Average
from zoo.engine.checkpoint import paths_in
from zoo.engine.journal import Journal
from zoo.errors import ConfigError, MissingExtra, TrainingError, WeightsError

_spec = importlib.util.spec_from_file_location("train_script", Path(__file__).with_name("train_script.py"))
assert _spec is not None and _spec.loader is not None
script = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(script)


class Stopped(Exception):
    pass


class Stopping(Supervised):
    """Fails before step `at`, as if the machine had."""

    at = -1

    def step(self, batch, fit):
        if fit.step == self.at:
            raise Stopped
        return super().step(batch, fit)


def learner(module: nn.Module | None = None, at: int = -1, **settings) -> Stopping:
    made = Stopping(module or script.network(), **{"lr": 1e-2, "clip": 1.0, "augment": script.jitter, **settings})
    made.at = at
    return made


def run(made, changes=None, **arguments):
    return fit(made, script.data(), script.schedule(**(changes or {})), device="cpu", progress=False, **arguments)


def equal(a: nn.Module, b: nn.Module) -> bool:
    return all(torch.equal(x, y) for x, y in zip(a.state_dict().values(), b.state_dict().values(), strict=True))


def validate(module: nn.Module) -> dict[str, float]:
    x, y = script.data()
    return {"mse": (module(x) - y).detach().square().mean()}


def error_of(module: nn.Module) -> float:
    return validate(module.eval())["mse"].item()


def test_learns_and_reports():
    made = learner(script.network(0.0), augment=None)
    before = error_of(made.module)
    history = run(made, {"epochs": 60, "average": None}, validate=validate)
    assert error_of(made.module) < before / 10
    assert history.steps == 60 * 12 and history.steps_per_second > 0
    assert [row["epoch"] for row in history.validation] == list(range(2, 61, 2))
    assert history.validation[-1]["mse"] == pytest.approx(error_of(made.module))
    assert len(history.losses) == 180 and history.losses[-1]["step"] == 720
    assert history.losses[-1]["loss"] < history.losses[0]["loss"] / 5


def test_same_seed_same_weights_other_seed_other_weights():
    first, second, other = learner(), learner(), learner()
    run(first)
    torch.manual_seed(999)  # the caller's own generator plays no part
    state = torch.random.get_rng_state()
    run(second)
    assert torch.equal(torch.random.get_rng_state(), state)
    run(other, {"seed": 4})
    assert equal(first.module, second.module) and not equal(first.module, other.module)


@pytest.mark.parametrize("at", [1, 77, 130])
def test_resumption_is_bit_equal(tmp_path, at):
    changes = {"best": "min mse", "decay": "step", "milestones": (6,)}
    whole, stopped, resumed = learner(), learner(at=at), learner()
    history = run(whole, changes, validate=validate)
    with pytest.raises(Stopped):
        run(stopped, changes, validate=validate, out=tmp_path / "run")
    again = run(resumed, changes, validate=validate, out=tmp_path / "run", resume=True)
    assert equal(whole.module, resumed.module)
    assert again.losses == history.losses and again.validation == history.validation and again.best == history.best
    assert again.steps == history.steps


def test_resuming_a_finished_run_gives_its_weights(tmp_path):
    first, again = learner(), learner()
    run(first, out=tmp_path)
    history = run(again, out=tmp_path, resume=True)
    assert equal(first.module, again.module) and history.steps == 144


def test_an_interval_in_seconds(tmp_path):
    with pytest.raises(Stopped):
        run(learner(at=9), {"checkpoint_steps": None, "checkpoint_seconds": 0.0}, out=tmp_path)
    assert [path.name for path in paths_in(tmp_path)] == [f"checkpoint-{n:010d}.safetensors" for n in (9, 8)]


def test_a_damaged_checkpoint_costs_one_interval(tmp_path):
    whole, resumed = learner(), learner()
    run(whole)
    with pytest.raises(Stopped):
        run(learner(at=50), out=tmp_path)
    newest = paths_in(tmp_path)[0]
    newest.write_bytes(newest.read_bytes()[:-100])
    with pytest.warns(UserWarning, match="damaged"):
        run(resumed, out=tmp_path, resume=True)
    assert equal(whole.module, resumed.module)


def test_another_run_is_refused_by_name(tmp_path):
    with pytest.raises(Stopped):
        run(learner(at=50), out=tmp_path)
    with pytest.raises(ConfigError, match=r"schedule.epochs was 12 and is now 13.*schedule.seed was 3 and is now 4"):
        run(learner(), {"epochs": 13, "seed": 4}, out=tmp_path, resume=True)
    with pytest.raises(ConfigError, match=r"optimizers.0.groups.0.lr was 0.01 and is now 0.02"):
        run(learner(lr=2e-2), out=tmp_path, resume=True)
    x, y = script.data(300)
    with pytest.raises(ConfigError, match=r"data.0.shape was \[203, 6\] and is now \[300, 6\]"):
        fit(learner(), (x, y), script.schedule(), out=tmp_path, resume=True, device="cpu", progress=False)
    x, y = script.data()
    with pytest.raises(ConfigError, match=r"data.1.norms"):
        fit(learner(), (x, y + 1), script.schedule(), out=tmp_path, resume=True, device="cpu", progress=False)
    with pytest.raises(ConfigError, match="parameters was"):
        run(learner(nn.Linear(6, 6)), out=tmp_path, resume=True)
    with pytest.raises(ConfigError, match="resume"):
        run(learner(), out=tmp_path)
    module = nn.Sequential(nn.Identity(), *script.network())
    with pytest.raises(WeightsError, match="another module"):
        run(learner(module), out=tmp_path, resume=True)


def test_resume_without_a_checkpoint_starts(tmp_path):
    assert run(learner(), {"epochs": 1}, out=tmp_path / "new", resume=True).steps == 12


def test_a_loss_that_is_not_finite_stops_the_run(tmp_path):
    class Poisoned(Supervised):
        def step(self, batch, fit):
            scalars = super().step(batch, fit)
            return {"loss": scalars["loss"] * float("nan")} if fit.step == 61 else scalars

    with pytest.raises(
        TrainingError, match=r'"loss" became nan at step 61 of 144 \(epoch 6 of 12.*0000000060'
    ) as error:
        run(Poisoned(script.network(), lr=1e-2), out=tmp_path)
    assert "learning rate" in str(error.value)


def test_weights_that_are_not_finite_never_become_a_checkpoint(tmp_path):
    class Broken(Supervised):
        def step(self, batch, fit):
            super().step(batch, fit)
            if fit.step == 8:
                with torch.no_grad():
                    next(self.module.parameters()).fill_(torch.inf)
            return {"loss": torch.zeros(())}

    with pytest.raises(TrainingError, match=r"a weight became NaN or infinite before step 10"):
        run(Broken(script.network()), out=tmp_path)
    assert [path.name for path in paths_in(tmp_path)] == ["checkpoint-0000000005.safetensors"]


def test_the_average_becomes_the_modules():
    made, shadow = learner(), script.network()
    seen = Average(shadow, 0.9)

    class Watching(Supervised):
        def step(self, batch, fit):
            if fit.step:
                seen.update(fit.step - 1)
            scalars = super().step(batch, fit)
            shadow.load_state_dict(self.module.state_dict())
            return scalars

    watched = Watching(made.module, lr=1e-2)
    run(watched, {"epochs": 2})
    seen.update(23)
    for name, value in seen.tensors.items():
        torch.testing.assert_close(made.module.state_dict()[name], value, rtol=0, atol=0)
    assert not equal(made.module, shadow)


def test_the_best_weights_are_kept():
    losses = iter([3.0, 1.0, 2.0, 4.0, 1.5, 2.5])
    kept: dict[float, dict] = {}

    def scripted(module):
        assert not module.training and not torch.is_grad_enabled()
        value = next(losses)
        kept[value] = {name: tensor.clone() for name, tensor in module.state_dict().items()}
        return {"mse": value}

    made = learner()
    history = run(made, {"best": "min mse"}, validate=scripted)
    assert history.best == {"epoch": 4, "value": 1.0}
    assert all(torch.equal(tensor, kept[1.0][name]) for name, tensor in made.module.state_dict().items())


def test_best_needs_a_finite_validation(caplog):
    made, plain = learner(), learner()
    run(plain)
    with caplog.at_level(logging.WARNING):
        run(made, {"best": "min mse"}, validate=lambda module: {"mse": float("nan")})
    assert "finite" in caplog.text and equal(made.module, plain.module)
    with pytest.raises(ConfigError, match="no validation"):
        run(learner(), {"best": "min mse"})


def test_two_optimisers():
    """An adversarial pair, whose first loss must leave no gradient in the second part."""

    class Pair:
        def __init__(self):
            torch.manual_seed(0)
            self.module = nn.ModuleDict({"maker": nn.Linear(6, 6), "judge": nn.Linear(6, 1)})
            self.made = torch.optim.Adam(self.module["maker"].parameters(), lr=1e-3)
            self.judged = torch.optim.SGD(self.module["judge"].parameters(), lr=1e-3, momentum=0.9)

        def optimizers(self):
            return [self.made, self.judged]

        def step(self, batch, fit: Fit):
            x, y = batch
            self.made.zero_grad()
            noise = torch.randn(x.shape, generator=fit.generator)
            first = -self.module["judge"](self.module["maker"](x + noise)).mean()
            fit.backward(first, self.module["maker"].parameters())
            assert fit.step or all(p.grad is None for p in self.module["judge"].parameters())
            self.made.step()
            self.judged.zero_grad()
            second = (self.module["judge"](self.module["maker"](x).detach()) - self.module["judge"](y)).mean()
            fit.backward(second, self.module["judge"].parameters())
            self.judged.step()
            if fit.step == self.stop:
                raise Stopped
            return {"maker": first.detach(), "judge": second.detach()}

        stop = -1

    whole, stopped, resumed = Pair(), Pair(), Pair()
    stopped.stop = 40
    history = run(whole)
    with tempfile.TemporaryDirectory() as folder:
        with pytest.raises(Stopped):
            run(stopped, out=folder)
        run(resumed, out=folder, resume=True)
    assert equal(whole.module, resumed.module)
    assert set(history.losses[0]) == {"step", "epoch", "maker", "judge"}


def test_frozen_parameters_stay():
    module = script.network(0.0)
    module[0].requires_grad_(False)
    before = module[0].weight.clone()
    run(learner(module))
    assert torch.equal(module[0].weight, before)
    with pytest.raises(ConfigError, match="nothing to train"):
        Supervised(module.requires_grad_(False))


def test_learning_rates_come_back_after_a_run():
    made = learner()
    run(made)
    assert made.optimizers()[0].param_groups[0]["lr"] == 1e-2


def test_an_optimiser_that_cannot_be_kept_is_refused(tmp_path):
    made = Supervised(script.network(0.0), optimizer=lambda parameters: torch.optim.LBFGS(parameters))
    made.optimizers()[0].state[next(made.module.parameters())]["old"] = [torch.zeros(2)]
    from zoo.engine.tensors import optimizer_state

    with pytest.raises(ConfigError, match=r"LBFGS keeps a list .*'old'"):
        optimizer_state(made.optimizers()[0])


def test_without_accelerate_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "accelerate", None)
    with pytest.raises(MissingExtra, match=r"zoo\[train\]"):
        run(learner())


def test_processes_that_are_not_connected_are_refused(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ConfigError, match="2 processes were launched"):
        run(learner())


def test_no_gpu_is_said(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigError, match="no GPU"):
        fit(learner(), script.data(), script.schedule(), device="cuda", progress=False)


def test_the_bar_shows_rate_and_loss_when_forced(capsys):
    fit(learner(), script.data(), script.schedule(), device="cpu", progress="force")
    shown = capsys.readouterr().err
    assert "144/144" in shown and "steps/s" in shown and "loss" in shown
    fit(learner(), script.data(), script.schedule(), device="cpu", progress=True)
    assert capsys.readouterr().err == ""  # no terminal


def test_the_journal_counts_every_step_once():
    journal = Journal(total=1000, per_epoch=10)
    for step in range(1000):
        journal.add({"loss": torch.tensor(float(step))})
        if step % 37 == 0:
            journal.read()
    journal.read()
    rows = journal.finish(1.0, 1000).losses
    assert len(rows) == 200 and [row["loss"] for row in rows] == [5 * i + 2 for i in range(200)]
    assert journal.latest == ("loss", 999.0)
