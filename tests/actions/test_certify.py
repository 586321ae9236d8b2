"""Certificates tell an exact network, a leaky one and a wrong symmetry apart."""

from __future__ import annotations

import io
import json

import pytest
import torch
from rich.console import Console
from torch import nn

import zoo
from zoo.actions.certify import _angles, certify
from zoo.actions.checks import ELEMENTS, group_coefficients
from zoo.card import Card
from zoo.errors import ConfigError, SymmetryError
from zoo.registry import Registry
from zoo.symmetries import Integer, LieAlgebra, Rep
from zoo.symmetries.coefficients import Normal

J = torch.tensor([[0.0, -1.0], [1.0, 0.0]], dtype=torch.float64)
SO2 = LieAlgebra(J[None])


class Turn(nn.Module):
    """x -> |x|^2 W x + leak, equivariant under every rotation where W commutes with J and leak is 0."""

    family = "turn"

    def __init__(self, symmetry, weight, leak=0.0, promises=True):
        super().__init__()
        self.weight = nn.Parameter(torch.as_tensor(weight, dtype=torch.float32))
        self.symmetry, self.leak, self.promises_equivariance = symmetry, leak, promises
        k = self.weight.shape[0]
        self.rep_in = self.rep_out = Rep.parse("1x1", k)
        self.config = {"input_shape": [k]}

    def forward(self, x):
        return x.square().sum(-1, keepdim=True) * (x @ self.weight.T) + self.leak


def test_exact_network():
    certificate = certify(Turn(SO2, [[1.0, -2.0], [2.0, 1.0]]))
    assert certificate.own.worst("float64") < 1e-14 and certificate.own.worst("float32") < 1e-5
    assert certificate.own.worst("float32") > 1e-9  # it was really float32
    assert certificate.own.kept and certificate.true is None and certificate.angles_to_truth is None
    assert "keeps its own symmetry exactly" in certificate.verdict


def test_leaky_network():
    certificate = certify(Turn(SO2, [[1.0, -2.0], [2.0, 1.0]], leak=0.1))
    assert not certificate.own.kept and certificate.verdict.startswith("LEAKY")
    assert 1e-3 < certificate.own.infinitesimal["float64"][0] < 0.2
    certificate = certify(Turn(SO2, [[1.0, -2.0], [2.0, 1.0]], leak=0.1, promises=False))
    assert certificate.verdict.startswith("it makes no promise")


