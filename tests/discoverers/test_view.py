"""What is seen of the vectors in a pair."""

from __future__ import annotations

import pytest
import torch

from zoo.discoverers.view import VIEWS, seen, width
from zoo.errors import ConfigError
from zoo.factory import build
from zoo.symmetries import Rep

REP = Rep.parse("2x0 + 3x1 + 1x2", 4)


def numbers(n=50, seed=0):
    return torch.randn(n, REP.dim, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("view", VIEWS)
def test_as_many_numbers_as_announced(view):
    assert seen(view, REP, numbers()).shape == (50, width(view, REP))


def test_plain_numbers_are_left_alone():
    features = numbers()
    assert seen("numbers", REP, features) is features


def test_quadrics_of_a_vector_by_the_formula():
    features = numbers()
    found = seen("quadrics", REP, features)
    assert width("quadrics", REP) == 2 + 15 * (3 + 4)  # a rank-two tensor is four rows
    assert torch.equal(found[:, :2], features[:, :2])
    vector = features[:, 6:10]  # the second of the three
    unit = vector / vector.norm(dim=1, keepdim=True)
    block = found[:, 2 + 15 : 2 + 30]
    torch.testing.assert_close(block[:, 0], vector.norm(dim=1).log())
    torch.testing.assert_close(block[:, 1:5], unit)
    products = torch.stack([unit[:, i] * unit[:, j] for i in range(4) for j in range(i, 4)], dim=1)
    torch.testing.assert_close(block[:, 5:], products)


def test_the_unit_moves_the_lengths_alone():
    rep = Rep.parse("2x1", 4)
    x = torch.randn(30, 8, generator=torch.Generator().manual_seed(1))
    gev, mev = seen("quadrics", rep, x), seen("quadrics", rep, 1000 * x)
    lengths = torch.zeros(30, dtype=torch.bool)
    lengths[[0, 15]] = True
    torch.testing.assert_close(mev[:, ~lengths], gev[:, ~lengths])
    torch.testing.assert_close(mev[:, lengths] - gev[:, lengths], torch.full((30, 2), 1000.0).log())


def test_a_cone_is_flat_in_any_coordinates():
    """One linear combination of what is seen is constant: the smallest spread is rounding, the next one is not."""
    generator = torch.Generator().manual_seed(2)
    p = torch.randn(500, 3, generator=generator, dtype=torch.float64)
    x = torch.cat([p.norm(dim=1, keepdim=True), p], dim=1)
    change = torch.eye(4, dtype=torch.float64) + 0.3 * torch.randn(4, 4, generator=generator, dtype=torch.float64)
    for points, flat in ((x @ change.T, True), (torch.randn(500, 4, generator=generator, dtype=torch.float64), False)):
        products = seen("quadrics", Rep.parse("1x1", 4), points)[:, 5:]
        # |u|^2 = 1 is flat whatever the data
        spread = torch.linalg.svdvals(products - products.mean(0)) / len(points) ** 0.5
        assert spread[-1] < 1e-12 and spread[-3] > 1e-3
        assert (spread[-2] < 1e-12) == flat


def test_a_vector_of_zeros_is_finite_and_so_is_its_gradient():
    x = torch.zeros(3, 4, requires_grad=True)
    found = seen("quadrics", Rep.parse("1x1", 4), x)
    found.sum().backward()
    assert torch.isfinite(found).all() and torch.isfinite(x.grad).all()


@pytest.mark.parametrize("family", ["liegan", "augerino"])
def test_discoverers_have_it_as_an_option(family):
    module = build(family, None, k=4, rep_in="2x1", rep_out="1x0", classes=2, input_shape=(2, 4), view="quadrics")
    assert module.feature_count == 30 and module.config["view"] == "quadrics"
    assert module.features(torch.randn(5, 2, 4), torch.zeros(5).long()).shape == (5, 30)
    pairs = build(family, None, k=4, rep_in="2x1", rep_out="1x1 + 1x0", input_shape=(2, 4), view="quadrics")
    assert pairs.features(torch.randn(5, 2, 4), torch.randn(5, 5)).shape == (5, 46)
    with pytest.raises(ConfigError, match="no view 'cubics': choose one of numbers, quadrics"):
        build(family, None, k=4, view="cubics")
    with pytest.raises(ConfigError, match="no part 'half' of a symmetry"):
        build(family, None, k=4, part="half")
