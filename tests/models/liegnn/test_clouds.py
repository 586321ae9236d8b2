"""What goes in: padding, order, masks, graph batches, and what is refused."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from zoo.errors import ConfigError, DataError
from zoo.models.liegnn import LieGNN
from zoo.symmetries import LieAlgebra

COUNTS = [9, 4, 12, 1, 12, 7]
ROUNDING = 1e-11


@pytest.fixture
def network():
    torch.manual_seed(0)
    network = LieGNN(LieAlgebra.lorentz(), beams=True, hidden=8, layers=3).double()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.4)
    return network.eval()


def same(first: torch.Tensor, second: torch.Tensor) -> bool:
    return first.shape == second.shape and bool((first - second).abs().max() <= ROUNDING * second.abs().max())


def test_more_padding_changes_nothing(network, clouds):
    x = clouds(COUNTS)
    wider = torch.cat([x, x.new_zeros(len(x), 30, 4)], dim=1)
    assert torch.equal(network(wider), network(x))
    there = torch.arange(wider.shape[1]) < torch.tensor(COUNTS)[:, None]
    assert torch.equal(network(wider, there), network(x)) and torch.equal(network(wider, mask=there.int()), network(x))


def test_padding_may_stand_anywhere_and_hold_anything(network, clouds):
    x = clouds(COUNTS)
    apart = x.new_zeros(len(x), 2 * x.shape[1], 4)
    apart[:, ::2] = x
    assert torch.equal(network(apart), network(x))
    mask = (apart != 0).any(-1)
    assert torch.equal(network(torch.where(mask[..., None], apart, 7.0), mask), network(x))


def test_padding_has_no_part_in_training(network, clouds):
    x = clouds(COUNTS)
    wider = torch.cat([x, x.new_zeros(len(x), 5, 4)], dim=1).requires_grad_()
    network.train()
    torch.manual_seed(0)
    first = network(x)
    torch.manual_seed(0)
    second = network(wider)
    assert same(first, second)
    second.sum().backward()
    assert wider.grad[wider == 0].abs().max() == 0 and wider.grad.abs().max() > 0


def test_a_mask_hides_points(network, clouds):
    x = clouds([8, 8])
    mask = torch.ones(2, 8, dtype=torch.bool)
    mask[0, 3:] = False
    assert same(network(x, mask)[:1], network(x[:1, :3]))
    # a point at the origin counts where the mask says so
    x[1, 7] = 0
    mask[:] = True
    assert not same(network(x, mask)[1:], network(x)[1:])


def test_order_changes_nothing(network, clouds):
    x = clouds(COUNTS)
    generator = torch.Generator().manual_seed(1)
    points = torch.randperm(x.shape[1], generator=generator)
    assert same(network(x[:, points]), network(x))
    jets = torch.randperm(len(x), generator=generator)
    assert same(network(x[jets]), network(x)[jets])


def test_clouds_do_not_see_each_other(network, clouds):
    x = clouds(COUNTS)
    alone = torch.cat([network(x[i : i + 1, :n]) for i, n in enumerate(COUNTS)])
    assert same(network(x), alone)


def test_a_graph_batch_is_the_same(network, clouds):
    geometric = pytest.importorskip("torch_geometric.data")
    x = clouds(COUNTS)
    graphs = [geometric.Data(x=x[i, :n]) for i, n in enumerate(COUNTS)]
    assert torch.equal(network(geometric.Batch.from_data_list(graphs)), network(x))
    assert same(network(graphs[0]), network(x[:1]))


def test_anything_with_the_attributes_of_a_graph_batch(network, clouds):
    x = clouds(COUNTS)
    points, counts = x[(x != 0).any(-1)], torch.tensor(COUNTS)
    owner = torch.arange(len(counts)).repeat_interleave(counts)
    expected = network(x)
    assert torch.equal(network(SimpleNamespace(x=points, batch=owner)), expected)
    pointers = torch.cat([torch.zeros(1, dtype=torch.int64), counts.cumsum(0)])
    assert torch.equal(network(SimpleNamespace(x=points, ptr=pointers, batch=owner)), expected)


@pytest.mark.parametrize("beams", [True, False])
def test_a_single_point(beams, clouds):
    network = LieGNN(LieAlgebra.lorentz(), beams=beams, hidden=8, layers=2).double()
    x = clouds([1, 1, 1]).requires_grad_()
    for training in (True, False):
        logits = network.train(training)(x)
        logits.sum().backward()
        assert logits.shape == (3,) and logits.isfinite().all() and x.grad.isfinite().all()
    assert all(tensor.isfinite().all() for tensor in network.state_dict().values())


def test_the_default_beams_can_be_given(network, clouds):
    x = clouds(COUNTS)
    beams = torch.tensor([[2**0.5, 0, 0, 1], [2**0.5, 0, 0, -1]], dtype=torch.float64)
    assert same(network(x, beams=beams), network(x))
    assert not same(network(x, beams=2 * beams), network(x))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_dtype_follows_the_module(network, clouds, dtype):
    x = clouds(COUNTS)
    logits = network.to(dtype)(x.to(dtype))
    assert logits.dtype == dtype
    assert (logits - network.double()(x)).abs().max() <= {torch.float32: 1e-3, torch.float64: 1e-6}[dtype]


def test_refusals(network, clouds):
    x = clouds([5, 3])
    x[1] = 0
    with pytest.raises(DataError, match=r"1 of 2 .* no points, the first is number 1"):
        network(x)
    x = clouds([5, 3])
    with pytest.raises(DataError, match="no points"):
        network(x, torch.zeros(2, 5, dtype=torch.bool))
    for wrong in (x[0], x[..., :3], x[None]):
        with pytest.raises(DataError, match=r"\(B, N, 4\)"):
            network(wrong)
    with pytest.raises(DataError, match=r"mask must be \(2, 5\)"):
        network(x, torch.ones(2, 4, dtype=torch.bool))
    for wrong in ({"batch": torch.zeros(3)}, SimpleNamespace(x=x), SimpleNamespace(x=x[0, :, :3])):
        with pytest.raises(DataError, match=r"x \(M, 4\)"):
            network(wrong)
    with pytest.raises(DataError, match="takes no mask"):
        network(SimpleNamespace(x=x[0]), torch.ones(5))
    with pytest.raises(DataError, match="sort them by batch"):
        network(SimpleNamespace(x=x[0], batch=torch.tensor([0, 1, 0, 1, 1])))
    with pytest.raises(ConfigError, match="takes none"):
        LieGNN(LieAlgebra.lorentz(), hidden=8)(x.float(), beams=torch.zeros(2, 4))
