"""The generator of pairs as a discoverer: through `zoo.discover`, into files and into networks."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

import zoo
from zoo.actions.solve import parts
from zoo.discoverers.lconv import LConvPairs, correlation, left_over
from zoo.errors import ConfigError, DataError
from zoo.symmetries import Normal
from zoo.tasks import get_task

TASK = get_task("pairs_on_grid")
QUICK = {"progress": False, "device": "cpu"}


def pairs(size: int = 500, **options):
    x, y = TASK.make_discovery("train", size=size, dtype=torch.float64, **options)
    return x.numpy(), y.numpy()


def against(found, **options) -> float:
    return abs(correlation(found.generator, TASK.truth(**options)))


def test_signals_with_a_report_files_and_a_network(tmp_path: Path) -> None:
    found = zoo.discover("lconv", pairs(shape=[11]), seeds=2, out=tmp_path, **QUICK)
    assert against(found, shape=[11]) > 0.9999
    report = found.report
    assert report["residual"] < 1e-3 and report["held_out"] < 1e-3 and report["held_out_random"] > 0.8
    assert report["converged"] and not report["blur"] and report["directions"] == 11
    assert report["pairs"] == 400 and report["runs"] == 2 and report["agreement"] > 0.9999
    assert 0.3 < report["angles_positive"] < 0.7 and report["verdict"].startswith("a generator")
    assert json.loads((tmp_path / "lconv.json").read_text()) == report
    assert (tmp_path / "lconv.png").read_bytes().startswith(b"\x89PNG")
    again = zoo.load(tmp_path / "lconv.safetensors")
    assert isinstance(again, LConvPairs) and again.config == found.config and again.report == report
    assert torch.equal(again.symmetry.basis, found.symmetry.basis)
    assert again.symmetry.coefficients == found.symmetry.coefficients == Normal(float(found.spread))
    net = zoo.build("lconv", found.symmetry, input_shape=(11, 2), hidden=[4])
    assert net(torch.randn(3, 11, 2)).shape == (3,)


def test_images_and_their_channels(tmp_path: Path) -> None:
    x, y = pairs(900, shape=[5, 5])
    found = zoo.discover("lconv", (x, y), out=tmp_path, **QUICK)
    assert found.nodes == (5, 5) and against(found, shape=[5, 5]) > 0.998
    assert (tmp_path / "lconv.png").is_file()
    colours = zoo.discover("lconv", (x.reshape(300, 3, 5, 5), y.reshape(300, 3, 5, 5)), **QUICK)
    assert colours.d == 25 and colours.report["pairs"] == 3 * 240 and against(colours, shape=[5, 5]) > 0.998
    assert found.symmetry.k == 25 and abs(float(found.symmetry.basis.norm()) - 1) < 1e-5


def test_a_blur_is_found_out() -> None:
    options = {"shape": [5, 5], "data": "bilinear"}
    found = zoo.discover("lconv", pairs(900, **options), **QUICK)
    assert found.report["blur"] and against(found, **options) > 0.99
    plain = zoo.discover("lconv", pairs(900, **options), blur=False, **QUICK)
    assert not plain.report["blur"] and plain.report["held_out"] > 2 * found.report["held_out"]


def test_angles_of_one_sign_hide_a_blur_and_need_none() -> None:
    x = np.random.default_rng(0).standard_normal((600, 9))
    generator = np.random.default_rng(1).standard_normal((9, 9))  # not antisymmetric at all
    angles = np.random.default_rng(2).uniform(0.02, 0.06, 600)
    moved = torch.linalg.matrix_exp(torch.from_numpy(angles[:, None, None] * generator)).numpy()
    found = zoo.discover("lconv", (x, np.einsum("bij,bj->bi", moved, x)), **QUICK)
    assert not found.report["blur"] and found.report["angles_positive"] == 1
    assert correlation(found.generator, torch.from_numpy(generator)) > 0.9999


def test_pairs_of_no_group_are_told() -> None:
    rng = np.random.default_rng(0)
    found = zoo.discover("lconv", (rng.standard_normal((300, 9)), rng.standard_normal((300, 9))), **QUICK)
    assert found.report["verdict"].startswith("no generator found")
    assert found.report["held_out"] <= 1


def test_pairs_in_a_subspace_are_told() -> None:
    low = np.random.default_rng(0).standard_normal((300, 4)) @ np.eye(4, 9)
    angles = 0.01 * np.random.default_rng(1).standard_normal((300, 1))
    found = zoo.discover("lconv", (low, low + angles * low @ TASK.truth(shape=[9]).numpy().T), **QUICK)
    assert found.report["directions"] < 9 and "elsewhere it is a guess" in found.report["verdict"]


def test_left_over_by_another_generator_and_by_the_true_one() -> None:
    x, y = (torch.from_numpy(values) for values in pairs(200, shape=[9]))
    truth = TASK.truth(shape=[9])
    assert left_over(truth, None, x, y) < 1e-6 and left_over(-3 * truth, None, x, y) < 1e-6
    assert left_over(torch.zeros(9, 9, dtype=torch.float64), None, x, y) == pytest.approx(1)
    assert left_over(truth.abs(), None, x, y) > 0.8


def test_the_same_seed_gives_the_same_and_parts_differ_between_seeds() -> None:
    data = pairs(200, shape=[9])
    first, again, other = (zoo.discover("lconv", data, seed=seed, **QUICK).generator for seed in (0, 0, 1))
    assert torch.equal(first, again) and not torch.equal(first, other)
    x = torch.arange(100.0)[:, None]
    (kept, _), (held_out, _) = parts(x, x, 0)
    assert len(held_out) == 20 and not set(kept.flatten().tolist()) & set(held_out.flatten().tolist())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ((np.ones((80, 4)), np.ones((80, 5))), "x and y have one shape"),
        ((np.ones(80), np.ones(80)), "x and y have one shape"),
        ((np.ones((4, 4)), np.ones((4, 4))), "there are 4 pairs"),
        ((np.ones((80, 4)), np.ones((80, 4))), "equal in all pairs"),
        ((np.full((80, 4), np.nan), np.ones((80, 4))), "NaN"),
    ],
)
def test_arrays_that_cannot_be_used(data, message: str) -> None:
    with pytest.raises(DataError, match=message):
        zoo.discover("lconv", data, **QUICK)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"antisymetric": True}, 'did you mean "antisymmetric"'), ({"iterations": 0}, "iterations >= 1")],
)
def test_options_that_cannot_be_used(options, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        zoo.discover("lconv", pairs(50, shape=[5]), **QUICK, **options)
    with pytest.raises(ConfigError, match="a pair"):
        zoo.discover("lconv", 3.0, **QUICK)


def test_one_that_has_found_nothing_yet_can_be_built_and_saved(tmp_path: Path) -> None:
    empty = zoo.build("lconv_pairs", None, input_shape=(2, 3))
    assert empty.symmetry.basis.shape == (1, 6, 6) and empty.report == {} and empty.kind == "discoverer"
    zoo.save(empty, tmp_path / "empty.safetensors")
    assert zoo.load(tmp_path / "empty.safetensors").config == empty.config
    with pytest.raises(ConfigError, match="input_shape is"):
        LConvPairs(input_shape=(1, 2, 3, 4))
