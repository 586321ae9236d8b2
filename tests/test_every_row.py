"""One walk over every row of the registry that comes with zoo: it loads, and is what its row says."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import zoo
from zoo.actions.checks import check
from zoo.factory.probing import sample_input
from zoo.symmetries import Rep
from zoo.weights import file_hash, read_header

REGISTRY = zoo.Registry.load()
TRAINED = [name for name, entry in REGISTRY.entries.items() if entry.weights is not None and entry.weights.file]
DATA = Path(__file__).parent.parent / "examples" / "data"
SAMPLES = {"toptag": DATA / "toptag.h5"}  # making jets takes minutes
DIGITS = {"data": DATA / "mnist.npz", "size": 500}  # images are files of the user's own; these are the first of a split
NETWORKS = [name for name in TRAINED if REGISTRY.entries[name].kind == "model"]
ELSEWHERE = ("cifar10",)  # photographs are not ours to bring: their rows are scored where ZOO_DATA has them
SCORED = [
    pytest.param(name, marks=pytest.mark.data) if REGISTRY.entries[name].task in ELSEWHERE else name
    for name in NETWORKS
]


@pytest.mark.parametrize("name", TRAINED)
def test_the_file_is_the_one_of_the_row(name: str) -> None:
    entry = REGISTRY.entries[name]
    path = REGISTRY.file(entry.weights.file, name)
    assert tuple(file_hash(path)) == (entry.weights.sha256, entry.weights.bytes)
    header = read_header(path)
    assert (header.name, header.kind, header.family) == (name, entry.kind, entry.family)
    assert (header.symmetry["fingerprint"] if header.symmetry else None) == entry.symmetry_fingerprint


@pytest.mark.parametrize("name", TRAINED)
def test_it_loads_and_is_what_the_row_says(name: str) -> None:
    entry, module = REGISTRY.entries[name], zoo.load(name)
    assert module.family == entry.family and module.card.name == name
    assert entry.config.items() <= module.config.items()
    assert all(torch.isfinite(tensor).all() for tensor in module.state_dict().values())
    fresh = zoo.load(name, pretrained=False)
    assert {key: value.shape for key, value in fresh.state_dict().items()} == {
        key: value.shape for key, value in module.state_dict().items()
    }


@pytest.mark.parametrize("name", NETWORKS)
def test_shapes_and_finite_output(name: str) -> None:
    module = zoo.load(name)
    with torch.no_grad():
        y = module(sample_input(module, samples=3).float())
    shape = module.config.get("output_shape", getattr(module, "output_shape", ()))
    assert y.shape == (3, *shape) and torch.isfinite(y).all()
    assert isinstance(module.rep_out, Rep) and module.rep_out.dim == y[0].numel()


@pytest.mark.parametrize("name", TRAINED)
def test_the_symmetry_is_that_of_its_ancestor(name: str) -> None:
    entry = REGISTRY.entries[name]
    if entry.symmetry is None:
        return
    ancestor = zoo.symmetry(entry.symmetry)
    assert zoo.symmetry(name).same_span(ancestor) and ancestor.fingerprint == entry.symmetry_fingerprint


@pytest.mark.parametrize("name", TRAINED)
def test_the_row_is_complete(name: str) -> None:
    entry, card = REGISTRY.entries[name], str(zoo.info(name))
    assert len(entry.summary) <= 120 and "\n" not in entry.summary
    assert name in card and entry.summary in card
    if entry.task is not None:
        zoo.get_task(entry.task)
    assert entry.weights is not None and entry.training and entry.metrics, "trained, and measured"
    assert len(entry.metrics["seeds"]) == 1 + len(entry.replicas) == 1 + len(entry.training.get("replicas", []))
    if entry.kind == "model":
        assert entry.certificate, "certified"
    if entry.symmetry is not None:
        assert entry.symmetry_fingerprint is not None


def test_rows_have_results_only_if_they_have_weights() -> None:
    for results in ("metrics", "certificate"):
        assert {name for name in REGISTRY if getattr(REGISTRY.entries[name], results)} <= set(TRAINED)
    assert all(entry.training for entry in REGISTRY.entries.values()), "those without can be trained"


@pytest.mark.parametrize("name", NETWORKS)
def test_the_promise_is_kept(name: str) -> None:
    module = zoo.load(name)
    if not module.promises_equivariance:
        return
    task = zoo.get_task(REGISTRY.entries[name].task)
    if task.name in SAMPLES:
        x = task.read_inputs(SAMPLES[task.name], dtype=torch.float64)[:3].dense()  # a few: hundreds of passes
        own = check(module, module.symmetry, x, "own symmetry", seed=1)
    else:
        own = zoo.certify(module, samples=8, seed=1).own
    # what is massless is so to rounding only: jets in float32 know no better
    assert own.worst("float64") <= 1e-10 and own.worst("float32") <= 1e-4 + 4 * own.input_rounding
    assert own.input_rounding <= (5e-3 if task.name in SAMPLES else 1e-5)


@pytest.mark.parametrize("name", SCORED)
def test_a_small_sample_scores_like_the_row(name: str) -> None:
    """A few items of the test split instead of all: the error is the row's up to the luck of the draw."""
    entry = REGISTRY.entries[name]
    task = zoo.get_task(entry.task)
    recorded = entry.metrics[task.main_metric]["value"]
    if task.name in SAMPLES:
        found = zoo.evaluate(zoo.load(name), SAMPLES[task.name])[task.main_metric]
        assert abs(found - recorded) <= 0.015  # five times the error of an AUROC from 2000 jets
    elif task.classes:
        images = {"size": 500} if task.name in ELSEWHERE else DIGITS
        found = zoo.evaluate(zoo.load(name), images)[task.main_metric]
        assert abs(found - recorded) <= 4 * (recorded * (1 - recorded) / 500) ** 0.5
    else:
        test = entry.training["data"]["test"]
        few = DATA / f"{test['equation']}.h5" if task.name == "pde" else {**test, "size": 10}  # solving takes minutes
        found = zoo.evaluate(zoo.load(name), few)
        assert recorded / 10 <= found[task.main_metric] <= 10 * recorded


def test_the_registry_can_be_read() -> None:
    assert zoo.list_models() == sorted(REGISTRY)
