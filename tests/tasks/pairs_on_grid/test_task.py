"""Pairs of moved functions: they are what their options say, and so is the true generator."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import affine_grid, grid_sample

from zoo.discoverers.lconv import correlation
from zoo.errors import ConfigError, DataError, MissingData
from zoo.symmetries import Grid, LieAlgebra
from zoo.symmetries.permutation import permutation
from zoo.tasks import get_task
from zoo.tasks.pairs_on_grid.moving import resampled, rotations
from zoo.tasks.pairs_on_grid.natural import scaled

TASK = get_task("pairs_on_grid")


def make(size: int = 30, seed: int = 0, split: str = "train", **options):
    return TASK.make_discovery(split, size=size, seed=seed, dtype=torch.float64, **options)


@pytest.fixture
def digits(tmp_path: Path) -> str:
    """A data set of the form of MNIST: smooth spots."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[-1:1:28j, -1:1:28j]
    where = rng.uniform(-0.4, 0.4, (120, 2, 1, 1))
    images = (255 * np.exp(-((x - where[:, 0]) ** 2 + (y - where[:, 1]) ** 2) / 0.1)).astype(np.uint8)
    labels = np.arange(120) % 10
    path = tmp_path / "mnist.npz"
    np.savez(path, x_train=images[:80], y_train=labels[:80], x_test=images[80:], y_test=labels[80:])
    return str(path)


@pytest.mark.parametrize("options", [{}, {"shape": [9], "data": "bilinear"}, {"data": "bilinear", "scrambled": 2}])
def test_drawn_by_seed_a_smaller_size_is_a_prefix_and_splits_are_independent(options) -> None:
    whole, part = make(12, **options), make(5, **options)
    assert torch.equal(whole.x[:5], part.x) and torch.equal(whole.y[:5], part.y)
    for other in (make(12, seed=1, **options), make(12, split="test", **options)):
        assert not torch.isclose(other.x, whole.x).any(dim=1).all()
    assert whole.x.shape == whole.y.shape == (12, *options.get("shape", (7, 7)))


def test_shifted_signals_are_the_exponential_of_the_true_generator() -> None:
    x, y = make(40, shape=[11])
    truth = TASK.truth(shape=[11])
    moment = ((y - x)[:, :, None] * x[:, None]).mean(dim=0)
    assert torch.allclose(truth, Grid(11, periodic=True).generators(LieAlgebra.translations(1))[0])
    # both signs occur: of each pair, some z brings x to y exactly
    z = torch.linspace(-0.6, 0.6, 2001, dtype=torch.float64) * Grid(11).spacing
    moved = torch.einsum("zij,bj->bzi", torch.linalg.matrix_exp(z[:, None, None] * truth), x)
    distance, which = (moved - y[:, None]).norm(dim=2).min(dim=1)
    assert (distance < 2e-3 * y.norm(dim=1)).all() and z[which].min() < 0 < z[which].max()
    assert moment.shape == (11, 11)


@pytest.mark.parametrize("data", ["band_limited", "bilinear"])
def test_small_rotations_are_their_generator_to_first_order(data: str) -> None:
    options = {"shape": [4, 4], "data": data, "largest": 1e-3}
    x, y = (values.flatten(1) for values in make(6000, **options))
    moved = x @ TASK.truth(**options).T
    angles = ((y - x) * moved).sum(dim=1) / moved.square().sum(dim=1)
    assert angles.abs().max() <= math.radians(1.5e-3) and angles.min() < -1e-5 < 1e-5 < angles.max()
    odd = torch.einsum("b,bi,bj->ij", angles.sign(), y - x, x)  # the blur of linear interpolation is even
    assert abs(correlation(odd, TASK.truth(**options))) > 0.95
    if data == "band_limited":
        assert (y - x - angles[:, None] * moved).norm() < 1e-3 * (y - x).norm()


