"""LieGNN as a torch module and as a family of zoo: files, casts, copies, derivatives, export."""

from __future__ import annotations

import copy
import warnings

import pytest
import torch

import zoo
from zoo.models.liegnn import LieGNN
from zoo.symmetries import LieAlgebra

COUNTS = [5, 3, 6]
NOISE = 0.01 * torch.randn(6, 4, 4, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
CASES = {
    "lorentz with beams": (LieAlgebra.lorentz(), {"beams": True}),
    "noisy": (LieAlgebra(LieAlgebra.lorentz().basis + NOISE), {"inner_products": False}),
    "coordinates": (LieAlgebra.so(3), {"coordinates": [1, 2, 3]}),
    "forms": (None, {"forms": torch.diag(torch.tensor([1.0, 2, -1, -3])).tolist()}),
    "k = 3": (LieAlgebra.so(3), {"k": 3, "moves": 0, "scale": 2.0}),
}


def stirred(symmetry, **config) -> LieGNN:
    torch.manual_seed(0)
    network = LieGNN(symmetry, **{"hidden": 8, "layers": 2, **config})
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.4)
    return network.eval()


@pytest.mark.parametrize("name", CASES)
def test_from_a_file(name, clouds, tmp_path):
    symmetry, config = CASES[name]
    network = stirred(symmetry, **config)
    zoo.save(network, tmp_path / "tagger.safetensors")
    again = zoo.load(tmp_path / "tagger.safetensors")
    x = clouds(COUNTS, k=network.config["k"]).float()
    assert torch.equal(again(x), network(x))
    assert again.config == network.config and again.symmetry == network.symmetry
    assert not any("beams" in key or "forms" in key for key in network.state_dict())  # derived, so not stored


@pytest.mark.parametrize("name", CASES)
def test_is_built_and_keeps_its_promise(name):
    symmetry, config = CASES[name]
    network = zoo.build("liegnn", symmetry, hidden=8, layers=2, **config)
    assert network.promises_equivariance and network.input_shape == (None, config.get("k", 4))


def test_casting_and_copying(clouds):
    x = clouds(COUNTS)
    network = stirred(CASES["noisy"][0], beams=True).double()
    expected = network(x)
    assert torch.equal(copy.deepcopy(network)(x), expected)
    state = network.state_dict()
    network.float()
    network.double().load_state_dict(state)
    assert torch.equal(network(x), expected)  # the forms never were in float32


def test_gradients_are_those_of_differences(clouds):
    network = stirred(LieAlgebra.lorentz(), beams=True, hidden=4, step=0.1).double()
    x = clouds([3, 2])
    mask = (x != 0).any(-1)
    assert torch.autograd.gradcheck(lambda x: network(x, mask), x.requires_grad_(), eps=1e-7, atol=1e-5)
    network.train()
    parameters = [p for name, p in network.named_parameters() if name.startswith("layers.0")]

    def of_parameters(*values):
        torch.manual_seed(0)  # of the dropout
        names = [name for name, _ in network.named_parameters() if name.startswith("layers.0")]
        return torch.func.functional_call(network, dict(zip(names, values, strict=True)), (x.detach(),))

    assert torch.autograd.gradcheck(of_parameters, [p.detach().requires_grad_() for p in parameters], atol=1e-5)


def test_forward_mode_derivatives(clouds):
    network = stirred(LieAlgebra.lorentz(), beams=True).double()
    x, v = clouds([4, 3]), clouds([4, 3], seed=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        _, tangent = torch.func.jvp(lambda x: network(x, (v != 0).any(-1)), (x,), (v,))
    y = x.clone().requires_grad_()
    gradients = [torch.autograd.grad(logit, y, retain_graph=True)[0] for logit in network(y)]
    expected = torch.stack([(gradient * v).sum() for gradient in gradients])
    assert torch.allclose(tangent, expected, rtol=1e-9)


def test_frozen_parameters_stay(clouds):
    network = stirred(LieAlgebra.lorentz(), beams=True).train()
    for part in (network.embed, network.layers):
        part.requires_grad_(False)
    network(clouds(COUNTS).float()).sum().backward()
    assert all((parameter.grad is not None) == parameter.requires_grad for parameter in network.parameters())


def test_export_with_any_number_of_jets_and_constituents(clouds):
    network = stirred(LieAlgebra.lorentz(), beams=True)
    lengths = {0: torch.export.Dim("jets", max=4096), 1: torch.export.Dim("constituents", min=2, max=1024)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns about its own insides
        exported = torch.export.export(network, (clouds(COUNTS).float(),), dynamic_shapes={"momenta": lengths})
        run = exported.module()
    for counts in (COUNTS, [9, 2, 11, 1, 4]):
        x = clouds(counts).float()
        assert torch.allclose(run(x), network(x), atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("training", [True, False])
def test_compile(training, clouds):
    """In evaluation it is one graph; in training it breaks where clouds are sorted by size."""
    network = stirred(LieAlgebra.lorentz(), beams=True, dropout=0.0).train(training)
    plain, x = copy.deepcopy(network), clouds(COUNTS).float()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compiled = torch.compile(network, backend="eager", fullgraph=not training, dynamic=True)
        for counts in (COUNTS, [4, 9, 2]):
            x = clouds(counts).float()
            assert torch.allclose(compiled(x), plain(x), atol=1e-5)
