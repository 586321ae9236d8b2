"""The captured step where there is no GPU: it stands aside, and undoes what its warm-up did."""

from __future__ import annotations

import logging

import pytest
import torch
from torch import nn

from zoo.engine import Fit, Schedule, Supervised, fit
from zoo.engine.graph import CapturedStep, can_capture, make_capturable, snapshot
from zoo.engine.tensors import module_tensors
from zoo.engine.world import World


def learner() -> Supervised:
    torch.manual_seed(0)
    return Supervised(nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2)), lr=1e-2)


def data() -> tuple[torch.Tensor, torch.Tensor]:
    x = torch.linspace(-1, 1, 60).reshape(20, 3)
    return x, x[:, :2] ** 2


def run(made: Supervised, **changes) -> dict[str, torch.Tensor]:
    fit(made, data(), Schedule(4, 5, **changes), device="cpu", progress=False)
    return made.module.state_dict()


def test_on_a_cpu_the_flag_changes_nothing():
    plain, flagged = run(learner()), run(learner(), cuda_graph=True)
    assert all(torch.equal(plain[name], flagged[name]) for name in plain)
    assert not can_capture(learner(), World.join("cpu"))


@pytest.mark.parametrize("steps_before", [0, 3])
def test_a_snapshot_undoes_steps_in_place(steps_before):
    made, context = learner(), Fit(learner().module, World.join("cpu"), 0, 10, 5)
    for _ in range(steps_before):
        made.step(data(), context)
    expected = {name: tensor.clone() for name, tensor in module_tensors(made.module).items()}
    addresses = {name: tensor.data_ptr() for name, tensor in module_tensors(made.module).items()}
    restore = snapshot(made)
    for _ in range(3):
        made.step(data(), context)
    restore()
    assert {name: tensor.data_ptr() for name, tensor in module_tensors(made.module).items()} == addresses
    for name, tensor in module_tensors(made.module).items():
        torch.testing.assert_close(tensor, expected[name], rtol=0, atol=0)
    again = learner()  # and the moments of the optimiser are as if the steps had never been
    for _ in range(steps_before + 2):
        again.step(data(), context)
    for _ in range(2):
        made.step(data(), context)
    for name, tensor in module_tensors(made.module).items():
        torch.testing.assert_close(tensor, module_tensors(again.module)[name], rtol=0, atol=0)


@pytest.mark.skipif(torch.cuda.is_available(), reason="for machines on which a capture fails")
def test_where_the_capture_fails_the_steps_go_on(caplog):
    plain, captured, context = learner(), learner(), Fit(learner().module, World.join("cpu"), 0, 10, 5)
    step = CapturedStep(captured)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            plain.step(data(), context)
            step(data(), context)
    assert caplog.text.count("cannot capture") == 1
    for name, tensor in module_tensors(plain.module).items():
        assert torch.equal(tensor, module_tensors(captured.module)[name])


def test_capturable_optimisers_keep_their_rate_on_the_device():
    made = learner()
    make_capturable(made.optimizers(), torch.device("cpu"))
    (group,) = made.optimizers()[0].param_groups
    assert group["capturable"] and group["lr"].item() == pytest.approx(1e-2)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_captured_step_takes_the_same_steps():
    def trained(cuda_graph: bool) -> dict[str, torch.Tensor]:
        made = learner()
        fit(made, data(), Schedule(4, 5, cuda_graph=cuda_graph), device="cuda", progress=False)
        return made.module.state_dict()

    plain, captured = trained(False), trained(True)
    for name in plain:
        torch.testing.assert_close(captured[name], plain[name], rtol=1e-4, atol=1e-5)
