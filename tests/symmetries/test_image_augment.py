"""Images moved by matrices and by fields of their plane."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

import zoo
from zoo.errors import SymmetryError
from zoo.symmetries import Grid, LieAlgebra
from zoo.symmetries.coefficients import Uniform
from zoo.symmetries.field import FunctionField
from zoo.symmetries.grid.warp import warp
from zoo.symmetries.image_augment import ImageAugmentation
from zoo.symmetries.some_fields import SomeFields

SHAPE = (24, 24)
POINTS = Grid(SHAPE).points
AFFINE = torch.zeros(3, 3, 3, dtype=torch.float64)  # right, down, a turn; on (x, y, 1)
AFFINE[0, 0, 2] = AFFINE[1, 1, 2] = AFFINE[2, 1, 0] = 1
AFFINE[2, 0, 1] = -1


def spot(x: float, y: float) -> Tensor:
    return torch.exp(-((POINTS - torch.tensor([x, y])) ** 2).sum(1) / 0.05).view(1, 1, *SHAPE).float()


def fields(points: Tensor) -> Tensor:
    flat = torch.cat([points, torch.ones_like(points[:, :1])], 1)
    return torch.einsum("cij,pj->pic", AFFINE[:, :2].to(points), flat)


def middle(image: Tensor) -> list[float]:
    weight = image.flatten() / image.sum()
    return (weight[:, None] * POINTS).sum(0).tolist()


def test_content_moves_along_the_field() -> None:
    moving = ImageAugmentation(LieAlgebra(AFFINE), SHAPE)
    amounts = torch.tensor([[0.3, 0, 0], [0, -0.2, 0], [0, 0, math.pi / 2]], dtype=torch.float64)
    moved = warp(spot(0.4, 0).expand(3, -1, -1, -1), moving.places(amounts).float())
    for image, wanted in zip(moved, ([0.7, 0], [0.4, -0.2], [0, 0.4]), strict=True):
        assert middle(image) == pytest.approx(wanted, abs=0.02)  # y is downwards


def test_fields_move_images_as_their_matrices_do() -> None:
    by_matrices = ImageAugmentation(LieAlgebra(AFFINE), SHAPE)
    by_fields = ImageAugmentation(FunctionField(fields, 2), SHAPE)
    amounts = 0.3 * torch.randn(8, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    first, other = by_matrices.places(amounts), by_fields.places(amounts)
    inside = (first.abs() < 1.4).all(2)  # the table ends at 1.5
    assert (first - other)[inside].abs().max() < 1e-5


@pytest.mark.parametrize("name", ["flow-cifar10", "flow-mnist"])
def test_learned_fields_are_looked_up_to_a_fiftieth_of_a_pixel(name: str) -> None:
    """Beside the flow of the network itself, of small steps; the image has 32 pixels."""
    learned = zoo.symmetry(name)
    moving = ImageAugmentation(learned, (32, 32), reach=0.4)
    a = moving.coefficients.sample(4, moving.c, torch.Generator().manual_seed(0))
    points = moving.points.double()
    true = torch.stack([learned.flow(points, -1.0, each, step=0.05) for each in a.double()])
    inside = (true.abs() <= 1).all(-1)  # beyond the image there is nothing to be seen
    assert inside.float().mean() > 0.7
    assert (moving.places(a) - true).norm(dim=-1)[inside].max() * 16 < 0.02


def test_coefficients_are_those_of_the_algebra_or_within_reach() -> None:
    turn = LieAlgebra.so(2).with_coefficients(Uniform(0.5, 0.6))
    assert ImageAugmentation(turn, SHAPE).coefficients == Uniform(0.5, 0.6)
    assert ImageAugmentation(turn, SHAPE, reach=0.1).coefficients == Uniform(-0.1, 0.1)
    assert ImageAugmentation(FunctionField(fields, 2), SHAPE).coefficients == Uniform(-0.2, 0.2)
    moving = ImageAugmentation(turn, SHAPE)
    images, labels = spot(0.4, 0).expand(5, -1, -1, -1), torch.arange(5)
    moved, same = moving(images, labels, torch.Generator().manual_seed(0))
    again = moving(images, labels, torch.Generator().manual_seed(0))[0]
    assert same is labels and torch.equal(moved, again) and len({image.sum().item() for image in moved}) == 5
    for image in moved:
        x, y = middle(image)
        assert 0.49 < math.atan2(y, x) < 0.61


def test_less_valid_fields_are_gone_along_less_far() -> None:
    by_hand = SomeFields(FunctionField(fields, 2), [0, 1], violation=[0.1, 0.4])
    moving = ImageAugmentation(by_hand, SHAPE, reach=0.4, evenly=True)
    assert moving.relative.tolist() == pytest.approx([1, 0.25])
    images = spot(0, 0).expand(200, -1, -1, -1)
    moved, _ = moving(images, torch.zeros(200), torch.Generator().manual_seed(0))
    furthest = torch.tensor([middle(image) for image in moved]).abs().amax(0)
    assert 0.37 < furthest[0] < 0.41 and 0.09 < furthest[1] < 0.11
    exact = SomeFields(FunctionField(fields, 2), [0, 1, 2], violation=[0.0, 0.2, 0.0])
    assert ImageAugmentation(exact, SHAPE, reach=0.4, evenly=True).relative.tolist() == pytest.approx([1, 0.1, 1])
    none = SomeFields(FunctionField(fields, 2), [0, 1], violation=[0.0, 0.0])
    assert ImageAugmentation(none, SHAPE, reach=0.4, evenly=True).relative.tolist() == [1, 1]


@pytest.mark.parametrize("name", ["flow-cifar10", "flow-mnist"])
def test_discovered_fields_say_how_valid_they_are(name: str) -> None:
    learned = zoo.symmetry(name)
    module = zoo.load(name)
    assert learned.violation == tuple(module.report["violation"][number] for number in learned.numbers)
    relative = ImageAugmentation(learned, (32, 32), reach=0.3, evenly=True).relative
    assert relative.max() == 1 and (relative.diff() != 0).all()
    assert torch.allclose(relative * torch.tensor(learned.violation), torch.tensor(min(learned.violation)).double())


def test_half_of_the_images_are_reflected_where_asked() -> None:
    moving = ImageAugmentation(LieAlgebra(AFFINE), SHAPE, reach=1e-6, flip=True)
    images = spot(0.4, 0.1).expand(40, -1, -1, -1)
    moved, _ = moving(images, torch.zeros(40), torch.Generator().manual_seed(0))
    sides = torch.tensor([middle(image)[0] for image in moved])
    assert torch.allclose(sides.abs(), torch.tensor(middle(images[0])[0]).abs(), atol=1e-3)
    assert 10 <= int((sides < 0).sum()) <= 30


def test_a_share_is_moved_and_the_rest_stays_as_it_is() -> None:
    images = spot(0.4, 0.1).expand(60, -1, -1, -1)
    whole, part = (
        ImageAugmentation(LieAlgebra(AFFINE), SHAPE, reach=0.3, share=share)(
            images, torch.zeros(60), torch.Generator().manual_seed(0)
        )[0]
        for share in (1.0, 0.4)
    )
    still = (part - images).abs().amax((1, 2, 3)) < 1e-5
    assert 24 <= int(still.sum()) <= 48 and not ((whole - images).abs().amax((1, 2, 3)) < 1e-5).any()
    assert torch.equal(part[~still], whole[~still])


def test_cubics_blur_less() -> None:
    half_a_pixel = LieAlgebra(AFFINE[:1]).with_coefficients(Uniform(1 / 24, 1 / 24))
    waves = torch.cos(math.pi / 2 * torch.arange(24)).expand(1, 1, *SHAPE)
    lines, cubics = (
        ImageAugmentation(half_a_pixel, SHAPE, cubic=cubic)(waves, torch.zeros(1), torch.Generator())[0][..., 2:-2]
        for cubic in (False, True)
    )
    assert lines.abs().max() < 0.9 * cubics.abs().max()
    cubics = cubics.square().mean().sqrt()
    assert lines.square().mean().sqrt() == pytest.approx(0.5, abs=1e-4) and 0.55 < cubics < 0.71


def test_wide_images_keep_their_pixels_square() -> None:
    wide = ImageAugmentation(LieAlgebra.so(2), (10, 20))
    torch.testing.assert_close(wide.places(torch.zeros(2, 1, dtype=torch.float64))[1], Grid((10, 20)).points)
    image = torch.rand(1, 3, 10, 20)
    half_turn = ImageAugmentation(LieAlgebra.so(2).with_coefficients(Uniform(math.pi, math.pi)), (10, 20))
    moved, _ = half_turn(image, torch.zeros(1), torch.Generator())
    torch.testing.assert_close(moved, image.flip(2, 3), atol=1e-5, rtol=0)


def test_what_is_no_symmetry_of_a_plane_is_refused() -> None:
    with pytest.raises(SymmetryError, match=r"last row .* zero"):
        ImageAugmentation(LieAlgebra.so(3), SHAPE)
    with pytest.raises(SymmetryError, match="R\\^4"):
        ImageAugmentation(LieAlgebra.so(1, 3), SHAPE)
    with pytest.raises(SymmetryError, match=r"fields on R\^3"):
        ImageAugmentation(FunctionField(lambda p: p, 3), SHAPE)
    with pytest.raises(SymmetryError, match=r"reach is .* positive"):
        ImageAugmentation(LieAlgebra.so(2), SHAPE, reach=0.0)
    for symmetry, reach in ((LieAlgebra.so(2), 0.2), (SomeFields(FunctionField(fields, 2), [0]), 0.2)):
        with pytest.raises(SymmetryError, match=r"evenly is for fields that a discoverer has found.* says nothing"):
            ImageAugmentation(symmetry, SHAPE, reach=reach, evenly=True)
    with pytest.raises(SymmetryError, match="2 fields and 1 violations"):
        SomeFields(FunctionField(fields, 2), [0, 1], violation=[0.1])
    for share in (0.0, 1.5, math.nan):
        with pytest.raises(SymmetryError, match=r"share.* is above 0 and at most 1"):
            ImageAugmentation(LieAlgebra.so(2), SHAPE, share=share)