def test_bilinear_resampling_is_torchs() -> None:
    grid, count = Grid((7, 7)), 20
    stream = torch.Generator().manual_seed(0)
    x = torch.randn(count, 7, 7, dtype=torch.float64, generator=stream)
    angles = 0.3 * torch.randn(count, dtype=torch.float64, generator=stream)
    cos, sin = angles.cos(), angles.sin()
    back = torch.stack([torch.stack([cos, sin, 0 * cos], 1), torch.stack([-sin, cos, 0 * cos], 1)], 1)
    places = affine_grid(back, [count, 1, 7, 7], align_corners=False)
    expected = grid_sample(x[:, None], places, align_corners=False)[:, 0]
    assert torch.allclose(resampled(grid, x, rotations(grid, angles), "linear"), expected)


def test_resampling_agrees_with_the_grid_itself() -> None:
    grid = Grid((5, 8))
    x = torch.randn(3, 5, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    angle = torch.full((3,), 0.2, dtype=torch.float64)
    back = torch.linalg.matrix_exp(torch.tensor([[0.0, 0.2], [-0.2, 0.0]], dtype=torch.float64))
    assert torch.allclose(resampled(grid, x, rotations(grid, angle), "shannon"), grid.transform(x, back))


def test_scrambled_pairs_and_truth_are_the_plain_ones_in_another_order() -> None:
    plain, scrambled = make(6), make(6, scrambled=3)
    order = permutation(3, 49)
    for before, after in zip(plain, scrambled, strict=True):
        assert torch.equal(before.flatten(1)[:, order], after.flatten(1))
    assert torch.equal(TASK.truth(scrambled=3), TASK.truth()[order][:, order])
    assert torch.equal(TASK.order(scrambled=3), order) and TASK.order().tolist() == list(range(49))


def test_natural_images_of_a_file(digits: str) -> None:
    x, y = make(30, data="images", images=digits)
    assert x.shape == y.shape == (30, 7, 7) and x.min() >= 0 and x.max() <= 1
    assert (y - x).norm() < 0.2 * x.norm() and not torch.equal(x, make(30, 1, data="images", images=digits).x)
    white = make(30, data="images", images=digits, noise=0.1).x - x
    assert 0.08 < float(white.std()) < 0.12
    assert TASK.located(digits) == {"images": digits}
    sha256 = get_task("mnist").sha256("test", digits)
    TASK.check_source("test", {"images": digits, "sha256": sha256})
    with pytest.raises(DataError, match="others than those"):
        TASK.check_source("test", {"images": digits, "sha256": "0" * 64})
    with pytest.raises(ConfigError, match="size asks for 99"):
        make(99, split="test", data="images", images=digits)


def test_images_are_found_where_zoo_data_says(digits: str, monkeypatch) -> None:
    monkeypatch.delenv("ZOO_DATA", raising=False)
    with pytest.raises(MissingData, match="ZOO_DATA"):
        make(3, data="images")
    monkeypatch.setenv("ZOO_DATA", str(Path(digits).parent))
    assert len(make(3, data="images")) == 3


def test_other_pairs_can_be_made_and_the_reference_is_the_true_generator(digits: str) -> None:
    for options in TASK.others.values():
        assert len(make(3, images=digits, **options)) == 3
    assert torch.equal(TASK.reference().basis[0], TASK.truth())
    x, y = make(50, largest=0.1)
    assert float(TASK.metric(x, y)["mse"]) < 0.01


def test_images_are_cropped_and_averaged() -> None:
    images = torch.arange(28.0 * 28).reshape(1, 28, 28)
    assert torch.equal(scaled(images, (20, 20)), images[:, 4:24, 4:24])
    assert scaled(images, (7, 7))[0, 0, 0] == images[0, :4, :4].mean()
    with pytest.raises(ConfigError, match="smaller than the grid"):
        scaled(images, (40, 40))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shape": [3, 4, 5]}, "shape is"),
        ({"data": "photos"}, "one of band_limited, bilinear, images"),
        ({"shape": [9], "data": "images"}, "natural images need"),
        ({"largest": -1.0}, "largest is positive"),
        ({"angle": 3}, "no option 'angle'"),
        ({"motion": "shift"}, "is rotation or rigid"),
        ({"shape": [9], "motion": "rigid"}, "is shift, got 'rigid'"),
        ({"motion": "rigid", "shift": -1.0}, "shift is a number of nodes"),
    ],
)
def test_options_that_cannot_be_used(options, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        make(3, **options)


@pytest.mark.parametrize("data", ["band_limited", "images"])
def test_rigid_motions_are_elements_of_the_true_algebra(data: str, digits: str) -> None:
    options = {"motion": "rigid", "shape": [12, 12], "largest": 2.0, "shift": 0.5, "data": data, "images": digits}
    x, y = make(20, **options)
    truth = TASK.true_algebra(**options)
    assert truth.c == truth.k == 3 and truth.structure_constants().residual < 1e-12
    matrices = Grid((12, 12)).generators(truth)
    moved = torch.einsum("cij,bj->bic", matrices, ((x + y) / 2).flatten(1))
    z = torch.linalg.lstsq(moved, (y - x).flatten(1)[:, :, None]).solution[:, :, 0]
    middle = torch.linalg.matrix_exp(torch.einsum("bc,cij->bij", z, matrices)) @ x.flatten(1)[:, :, None]
    assert (middle[:, :, 0] - y.flatten(1)).norm() < 0.35 * (y - x).norm()  # content crosses the edges
    bounds = torch.tensor([math.radians(2), 0.5 / 6, 0.5 / 6])
    assert (z.abs() < 1.2 * bounds).all() and (z.abs().amax(dim=0) > 0.5 * bounds).all()
    assert (z.amin(dim=0) < 0).all() and (z.amax(dim=0) > 0).all()


def test_rigid_motions_begin_like_rotations_and_are_drawn_like_them() -> None:
    options = {"motion": "rigid", "shift": 0.0}
    assert torch.equal(make(6).x, make(6, **options).x) and torch.allclose(make(6).y, make(6, **options).y)
    whole, part = make(12, motion="rigid"), make(5, motion="rigid")
    assert torch.equal(whole.y[:5], part.y) and not torch.allclose(whole.y[:5], make(5).y)
    assert torch.equal(make(6).y, make(6, motion="rotation").y)


def test_the_true_algebra_of_other_motions() -> None:
    assert TASK.true_algebra(shape=[9]).same_span(LieAlgebra.translations(1))
    turn = TASK.true_algebra()
    assert (turn.c, turn.k) == (1, 3) and torch.equal(Grid((7, 7)).generators(turn)[0], TASK.truth())
    with pytest.raises(ConfigError, match="see true_algebra"):
        TASK.truth(motion="rigid")
    with pytest.raises(ConfigError, match="scrambled nodes have no coordinates"):
        TASK.true_algebra(scrambled=1)


def test_files_round_trip(tmp_path: Path) -> None:
    assert TASK.write(tmp_path / "pairs.npz", "test", size=5) == 5
    read, made = TASK.read_discovery(tmp_path / "pairs.npz"), TASK.make("test", size=5)
    assert torch.allclose(read.x, made.x) and torch.allclose(read.y, made.y)
    assert torch.equal(TASK.read_inputs(tmp_path / "pairs.npz"), read.x)
    assert TASK.located(tmp_path / "pairs.npz") is None
    TASK.write(tmp_path / "rigid.npz", "test", size=5, motion="rigid")
    assert torch.allclose(TASK.read(tmp_path / "rigid.npz").y, TASK.make("test", size=5, motion="rigid").y)
    with pytest.raises(DataError, match="not written as tables"):
        TASK.write(tmp_path / "pairs.csv", size=5)
    with pytest.raises(DataError, match="one shape"):
        TASK.check(np.ones((3, 4)), np.ones((3, 5)))
