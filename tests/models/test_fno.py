"""Fourier neural operators that go on with solutions."""

from __future__ import annotations

import pytest
import torch

import zoo
from zoo.engine import Schedule, fit
from zoo.engine.rollout import Rollout
from zoo.errors import ConfigError, DataError
from zoo.factory.loading import cast

pytest.importorskip("neuralop")
SHAPES = {"input_shape": [4, 32], "output_shape": [10, 32]}


def small(**options):
    torch.manual_seed(0)
    return zoo.build("fno", None, **{**SHAPES, "modes": 8, "width": 8, "layers": 2, **options})


def waves(count: int = 16) -> tuple[torch.Tensor, torch.Tensor]:
    """Travelling to the right, one node each time."""
    phase = torch.linspace(0, 6, count)[:, None, None]
    u = torch.sin(2 * torch.pi * (torch.arange(32) - torch.arange(14)[:, None]) / 32 + phase)
    return u[:, :4], u[:, 4:]


def test_a_rollout_is_blocks_of_blocks() -> None:
    network, u = small(), torch.randn(3, 4, 32)
    y = network(u)
    assert y.shape == (3, 10, 32)
    first = network.block(u)
    second = network.block(first)
    torch.testing.assert_close(y, torch.cat([first, second, network.block(second)], dim=1)[:, :10])


def test_shifts_by_nodes_are_kept() -> None:
    network = cast(small(), torch.device("cpu"), torch.float64)
    u = torch.randn(2, 4, 32, dtype=torch.float64)
    torch.testing.assert_close(network(u.roll(5, 2)), network(u).roll(5, 2))


def test_it_is_neuraloperators_own_network() -> None:
    from neuralop.models import FNO

    torch.manual_seed(0)
    theirs = FNO(n_modes=(16,), in_channels=4, out_channels=4, hidden_channels=8, n_layers=2, positional_embedding=None)
    u = torch.randn(2, 4, 32)
    ours = small(residual=False)
    torch.testing.assert_close(ours.block(u), theirs(u))
    ours.block(u).square().sum().backward()
    theirs(u).square().sum().backward()
    gradients = {name: parameter.grad for name, parameter in ours.operator.named_parameters()}
    torch.testing.assert_close(gradients, {name: parameter.grad for name, parameter in theirs.named_parameters()})
    torch.testing.assert_close(small().block(u), theirs(u) + u[:, -1:])


def test_more_nodes_than_it_was_built_for() -> None:
    network = cast(small(modes=4), torch.device("cpu"), torch.float64)
    at = torch.arange(64, dtype=torch.float64) / 64
    u = torch.stack([torch.sin(2 * torch.pi * (at - 0.02 * t)) for t in range(4)])[None]
    torch.testing.assert_close(network.block(u)[..., ::2], network.block(u[..., ::2]), atol=1e-3, rtol=0)
    with pytest.raises(DataError, match=r"takes \(B, 4, nx\) with 8 nodes at least"):
        network(u[..., ::16])


def test_saved_and_loaded(tmp_path) -> None:
    network, u = small(), torch.randn(2, 4, 32)
    network.calibrate(*waves())
    assert all(isinstance(value, torch.Tensor) for value in network.state_dict().values())
    zoo.save(network, tmp_path / "fno.safetensors")
    loaded = zoo.load(tmp_path / "fno.safetensors")
    torch.testing.assert_close(loaded(u), network.eval()(u))
    assert loaded.config == network.config and abs(float(loaded.scale) - 0.7071) < 1e-2
    torch.testing.assert_close(
        zoo.load(tmp_path / "fno.safetensors", dtype=torch.float64)(u.double()).float(), loaded(u)
    )


def test_a_clock_tells_blocks_apart() -> None:
    network, u = small(clock=True), torch.randn(3, 4, 32)
    first = network.block(u, 0)
    second = network.block(first, torch.tensor([4, 4, 4]))
    torch.testing.assert_close(network(u), torch.cat([first, second, network.block(second, 8)], dim=1)[:, :10])
    assert (network.block(u, 4) - first).abs().max() > 1e-3
    torch.testing.assert_close(network(u.roll(5, 2)), network(u).roll(5, 2), atol=1e-5, rtol=0)
    assert not torch.allclose(network.block(u, torch.tensor([0, 4, 8]))[1:], first[1:])


def growing(count: int = 16) -> tuple[torch.Tensor, torch.Tensor]:
    """Waves that say nothing of the time up to time 8, when all of them turn over."""
    x, y = (u[:, :1].expand_as(u).clone() for u in waves(count))
    y = x[:, :1].expand_as(y).clone()
    y[:, 4:] *= -1
    return x, y


def test_a_clock_learns_what_no_block_shows() -> None:
    losses = {}
    for clock in (False, True):
        network, (x, y) = small(clock=clock), growing()
        schedule = Schedule(epochs=100, batch_size=8, checkpoint_seconds=None)
        history = fit(Rollout(network, lr=1e-2), (x, y), schedule, device="cpu", progress=False)
        losses[clock] = sum(epoch["loss"] for epoch in history.losses[-10:])
    assert losses[True] < 0.5 * losses[False]


