"""Fields on images: what leaves the features of a network alone."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from zoo.discoverers.flow import NeuralField
from zoo.discoverers.flow.beside import RandomBeside
from zoo.discoverers.flow.images import FeatureValidity, _edges, sampled, sensitivity
from zoo.discoverers.flow.regularisers import roughness
from zoo.errors import DataError
from zoo.symmetries import Grid
from zoo.symmetries.field import FunctionField
from zoo.symmetries.grid.warp import warp

from .solitons import Given

SHAPE = (20, 20)
POINTS = Grid(SHAPE).points.float()


def blobs(count: int = 6) -> Tensor:
    """A few smooth spots each, near the middle."""
    stream = torch.Generator().manual_seed(0)
    middles = torch.rand(count, 3, 1, 2, generator=stream) - 0.5
    return torch.exp(-((POINTS - middles) ** 2).sum(-1) / 0.05).sum(1).view(count, 1, *SHAPE)


def rings(images: Tensor) -> Tensor:
    """What does not change in a turn: the mean in rings around the middle."""
    radius = POINTS.norm(dim=1)
    inside = torch.exp(-((radius[:, None] - torch.linspace(0.1, 0.9, 8)) ** 2) / 0.01)
    return images.flatten(1) @ (inside / inside.sum(0)) + 0.01


def turn_and_shift() -> Given:
    def known(p: Tensor) -> Tensor:
        return torch.stack([torch.stack([-p[:, 1], p[:, 0]], 1), torch.stack([1 + 0 * p[:, 0], 0 * p[:, 0]], 1)], 2)

    return Given(FunctionField(known, 2), ("x", "y"))


def test_places_are_those_of_the_grid() -> None:
    images = blobs()
    torch.testing.assert_close(sampled(images, POINTS[None])[0], images)
    one_right = sampled(images, POINTS[None] - torch.tensor([0.1, 0]))[0]  # a node is 0.1
    torch.testing.assert_close(one_right[..., 1:], images[..., :-1], atol=1e-5, rtol=0)
    wide = torch.rand(2, 3, 10, 20)
    places = Grid((10, 20)).points.float()
    torch.testing.assert_close(sampled(wide, places[None])[0], wide, atol=1e-5, rtol=0)
    down = sampled(wide, places[None] - torch.tensor([0, 0.1]))[0]
    torch.testing.assert_close(down[:, :, 1:], wide[:, :, :-1], atol=1e-5, rtol=0)


def test_between_pixels_images_are_hardly_blurred() -> None:
    """A spot three pixels wide, half a pixel further: a third of the error of linear interpolation at most."""

    def spot(right: float) -> Tensor:
        return torch.exp(-((POINTS - torch.tensor([right, 0])) ** 2).sum(1) / 0.045).view(1, 1, *SHAPE)

    places = POINTS[None] - torch.tensor([0.05, 0])
    errors = [float((warp(spot(0), places, cubic=cubic) - spot(0.05)).abs().max()) for cubic in (False, True)]
    assert errors[1] < errors[0] / 3
    torch.testing.assert_close(sampled(spot(0), places)[0], warp(spot(0), places, cubic=True))


def test_a_turn_is_valid_to_features_of_rings() -> None:
    score, images, given = FeatureValidity(rings, SHAPE), blobs(), turn_and_shift()
    given.place(POINTS)
    given.normalise(POINTS)
    turn, shift = score.validity(given, images, torch.tensor([0.2, 0.4]), torch.ones(2)).exp().tolist()
    assert turn < 0.05 + 0.06 < 0.05 + 0.3 < shift  # of the angle between different images


def test_as_much_is_tolerated_as_the_nearest_other_image_is_away() -> None:
    """Four features at 0, 10, 90 and 120 degrees: the nearest are 10, 10, 30 and 30 away; the mean of pairs is 73.3."""
    degrees = torch.tensor([0.0, 10, 90, 120]).deg2rad()
    images = torch.stack([degrees.cos(), degrees.sin()], 1)[:, None, None].expand(-1, 1, *SHAPE[:1], 2)
    score = FeatureValidity(lambda x: x[:, 0, 0], SHAPE)
    assert score.tolerated(images) == pytest.approx([20 / ((10 + 90 + 120 + 80 + 110 + 30) / 6)] * 2, abs=1e-3)


def test_what_all_features_have_in_common_is_taken_off() -> None:
    images, given = blobs(), turn_and_shift()
    given.place(POINTS)
    given.normalise(POINTS)
    times, signs, common = torch.tensor([0.4]), torch.ones(2), 100 * torch.ones(rings(images).shape[1])
    plain = FeatureValidity(rings, SHAPE).validity(given, images, times, signs)
    seen = FeatureValidity(lambda x: rings(x) + common, SHAPE, middle=common).validity(given, images, times, signs)
    torch.testing.assert_close(seen, plain, atol=2e-3, rtol=0)


def test_a_few_steps_make_a_field_more_valid() -> None:
    torch.manual_seed(0)
    field = NeuralField(("x", "y"), 1, trunk=(16,), head=8)
    field.place(POINTS)
    images = blobs()
    weight = sensitivity(rings, images, generator=torch.Generator().manual_seed(0))  # else: anything in dark corners
    score = FeatureValidity(rings, SHAPE, weight=weight)
    optimizer = torch.optim.Adam(field.parameters(), 1e-2)
    first = None
    for _ in range(60):
        loss, parts = score(field, images, torch.tensor([0.4]), torch.ones(1))
        first = parts["validity"].exp().item() if first is None else first
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert parts["validity"].exp().item() < 0.5 * first


def test_sensitivity_is_where_something_is_seen() -> None:
    left = blobs().clone()
    left[..., 10:] = 0.5
    found = sensitivity(lambda x: x.flatten(1)[:, ::7], left, draws=4, generator=torch.Generator().manual_seed(0))
    plane = found.view(SHAPE)
    assert found.shape == (400,) and abs(float(found.mean()) - 1) < 1e-5
    assert plane[:, :9].mean() > 20 * plane[:, 13:].mean()
    half = sensitivity(lambda x: x[..., :10, :].flatten(1), blobs(), generator=torch.Generator().manual_seed(0))
    assert half.view(SHAPE)[:8].mean() > 20 * half.view(SHAPE)[14:].mean()


def test_a_weight_counts_in_norms() -> None:
    weight = (POINTS[:, 0] > 0).float()
    score, given = FeatureValidity(rings, SHAPE, weight=weight), turn_and_shift()
    given.place(POINTS)
    _, parts = score(given, blobs(), torch.tensor([0.1]), torch.ones(2))
    assert parts["apart"] < 0.2  # a turn and a shift along x, which is at right angles to it


def test_errors() -> None:
    with pytest.raises(DataError, match=r"images are \(N, C, 20, 20\)"):
        FeatureValidity(rings, SHAPE).points(torch.rand(2, 1, 28, 28))


def test_roughness_is_the_degree_of_a_polynomial() -> None:
    points = Grid((160, 160)).points.double() * 5
    weight = torch.exp(-0.5 * points.square().sum(1))  # of a Gaussian: Hermite polynomials
    x, y = points.T
    none = 0 * x
    fields = torch.stack(
        [torch.stack(each, 1) for each in ((1 + none, none), (x, none), (-y, x), (x * y, none), (x**3 - 3 * x, none))],
        2,
    )
    sizes = torch.einsum("p,pnc->c", weight / weight.sum(), fields.square()).sqrt()
    found = roughness(fields / sizes, points, _edges((160, 160)), weight)
    torch.testing.assert_close(found, torch.tensor([0.0, 1, 1, 2, 3]).double(), atol=0.05, rtol=0)


def test_random_fields_beside_learned_ones() -> None:
    torch.manual_seed(0)
    learned, random = (NeuralField(("x", "y"), 3, trunk=(16,), head=8) for _ in range(2))
    for field in (learned, random):
        field.place(POINTS)
        field.normalise(POINTS)
    beside = RandomBeside(random, learned, POINTS)
    values = beside.own(POINTS.expand(3, -1, -1)) / learned.scale  # (c, P, n)
    torch.testing.assert_close(values.square().sum(2).mean(1), torch.ones(3), atol=1e-3, rtol=0)
    products = torch.einsum("kpn,pni->ik", values, learned.unit(POINTS) / learned.size) / len(POINTS)
    assert products.triu(1).abs().max() < 1e-3 and products[2, 0].abs() > 1e-2
    torch.testing.assert_close(values[0], random.own(POINTS.expand(3, -1, -1))[0] / learned.scale)
