"""Certificates of networks with inputs that belong to the laboratory: LieGNN and its beams."""

from __future__ import annotations

import json

import pytest
import torch

import zoo
from zoo.actions.certify import certify
from zoo.card import Card
from zoo.models.liegnn import LieGNN
from zoo.symmetries import LieAlgebra
from zoo.tasks.ragged import Ragged

SMALL = {"hidden": 8, "layers": 2}


def stirred(symmetry, **config) -> LieGNN:
    torch.manual_seed(0)
    network = LieGNN(symmetry, **SMALL, **config)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return network


def test_with_the_beams_and_without():
    certificate = certify(stirred(LieAlgebra.lorentz(), beams=True), samples=6)
    own, held, left = (certificate.checks[label] for label in ("own", "own_beams_held", "own_keeping_beams"))
    assert own.kept and own.held is None and len(own.finite["float64"]) == 6
    assert own.worst("float64") < 1e-10 and 1e-9 < own.worst("float32") < 1e-3
    assert held.held == left.held == "beams"
    broken = [error > 1e-6 for error in held.finite["float64"]]
    assert sum(broken) == 5 and not held.kept  # three boosts and two rotations
    assert [error > 1e-9 for error in held.infinitesimal["float64"]] == broken
    assert left.kept and left.algebra.startswith("so(2)") and len(left.finite["float32"]) == 1
    assert "with the beams held fixed it is broken by" in certificate.verdict
    assert "what is left is so(2)" in certificate.verdict
    data = certificate.as_dict()
    assert json.loads(json.dumps(data)) == data and data["own_beams_held"]["held"] == "beams"
    assert "held" not in data["own"]
    assert "own symmetry, beams held" in repr(certificate)


def test_a_network_without_beams_holds_nothing():
    certificate = certify(stirred(LieAlgebra.so(3), k=3), "so(3)", samples=4)
    assert set(certificate.checks) == {"own", "given"}
    assert certificate.own.kept and certificate.checks["given"].kept and "held" not in certificate.verdict


def test_the_discovered_algebra_and_the_true_one(monkeypatch):
    """On the task's jets, which are of unequal length."""
    generator = torch.Generator().manual_seed(0)
    noise = 0.01 * torch.randn(6, 4, 4, generator=generator, dtype=torch.float64)
    network = stirred(LieAlgebra(LieAlgebra.lorentz().basis + noise), beams=True)
    network.card = Card("tagger", "model", "liegnn", task="toptag")
    task = zoo.get_task("toptag")
    momenta = 30 * torch.randn(20, 3, generator=generator, dtype=torch.float64)
    jets = Ragged(torch.cat([momenta.norm(dim=1, keepdim=True), momenta], dim=1), torch.tensor([3, 9, 1, 7]))
    monkeypatch.setattr(type(task), "make", lambda self, *_, size, **__: zoo.tasks.task.Arrays(jets, torch.zeros(4)))
    certificate = certify(network, samples=4)
    assert certificate.inputs == "the test distribution of toptag"
    assert certificate.own.kept and not certificate.true.kept and certificate.true.worst() > 1e-6
    assert len(certificate.angles_to_truth) == 6 and 0 < max(certificate.angles_to_truth) < 10
    assert 0 < certificate.projection < 10
    assert {"true_beams_held", "true_keeping_beams", "own_beams_held", "own_keeping_beams"} <= set(certificate.checks)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_some_of_the_coordinates(dtype):
    certificate = certify(stirred(LieAlgebra.so(3), coordinates=[1, 2, 3]).to(dtype), "lorentz", samples=4)
    assert certificate.own.kept and not certificate.checks["given"].kept
    errors = certificate.checks["given"].finite["float64"]
    assert sum(error < 1e-10 for error in errors) == 3  # the rotations
    assert certificate.projection is None