def test_standardised_blocks_change_by_as_much_as_they_vary() -> None:
    u = torch.randn(3, 4, 32)
    for standardise in (False, True):
        network = small(standardise=standardise, clock=True)
        changes = [(network.block(size * u + 1) - size * u[:, -1:] - 1).abs().max() / size for size in (1e-4, 1.0)]
        assert (changes[0] < 10 * changes[1]) == standardise
    rest = torch.full((2, 4, 32), 3.0, requires_grad=True)
    network(rest).square().sum().backward()
    assert (network(rest) - 3).abs().max() < 1e-4 and rest.grad.isfinite().all()
    torch.testing.assert_close(network(u.roll(5, 2)), network(u).roll(5, 2), atol=1e-5, rtol=0)


def test_standardised_networks_are_saved_and_loaded(tmp_path) -> None:
    network, u = small(standardise=True), torch.randn(2, 4, 32)
    zoo.save(network, tmp_path / "fno.safetensors")
    loaded = zoo.load(tmp_path / "fno.safetensors")
    assert loaded.config["standardise"] and not small().config["standardise"]
    torch.testing.assert_close(loaded(u), network.eval()(u))


def test_training_learns_to_go_on() -> None:
    network, (x, y) = small(), waves()
    network.calibrate(x, y)
    before = torch.nn.functional.mse_loss(network(x), y).item()
    learner = Rollout(network, lr=1e-2)
    fit(learner, (x, y), Schedule(epochs=60, batch_size=8, checkpoint_seconds=None), device="cpu", progress=False)
    assert torch.nn.functional.mse_loss(network(x), y).item() < 0.1 * before


def test_a_step_sees_two_blocks_that_follow_each_other() -> None:
    x, y = waves()
    seen = []

    class Spy(Rollout):
        def step(self, batch, fit):
            seen.append(batch)
            return super().step(batch, fit)

    schedule = Schedule(epochs=1, batch_size=8, checkpoint_seconds=None)
    fit(Spy(small()), (x, y), schedule, device="cpu", progress=False)
    for before, start, after in seen:
        assert before.shape == after.shape == (8, 4, 32)
        torch.testing.assert_close(after, before.roll(4, 2), atol=1e-5, rtol=0)
        at_start = torch.cat([x, y], 1)[:, start[:, None] + torch.arange(4)]  # (waves, B, 4, nx)
        assert bool((at_start == before).flatten(2).all(2).any(0).all())
        assert 0 <= int(start.min()) <= int(start.max()) <= 6


def test_more_blocks_are_predicted_each_from_the_prediction_before_it() -> None:
    network, (x, y) = small(clock=True), waves()
    start = torch.arange(len(x)) % 3
    learner = Rollout(network, blocks=2)
    first = network.block(x, start)
    torch.testing.assert_close(learner.predict(x, start), torch.cat([first, network.block(first, start + 4)], 1))
    once = torch.nn.functional.mse_loss(network(x), y).item()
    schedule = Schedule(epochs=60, batch_size=8, checkpoint_seconds=None)
    fit(Rollout(network, lr=1e-2, blocks=2), (x, y), schedule, device="cpu", progress=False)
    assert torch.nn.functional.mse_loss(network(x), y).item() < 0.1 * once
    with pytest.raises(ConfigError, match="known at 7 times has no 3 blocks of 4"):
        fit(learner, (x, y[:, :3]), schedule, device="cpu", progress=False)


def test_times_that_are_not_known_are_left_out() -> None:
    x, y = waves()
    x, y = x.clone(), y.clone()
    x[:, :2], y[:, 8:] = torch.nan, torch.nan
    learner = Rollout(small(), lr=1e-3)
    schedule = Schedule(epochs=3, batch_size=8, checkpoint_seconds=None)
    history = fit(learner, (x, y), schedule, device="cpu", progress=False)
    assert history.losses[-1]["loss"] < 10
    with pytest.raises(ConfigError, match="known at 6 times has no 2 blocks of 4"):
        fit(learner, (x, y.where(torch.arange(10)[:, None] < 4, torch.nan)), schedule, device="cpu", progress=False)


def test_errors() -> None:
    with pytest.raises(ConfigError, match="uses no symmetry"):
        zoo.build("fno", zoo.symmetry("so(2)"), **SHAPES)
    with pytest.raises(ConfigError, match="modes is at most nx / 2 = 16"):
        small(modes=17)
    with pytest.raises(ConfigError, match="does not know depth"):
        small(depth=2)
    with pytest.raises(ConfigError, match=r"output_shape \(T_out, nx\)"):
        small(output_shape=[10, 30])
    with pytest.raises(DataError, match=r"takes \(B, 4, nx\)"):
        small()(torch.randn(2, 5, 32))
    with pytest.raises(ConfigError, match="does not go on with solutions"):
        Rollout(torch.nn.Linear(2, 2))
    x, y = waves()
    with pytest.raises(ConfigError, match="no 2 blocks of 4"):
        fit(Rollout(small()), (x, y[:, :3]), Schedule(epochs=1, batch_size=8), device="cpu", progress=False)
