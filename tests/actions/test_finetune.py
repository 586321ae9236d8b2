"""Fine-tuning: it learns, says what it trains, keeps the symmetry exact, and leaves nothing half-written."""

from __future__ import annotations

import logging

import numpy as np
import pytest
import torch
from torch import nn

import zoo
from zoo.actions import finetune as module_under_test
from zoo.actions.finetune import finetune
from zoo.actions.trainable import LowRank, only
from zoo.card import Card
from zoo.errors import ConfigError, DataError, EquivarianceError, TrainingError
from zoo.symmetries import LieAlgebra, Rep
from zoo.symmetries.equivariance import infinitesimal_error
from zoo.tasks.ragged import Ragged

EXACT = 1e-9  # float64, relative
SHAPES = {"input_shape": [10], "output_shape": [3]}


@pytest.fixture(scope="module")
def network() -> nn.Module:
    torch.manual_seed(0)
    algebra = LieAlgebra.so(3)
    module = zoo.build("emlp", algebra, rep_in="1x0 + 3x1", rep_out="1x1", hidden="8x0 + 4x1", layers=1, **SHAPES)
    return module.double().eval()


def data(n: int = 120) -> tuple[torch.Tensor, torch.Tensor]:
    """s a + b x c: equivariant under rotations."""
    x = torch.randn(n, 10, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    s, (a, b, c) = x[:, :1], x[:, 1:].reshape(n, 3, 3).unbind(1)
    return x, s * a + torch.linalg.cross(b, c)


def run(network, **changes):
    settings = {"epochs": 12, "lr": 1e-2, "batch_size": 20, "device": "cpu", "progress": False}
    return finetune(network, data(), **{**settings, **changes})


def mse(module) -> float:
    x, y = data()
    with torch.no_grad():
        return (module(x) - y).square().mean().item()


def error(module) -> float:
    rep_in, rep_out = Rep.parse("1x0 + 3x1", 3), Rep.parse("1x1", 3)
    return infinitesimal_error(module, LieAlgebra.so(3), rep_in, rep_out, data(8)[0]).max().item()


@pytest.mark.parametrize("trainable", ["all", "head", "low_rank"])
def test_learns_and_keeps_the_symmetry_exact(network, trainable):
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    tuned = run(network, trainable=trainable, rank=1)
    assert mse(tuned) < {"all": 0.9, "head": 1.0, "low_rank": 1.0}[trainable] * mse(network)
    assert error(tuned) < EXACT
    assert tuned.state_dict().keys() == before.keys()
    assert not tuned.training and all(parameter.requires_grad for parameter in tuned.parameters())
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())


def test_the_head_alone(network):
    tuned = run(network, trainable="head", epochs=2)
    changed = {n for n, p in tuned.named_parameters() if not torch.equal(p, network.get_parameter(n))}
    assert changed and all(name.startswith(("readout", "skip")) for name in changed)


def test_low_rank_updates_have_that_rank(network):
    tuned = run(network, trainable="low_rank", rank=2)
    ranks = []
    for name, parameter in tuned.named_parameters():
        if parameter.ndim > 1:
            rows, columns = parameter.shape[0], parameter[0].numel()
            change = (parameter - network.get_parameter(name)).reshape(rows, columns)
            if 2 * (rows + columns) < rows * columns:
                ranks.append(int(torch.linalg.matrix_rank(change.detach(), rtol=1e-9)))
    assert max(ranks) == 2 and len(ranks) >= 3  # one without any gradient stays at rank 0


def test_a_low_rank_update_starts_at_zero():
    weight = torch.randn(5, 4, 3)
    update = LowRank(weight, 2, torch.Generator().manual_seed(0))
    assert torch.equal(update(weight), weight)
    assert update.up.shape == (5, 2) and update.down.shape == (2, 12)


def test_says_what_is_trained(network, caplog):
    plans = []
    with caplog.at_level(logging.INFO):
        run(network, trainable="head", epochs=1, report=plans.append)
    (plan,) = plans
    assert {group.name: group.how for group in plan.groups} == {
        "embed": "frozen",
        "layers.0": "frozen",
        "readout": "all",
        "skip": "all",
    }
    assert plan.parameters == sum(parameter.numel() for parameter in network.parameters())
    assert 0 < plan.trained < plan.parameters
    assert "embed: frozen, 0 of" in caplog.text and f"trains {plan.trained:,} numbers" in caplog.text
    from rich.console import Console

    console = Console(record=True, width=100)
    console.print(plan)
    assert "low" not in console.export_text() and "readout" in str(plan)


def test_the_head_of_a_foreign_module_is_its_last_part():
    module = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2), nn.ReLU())
    with only(module, "head", 1, 0) as plan:
        assert [group.how for group in plan.groups] == ["frozen", "all"]
        assert [p.requires_grad for p in module.parameters()] == [False, False, True, True]
    assert all(p.requires_grad for p in module.parameters())


def test_the_result_is_a_file_that_loads(network, tmp_path):
    path = tmp_path / "tuned.safetensors"
    tuned = run(network, out=path, trainable="low_rank")
    assert [file.name for file in tmp_path.iterdir()] == ["tuned.safetensors"]
    loaded = zoo.load(path, dtype=torch.float64)
    x, _ = data()
    torch.testing.assert_close(loaded(x), tuned(x), rtol=0, atol=1e-12)
    assert tuned.card.training["finetuning"]["trainable"] == "low_rank"
    again = run(loaded, out=tmp_path / "again.safetensors", epochs=1)
    assert error(again) < EXACT


