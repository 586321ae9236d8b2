"""The Lie algebra of pairs as a discoverer: through `zoo.discover`, into files and into networks."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

import zoo
from zoo.discoverers.affine import AffinePairs
from zoo.errors import ConfigError, DataError
from zoo.symmetries import LieAlgebra, Normal

QUICK = {"progress": False, "device": "cpu"}
TURN = [[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
SPIRAL = [[0.5, -1.0, 0.0], [1.0, 0.5, 0.0], [0.0, 0.0, 0.0]]
SHEAR = [[0.0, 1.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]


def degrees(found: AffinePairs, truth: LieAlgebra) -> float:
    return math.degrees(float(found.symmetry.principal_angles(truth).max()))


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("affine")


@pytest.fixture(scope="module")
def found(rigid, written: Path) -> AffinePairs:
    """Rigid motions."""
    return zoo.discover("affine_pairs", rigid.pairs(), out=written, **QUICK)


@pytest.mark.parametrize(
    ("truth", "sizes"),
    [
        (LieAlgebra([TURN]), (0.09,)),
        (LieAlgebra.translations(2), (0.15, 0.15)),
        (LieAlgebra([SPIRAL]), (0.09,)),
        (LieAlgebra([SHEAR]), (0.15,)),
    ],
    ids=["rotations", "translations", "a spiral", "a shear"],
)
def test_groups_and_their_number_of_generators(motions, truth: LieAlgebra, sizes: tuple[float, ...]) -> None:
    found = zoo.discover("affine_pairs", motions(truth, sizes).pairs(150), **QUICK)
    assert found.symmetry.c == truth.c and degrees(found, truth) < 1.5
    report = found.report
    assert report["generators"] == truth.c and report["verdict"].startswith(f"{truth.c} generator")
    assert report["weakest"] > 10 and report["next"] < 2 and report["noise"] < 0.05
    assert report["held_out"] < 0.4 < 0.7 < min(report["held_out_random"], report["held_out_unrelated"])


def test_rigid_motions_and_how_sure_they_are(found: AffinePairs, rigid) -> None:
    assert found.symmetry.c == 3 and degrees(found, rigid.algebra) < 1.5
    report = found.report
    assert report["closure"] == pytest.approx(found.symmetry.structure_constants().residual)
    assert 0 < report["closure"] < 0.05 and report["converged"] > 0.95 and report["pairs"] == 160
    assert len(report["strengths"]) == 6 and report["strengths"][2] == report["weakest"] > 8
    assert all(0.5 < strength < 1.5 for strength in report["strengths"][3:]), "what is noise is known as noise"
    assert 0.5 < report["moved"] < 1.5 and abs(report["held_out"] - report["residual"]) < 0.05


def test_files_and_a_network(found: AffinePairs, written: Path) -> None:
    assert json.loads((written / "affine_pairs.json").read_text()) == found.report
    assert (written / "affine_pairs.png").read_bytes().startswith(b"\x89PNG")
    again = zoo.load(written / "affine_pairs.safetensors")
    assert isinstance(again, AffinePairs) and again.config == found.config and again.report == found.report
    assert torch.equal(again.symmetry.basis, found.symmetry.basis)
    assert again.symmetry.coefficients == found.symmetry.coefficients == Normal(float(found.spread))
    net = zoo.build("lconv", found.symmetry, input_shape=(1, 9, 9), output_shape=(10,), hidden=[4])
    assert net(torch.rand(2, 1, 9, 9)).shape == (2, 10) and net.symmetry.c == 3


def test_coefficients_draw_maps_like_those_of_the_pairs(found: AffinePairs, rigid) -> None:
    points = torch.cat([rigid.grid.points, torch.ones(rigid.grid.d, 1, dtype=torch.float64)], dim=1)

    def moved(maps: Tensor) -> float:
        return float((points @ (maps - torch.eye(3)).mT).square().mean().sqrt())

    drawn = found.symmetry.sample(4000, torch.Generator().manual_seed(0))
    assert moved(drawn) == pytest.approx(moved(rigid.elements(200)), rel=0.15)
    assert float(found.symmetry.basis.square().sum(dim=(1, 2)).mean()) == pytest.approx(1, rel=1e-3)


def test_a_known_number_is_kept(rigid) -> None:
    two = zoo.discover("affine_pairs", rigid.pairs(100), generators=2, **QUICK)
    assert two.symmetry.c == two.report["generators"] == 2 and degrees(two, rigid.algebra) < 3
    assert "their number is not clear" in two.report["verdict"]
    x, y = rigid.pairs(20)
    none = zoo.discover("affine_pairs", (x, y.flip(0)), generators=1, iterations=5, **QUICK)
    assert none.symmetry.c == none.report["generators"] == 1 and none.report["verdict"].startswith("no group found")


def test_channels_move_together(rigid, noise) -> None:
    colours = noise(60, 3, 12, 12, seed=5)
    moved = torch.stack([rigid.moved(colours[:, channel]) for channel in range(3)], dim=1)
    found = zoo.discover("affine_pairs", (colours, moved), **QUICK)
    assert found.report["pairs"] == 48 and found.symmetry.c == 3 and degrees(found, rigid.algebra) < 2.5


def test_signals() -> None:
    task = zoo.get_task("pairs_on_grid")
    ring = task.make_discovery("train", size=100, dtype=torch.float64, shape=[21])
    found = zoo.discover("affine_pairs", (ring.x, ring.y), periodic=True, **QUICK)
    assert found.symmetry.c == 1 and found.report["held_out"] < 1e-3
    assert degrees(found, task.true_algebra(shape=[21])) < 1e-6
    place = torch.linspace(-1, 1, 30, dtype=torch.float64)
    shift = 0.1 * torch.linspace(-1, 1, 60, dtype=torch.float64)[:, None]
    before, after = (torch.exp(-((place - 0.2 * shift.sin() - by) ** 2) / 0.05) for by in (0 * shift, shift))
    found = zoo.discover("affine_pairs", (before, after), **QUICK)
    assert found.symmetry.c == 1 and degrees(found, LieAlgebra.translations(1)) < 0.1


@pytest.mark.parametrize("what", ["scrambled pixels", "brightness", "unrelated"])
def test_pairs_of_no_affine_group_are_told(rigid, noise, what: str) -> None:
    x, y = rigid.pairs(100)
    if what == "scrambled pixels":
        order = torch.randperm(144, generator=torch.Generator().manual_seed(0))
        x, y = (values.flatten(1)[:, order].reshape(values.shape) for values in (x, y))
    elif what == "brightness":
        y = x * (1 + 0.2 * noise(100, 1, 1, seed=3))
    else:
        y = noise(100, 12, 12, seed=4)
    found = zoo.discover("affine_pairs", (x, y), iterations=10, **QUICK)
    assert found.symmetry.c == found.report["generators"] == 0 and found.report["held_out"] > 0.75
    assert found.report["verdict"].startswith("no group found")


def test_noise_on_both_sides_is_known_as_noise(rigid, noise) -> None:
    x, y = rigid.pairs()
    x, y = x + 0.2 * noise(*x.shape, seed=6), y + 0.2 * noise(*y.shape, seed=7)
    found = zoo.discover("affine_pairs", (x, y), **QUICK)
    assert found.symmetry.c == 3 and degrees(found, rigid.algebra) < 4 and 0.3 < found.report["held_out"] < 0.7


def test_seeds_agree_and_the_same_seed_gives_the_same(rigid) -> None:
    data = rigid.pairs(40)
    found = zoo.discover("affine_pairs", data, seeds=2, generators=3, iterations=5, **QUICK)
    assert found.report["runs"] == 2 and found.report["agreement"] > 0.98
    again = zoo.discover("affine_pairs", data, seeds=2, generators=3, iterations=5, **QUICK)
    assert torch.equal(found.symmetry.basis, again.symmetry.basis)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ((np.ones((80, 4, 4)), np.ones((80, 4, 5))), "x and y have one shape"),
        ((np.ones((4, 4, 4)), np.ones((4, 4, 4))), "there are 4 pairs"),
        ((np.ones((80, 4, 4)), np.ones((80, 4, 4))), "equal in all pairs"),
        ((np.full((80, 4, 4), np.nan), np.ones((80, 4, 4))), "NaN"),
    ],
)
def test_arrays_that_cannot_be_used(data, message: str) -> None:
    with pytest.raises(DataError, match=message):
        zoo.discover("affine_pairs", data, **QUICK)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"generator": 3}, 'did you mean "generators"'),
        ({"generators": 7}, "a number from 1 to 6"),
        ({"generators": 3, "periodic": True}, "a number from 1 to 2"),
        ({"margin": 2}, "margin is not negative and leaves two nodes"),
        ({"iterations": 0}, "iterations >= 1"),
        ({"input_shape": [1, 2, 3, 4]}, "input_shape is"),
    ],
)
def test_options_that_cannot_be_used(options, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        zoo.build("affine_pairs", None, **{"input_shape": [4, 4], **options})


def test_functions_of_another_shape_are_refused(noise) -> None:
    built = AffinePairs(input_shape=(4, 4))
    with pytest.raises(DataError, match="change input_shape"):
        built.solve((noise(9, 5, 5), noise(9, 5, 5)), (noise(9, 5, 5), noise(9, 5, 5)))


def test_one_that_has_found_nothing_yet_can_be_built_and_saved(tmp_path: Path) -> None:
    empty = zoo.build("affine_pairs", None, input_shape=(4, 5))
    assert empty.symmetry.c == 0 and empty.report == {} and empty.kind == "discoverer"
    zoo.save(empty, tmp_path / "empty.safetensors")
    assert zoo.load(tmp_path / "empty.safetensors").config == empty.config