def test_finite_error_is_what_the_docstring_says():
    module = Turn(SO2, [[1.0, 0.0], [0.0, 2.0]])
    certificate = certify(module, samples=8, seed=3, scale=0.5)
    x = torch.randn(8, 2, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    module.double()
    worst = 0.0
    for z in group_coefficients(SO2, 3, 0.5)[0]:
        g = SO2.exp(z)
        expected = module(x) @ g.T
        worst = max(worst, ((module(x @ g.T) - expected).norm() / expected.norm()).item())
    assert certificate.own.finite["float64"] == pytest.approx((worst,))
    assert worst > 0.1


class Cube(Turn):
    """The first plane, as a complex number z, and its cube, which turns three times as fast."""

    def forward(self, x):
        z = torch.complex(x[:, 0], x[:, 1])
        cube = torch.view_as_real(z**3)
        return torch.cat([x[:, :4], cube, x[:, 6:]], dim=1)


def test_wrong_symmetry_is_not_a_leak():
    """A network that keeps a wrong rotation exactly: the second body turns three times as fast as the first."""
    module = Cube(LieAlgebra(torch.block_diag(J, J, 3 * J, 3 * J)[None]), torch.eye(8))
    module.card = Card("wrong", "model", "turn", task="two_body")
    certificate = certify(module)
    angle = torch.rad2deg(torch.arccos(torch.tensor(16 / 320**0.5))).item()
    assert certificate.own.kept and certificate.own.worst() < 1e-14
    assert certificate.true.worst() > 0.1 and not certificate.true.kept
    assert certificate.angles_to_truth == pytest.approx((angle,), rel=1e-6)
    assert "26.6 degrees from the true one" in certificate.verdict


def test_inputs_of_the_task(monkeypatch):
    module = Turn(zoo.get_task("c7").reference(), torch.eye(3))
    module.rep_out, module.forward = Rep.parse("1x0", 3), lambda x: module.weight[0, 0] * x[:, 2]
    module.card = Card("c", "model", "turn", task="c7")
    certificate = certify(module, samples=10)
    assert certificate.inputs == "the test distribution of c7" and certificate.samples == 10
    assert certificate.true.kept and certificate.angles_to_truth == pytest.approx((0.0,), abs=1e-6)
    assert certificate.verdict.endswith("and that is the true one")
    assert not certificate.own.infinitesimal  # discrete: no derivative
    assert len(certificate.own.finite["float64"]) == 1


def test_coefficients_are_bounded_and_one_generator_at_a_time():
    algebra = LieAlgebra.lorentz()
    for i, z in enumerate(group_coefficients(algebra, 0, 2.0)):
        assert z.shape == (ELEMENTS, 6)
        others = torch.arange(6) != i
        assert not z[:, others].any()
        norms = torch.linalg.matrix_norm(z[:, i, None, None] * algebra.basis[i], ord=2)
        assert 1.0 < norms.max() <= 2.0
    assert not torch.equal(group_coefficients(algebra, 0, 2.0)[0], group_coefficients(algebra, 1, 2.0)[0])
    (z,) = group_coefficients(LieAlgebra(J[None], Integer(-3, 3)), 0, 1.0)
    assert sorted(z[:, 0].tolist()) == [-3, -2, -1, 1, 2, 3]
    (z,) = group_coefficients(LieAlgebra(J[None], Integer(-100, 100)), 0, 1.0)
    assert len(set(z[:, 0].tolist())) == ELEMENTS
    assert group_coefficients(LieAlgebra(torch.zeros(1, 2, 2), Normal()), 0, 1.0)[0].isfinite().all()


def test_a_given_symmetry():
    certificate = certify(Turn(None, [[1.0, -2.0], [2.0, 1.0]], promises=False), "so(2)")
    assert certificate.own is None and certificate.checks["given"].kept
    assert "without a symmetry" in certificate.verdict
    boost = LieAlgebra(torch.tensor([[[0.0, 1.0], [1.0, 0.0]]]))
    assert not certify(Turn(SO2, torch.eye(2)), boost).checks["given"].kept


def test_an_emlp_on_a_noisy_basis():
    noise = 0.01 * torch.tensor([[[0.3, 1.0], [0.5, -0.3]]])
    network = zoo.build(
        "emlp",
        LieAlgebra(J[None] + noise),
        rep_in="3x1",
        rep_out="1x1",
        input_shape=(3, 2),
        output_shape=(2,),
        layers=1,
    )
    certificate = certify(network)
    assert certificate.promises and certificate.own.worst("float64") < 1e-10 and certificate.own.worst("float32") < 1e-5
    # built on the periodic generator next to the given one: J conjugated, while the trace-free part is gone
    assert 0 <= certificate.projection < 1


def test_readable_and_plain():
    module = Turn(SO2, torch.eye(2))
    certificate = certify(module)
    text = repr(certificate)
    assert "own symmetry" in text and "float64" in text and "infinitesimal" in text and "so(2)" in text
    console = Console(width=100, file=io.StringIO())
    console.print(certificate)
    assert "finite" in console.file.getvalue()
    data = certificate.as_dict()
    assert json.loads(json.dumps(data)) == data
    assert data["own"]["finite_float64"] == list(certificate.own.finite["float64"])
    again = certify(module)
    assert again == certificate  # by seed alone


@pytest.mark.parametrize("training", [True, False])
def test_the_module_is_left_as_it_was(training):
    module = Turn(SO2, torch.eye(2)).train(training)
    certify(module)
    assert module.training is training and module.weight.dtype == torch.float32


def test_refusals():
    module = Turn(SO2, torch.eye(2))
    for arguments in ({"samples": 0}, {"scale": -1.0}):
        with pytest.raises(ConfigError, match="must be positive"):
            certify(module, **arguments)
    with pytest.raises(SymmetryError, match=r"the given symmetry acts on R\^3"):
        certify(module, "so(3)")
    with pytest.raises(SymmetryError, match="against which symmetry"):
        certify(Turn(None, torch.eye(2)))
    with pytest.raises(ConfigError, match="does not say how a symmetry acts"):
        certify(nn.Linear(2, 2), "so(2)")
    with pytest.raises(ConfigError, match="not asked for by a registry name"):
        certify(module, write=True)
    module.kind = "discoverer"
    with pytest.raises(ConfigError, match="is a discoverer"):
        certify(module)


def test_write(tmp_path):
    network = zoo.build(
        "emlp", SO2, rep_in="2x1", rep_out="1x1", input_shape=(2, 2), output_shape=(2,), hidden="8x0 + 4x1", layers=1
    )
    (tmp_path / "weights").mkdir()
    written = zoo.save(network, tmp_path / "weights" / "e.safetensors")
    weights = {"file": "weights/e.safetensors", "sha256": written.sha256, "bytes": written.bytes}
    entry = {
        "kind": "model", "family": "emlp", "summary": "a test", "symmetry": "so(2)", "weights": weights,
        "config": network.config,
    }  # fmt: skip
    (tmp_path / "registry.yaml").write_text(json.dumps({"schema": 1, "entries": {"emlp-test": entry}}))
    registry = Registry.load(tmp_path / "registry.yaml")
    certificate = certify("emlp-test", write=True, registry=registry)
    stored = Registry.load(tmp_path / "registry.yaml").entries["emlp-test"].certificate
    assert stored == certificate.as_dict()
    assert certificate.name == "emlp-test" and certificate.own.kept


def test_an_affine_algebra_is_compared_with_a_linear_one_on_homogeneous_coordinates():
    rigid = torch.zeros(3, 3, 3, dtype=torch.float64)
    rigid[0, :2, :2], rigid[1, 0, 2], rigid[2, 1, 2] = J, 1, 1
    assert _angles(LieAlgebra(rigid), SO2) == pytest.approx((0.0, 90.0, 90.0), abs=1e-6)
    assert _angles(LieAlgebra.translations(2), SO2) == pytest.approx((90.0, 90.0), abs=1e-6)