@pytest.mark.parametrize("trainable", ["all", "low_rank"])
def test_resumption_gives_the_same_weights(network, tmp_path, monkeypatch, trainable):
    whole = run(network, trainable=trainable)
    path = tmp_path / "tuned.safetensors"

    class Interrupted(module_under_test.Supervised):
        def step(self, batch, fit):
            if fit.step == 33:
                raise KeyboardInterrupt
            return super().step(batch, fit)

    with monkeypatch.context() as patch:
        patch.setattr(module_under_test, "Supervised", Interrupted)
        with pytest.raises(KeyboardInterrupt):
            run(network, out=path, trainable=trainable, checkpoint_seconds=0.02)
    assert not path.exists()
    resumed = run(network, out=path, trainable=trainable, resume=True)
    for name, tensor in whole.state_dict().items():
        assert torch.equal(resumed.state_dict()[name], tensor), name
    assert sorted(file.name for file in tmp_path.iterdir()) == ["tuned.safetensors"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"trainable": "tail"}, "all, head, low_rank"),
        ({"trainable": "low_rank", "rank": 0}, "rank"),
        ({"lr": 0.0}, "lr"),
        ({"lr": float("nan")}, "lr"),
        ({"epochs": 0}, "epochs"),
        ({"batch_size": 0}, "batch_size"),
        ({"validation": 1.0}, "validation"),
        ({"loss": "hinge"}, "mse, relative, l1, huber"),
        ({"out": "weights.pt"}, "safetensors"),
        ({"out": "no/such/folder/weights.safetensors"}, "folder"),
    ],
)
def test_refused_settings(network, changes, message):
    with pytest.raises(ConfigError, match=message):
        run(network, **changes)


def test_refused_data(network):
    x, y = data()
    settings = {"epochs": 1, "lr": 1e-3, "device": "cpu", "progress": False}
    with pytest.raises(DataError, match="shape"):
        finetune(network, (x[:, :9], y), **settings)
    with pytest.raises(DataError, match="targets"):
        finetune(network, (x, y[:-1]), **settings)
    with pytest.raises(DataError, match=r"NaN|nan|finite"):
        finetune(network, (torch.where(x > 2, torch.nan, x), y), **settings)
    with pytest.raises(DataError, match="more samples"):
        finetune(network, (x[:3], y[:3]), **settings)
    with pytest.raises(DataError):
        finetune(network, (np.array(["a", "b"]), y), **settings)
    with pytest.raises(ConfigError, match="pair"):
        finetune(network, 3, **settings)
    with pytest.raises(ConfigError, match="task"):
        finetune(network, "data.npz", **settings)


def test_nothing_is_written_where_the_training_fails(network, tmp_path):
    x, y = data()
    with pytest.raises(TrainingError, match="step"):
        finetune(
            network,
            (x, y * 1e200),
            epochs=2,
            lr=1e-3,
            out=tmp_path / "tuned.safetensors",
            device="cpu",
            progress=False,
        )
    assert not (tmp_path / "tuned.safetensors").exists()


def test_a_result_that_breaks_its_promise_is_an_error(tmp_path):
    class Leaky(nn.Linear):
        family, config, promises_equivariance = "leaky", SHAPES, True
        symmetry, rep_in, rep_out = LieAlgebra.so(3), Rep.parse("1x0 + 3x1", 3), Rep.parse("1x1", 3)

    with pytest.raises(EquivarianceError):
        run(Leaky(10, 3, dtype=torch.float64), out=tmp_path / "leaky.safetensors")
    assert not (tmp_path / "leaky.safetensors").exists()


def test_what_could_not_be_saved_is_not_trained(tmp_path):
    with pytest.raises(ConfigError, match="family"):
        run(nn.Linear(10, 3, dtype=torch.float64), out=tmp_path / "plain.safetensors")
    assert run(nn.Linear(10, 3, dtype=torch.float64), epochs=1) is not None


def test_rows_of_unequal_length_and_a_decision():
    generator = torch.Generator().manual_seed(0)
    counts = torch.randint(1, 9, (300,), generator=generator)
    rows = Ragged(torch.rand(int(counts.sum()), 4, generator=generator) * 9, counts)
    y = (counts > 4).float()
    network = zoo.build("jetfeatures", None, hidden=[16])
    settings = {"epochs": 30, "lr": 1e-2, "batch_size": 20, "device": "cpu", "progress": False}
    without_task = finetune(network, (rows, y), **settings, loss="bce")
    network.card = Card("tagger", "model", "jetfeatures", task="toptag", training={"batch_size": 20})
    tuned = finetune(network, (rows, y), **settings | {"batch_size": None})  # "bce", and the recipe's batches
    for module in (without_task, tuned):
        assert zoo.get_task("toptag").metric(zoo.predict(module, rows), y)["auroc"] > 0.95
    with pytest.raises(DataError, match="both classes"):
        finetune(network, (rows, torch.ones(300)), **settings)
    order = y.argsort()  # one class after the other
    assert finetune(network, (rows[order], y[order]), **settings | {"epochs": 2}) is not None
