"""The factored, chunked network computes what gather and scatter on all directed edges compute."""

from __future__ import annotations

import pytest
import torch

from zoo.models.liegnn import LieGNN
from zoo.models.liegnn import clouds as arrangement
from zoo.models.liegnn import messages as walk
from zoo.models.liegnn.native import native
from zoo.symmetries import LieAlgebra

# Both sum the same few thousand numbers in another order.
EXACT = 1e-10
SIZES = {
    "equal": [6] * 4,
    "unequal": [1, 17, 2, 9, 5, 12, 3],
    "one cloud": [7],
    "single points": [1, 1, 1],
}
NETWORKS = {
    "lorentz": lambda **more: LieGNN(LieAlgebra.lorentz(), beams=True, **more),
    "no products": lambda **more: LieGNN(LieAlgebra.lorentz(), beams=True, inner_products=False, **more),
    "no motion": lambda **more: LieGNN(LieAlgebra.lorentz(), beams=True, moves=0, **more),
    "scaled": lambda **more: LieGNN(LieAlgebra.lorentz(), beams=True, scale=0.1, step=0.3, **more),
    "momenta": lambda **more: LieGNN(LieAlgebra.so(3), coordinates=[1, 2, 3], beams=True, **more),
    "three forms": lambda **more: LieGNN(LieAlgebra.so2(1).direct_sum(LieAlgebra.so2(1)), beams=True, **more),
}


def agree(found: torch.Tensor, expected: torch.Tensor, size: float = 0.0) -> bool:
    found, expected = found.detach(), expected.detach()
    return float((found - expected).abs().max()) <= EXACT * max(float(expected.abs().max()), size)


@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("name", NETWORKS)
def test_outputs_gradients_and_running_statistics(name, sizes, training, edge_list, clouds, compiled=False):
    torch.manual_seed(0)
    network = NETWORKS[name](hidden=8, layers=3, dropout=0.0).double().compiled(compiled)
    for parameter in network.parameters():  # away from the small beginnings, so that points move
        torch.nn.init.normal_(parameter, std=0.4)
    for part in network.modules():
        if hasattr(part, "running_var"):
            part.running_mean.normal_(std=0.1)
            part.running_var.uniform_(0.5, 2)
    network.train(training)
    reference = edge_list.EdgeList(network)
    x = clouds(SIZES[sizes])
    mine, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
    weights = torch.randn(len(x), dtype=x.dtype)

    found = network(mine)
    expected = reference(*edge_list.nodes(theirs, (x != 0).any(-1), network._beams))
    assert found.shape == (len(x),) and agree(found, expected)

    (found * weights).sum().backward()
    (expected * weights).sum().backward()
    assert agree(mine.grad, theirs.grad)
    gradients = edge_list.concatenated({name: p.grad for name, p in network.named_parameters()})
    size = max(float(p.grad.abs().max()) for p in reference.parameters())
    assert gradients.keys() == dict(reference.named_parameters()).keys()
    for name, parameter in reference.named_parameters():
        assert agree(gradients[name], parameter.grad, size), name
    state = edge_list.concatenated(network.state_dict())
    assert state.keys() == reference.state_dict().keys()
    for name, value in reference.state_dict().items():
        assert agree(state[name].double(), value.double()), name


@pytest.mark.parametrize("numbers", [1, 8 * 40, 8 * 200, 10**9])
def test_chunks_of_any_size_are_the_same(numbers, monkeypatch, edge_list, clouds):
    monkeypatch.setitem(arrangement._NUMBERS, "cpu", numbers)
    test_outputs_gradients_and_running_statistics("lorentz", "unequal", True, edge_list, clouds)


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("name", NETWORKS)
def test_the_compiled_walk_is_the_same(name, sizes, edge_list, clouds):
    if native() is None:
        pytest.skip("there is no C++ compiler here")
    test_outputs_gradients_and_running_statistics(name, sizes, True, edge_list, clouds, compiled=True)


def test_plain_operations_are_the_same(monkeypatch, edge_list, clouds):
    """What export, compilation and forward-mode derivatives go through."""
    monkeypatch.setattr("zoo.models.liegnn.layer.messages", lambda *given: walk.plain_messages(*given[:5]))
    test_outputs_gradients_and_running_statistics("lorentz", "unequal", True, edge_list, clouds)


def test_single_precision_loses_no_more_than_the_reference(edge_list, clouds):
    """Errors of the gradients of all parameters together, against float64."""
    torch.manual_seed(0)
    network = LieGNN(LieAlgebra.lorentz(), beams=True, hidden=16, layers=3, dropout=0.0)
    x = clouds([30, 12, 25, 20]).float().double()
    exact = _gradients(edge_list, network.double(), x, reference=False)
    network.float()
    ours, theirs = (_gradients(edge_list, network, x.float(), reference) for reference in (False, True))
    assert (ours - exact).norm() <= 1.5 * (theirs - exact).norm()
    assert (ours - exact).norm() <= 1e-3 * exact.norm()


def _gradients(edge_list, network, x, reference):
    network.zero_grad()
    if reference:
        twin = edge_list.EdgeList(network)
        twin(*edge_list.nodes(x, None, network._beams)).square().sum().backward()
        return torch.cat([p.grad.flatten() for _, p in sorted(twin.named_parameters())]).double()
    network(x).square().sum().backward()
    gradients = edge_list.concatenated({name: p.grad for name, p in network.named_parameters()})
    return torch.cat([gradient.flatten() for _, gradient in sorted(gradients.items())]).double()
