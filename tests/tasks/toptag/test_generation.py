"""Generated jets: reproducible, resumable, and physics."""

from __future__ import annotations

import io
from contextlib import redirect_stderr
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from zoo.errors import ConfigError, DataError
from zoo.tasks.toptag.generation import SPECS, Jets, Selection, check_physics, generate_block, get_spec, jets
from zoo.tasks.toptag.generation import block as block_module
from zoo.tasks.toptag.generation.ragged_jets import join
from zoo.tasks.toptag.generation.spec import seeds_of

for package in ("pythia8mc", "fastjet", "awkward"):
    pytest.importorskip(package)

SMALL = replace(SPECS["nominal"], block=10, batch=60)
SIZE = 40


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("jets")


@pytest.fixture(scope="module")
def made(folder: Path) -> Jets:
    return jets(SMALL, "train", SIZE, workers=2, folder=folder, progress=False)


@pytest.fixture(scope="module")
def truth_level() -> Jets:
    return join([generate_block(replace(SPECS["truth"], block=10, batch=60), label, 0) for label in (0, 1)])


def same(first: Jets, second: Jets) -> bool:
    return all(
        np.array_equal(getattr(first, name), getattr(second, name)) for name in ("values", "counts", "labels", "truth")
    )


def files_of(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.safetensors"))


def test_shapes_and_classes(made: Jets) -> None:
    assert len(made) == SIZE and made.labels.sum() == SIZE // 2
    assert made.values.shape == (made.counts.sum(), 4) and made.values.dtype == np.float32
    assert made.truth.shape == (SIZE, 4) and made.truth.dtype == np.float32
    # Every pair holds one jet of each class, not always in the same order.
    assert (made.labels.reshape(-1, 2).sum(axis=1) == 1).all()
    assert 0 < made.labels[::2].sum() < SIZE // 2


def test_one_worker_makes_the_same_jets(made: Jets, tmp_path: Path) -> None:
    assert same(jets(SMALL, "train", SIZE, workers=1, folder=tmp_path, progress=False), made)


def test_a_smaller_set_is_a_prefix_of_a_larger_one(made: Jets, folder: Path) -> None:
    fewer = jets(SMALL, "train", 13, folder=folder, progress=False)
    assert len(fewer) == 13 and same(fewer, made.first(13))


def test_kept_blocks_are_not_made_again(made: Jets, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zoo.tasks.toptag.generation.production.generate_block", None)
    assert same(jets(SMALL, "train", SIZE, folder=folder, progress=False), made)


def test_missing_and_damaged_blocks_are_made_again(made: Jets, folder: Path) -> None:
    files = files_of(folder)
    assert len(files) == 4
    before = {path: path.stat().st_mtime_ns for path in files}
    files[0].unlink()
    damaged = bytearray(files[2].read_bytes())
    damaged[len(damaged) // 2] ^= 1
    files[2].write_bytes(damaged)
    assert same(jets(SMALL, "train", SIZE, workers=1, folder=folder, progress=False), made)
    assert files_of(folder) == files
    assert [path.stat().st_mtime_ns == before[path] for path in files] == [False, True, False, True]


def test_the_bar_tells_rate_and_estimate(folder: Path, made: Jets) -> None:
    files_of(folder)[1].unlink()
    text = io.StringIO()
    with redirect_stderr(text):
        jets(SMALL, "train", SIZE, workers=1, folder=folder, progress="force")
    assert "40/40" in text.getvalue() and "jets/s" in text.getvalue() and "eta" in text.getvalue()


def test_constituents_are_massless_and_sorted(made: Jets, truth_level: Jets) -> None:
    for sample in (made, truth_level):
        momentum = np.linalg.norm(sample.values[:, 1:].astype(np.float64), axis=-1)
        np.testing.assert_array_equal(sample.values[:, 0], momentum.astype(np.float32))
        assert check_physics(sample)["top"]["unsorted"] == check_physics(sample)["qcd"]["unsorted"] == 0
        assert sample.counts.min() >= 1 and sample.counts.max() <= 200


def test_jets_lie_in_the_window(made: Jets) -> None:
    for figures in check_physics(made).values():
        # To the rounding of float32 momenta.
        assert 550 - 1e-3 < figures["pt_min"] < figures["pt_max"] < 650 + 1e-3
        assert figures["eta_max"] < 2


def test_top_jets_hold_a_top(made: Jets) -> None:
    top = made.labels == 1
    assert not made.truth[~top].any()
    truth, jet = made.truth[top].astype(np.float64), made.total()[top]
    mass = np.sqrt(truth[:, 0] ** 2 - (truth[:, 1:] ** 2).sum(-1))
    assert abs(np.median(mass) - 173) < 3
    cosine = (truth[:, 1:3] * jet[:, 1:3]).sum(-1)
    turn = np.abs(np.arctan2(truth[:, 1] * jet[:, 2] - truth[:, 2] * jet[:, 1], cosine))
    eta = [np.arcsinh(p[:, 3] / np.hypot(p[:, 1], p[:, 2])) for p in (truth, jet)]
    assert np.hypot(turn, eta[0] - eta[1]).max() < 0.8


def test_figures_are_those_of_such_jets(made: Jets) -> None:
    # Of large samples: 172 GeV and 61 +- 15 constituents for tops, 70 GeV and 48 +- 22 for QCD.
    figures = check_physics(made)
    assert 160 < figures["top"]["mass_median"] < 185 and 40 < figures["qcd"]["mass_median"] < 120
    assert abs(figures["top"]["constituents"] - 61) < 5 * 15 / np.sqrt(SIZE / 2)
    assert abs(figures["qcd"]["constituents"] - 48) < 5 * 22 / np.sqrt(SIZE / 2)
    assert figures["top"]["top_window"] > 0.7 and figures["qcd"]["top_window"] < 0.45
    assert figures["top"]["constituent_mass"] < 1e-3


def test_truth_level_has_more_constituents(made: Jets, truth_level: Jets) -> None:
    for name in ("qcd", "top"):
        assert check_physics(truth_level)[name]["constituents"] > check_physics(made)[name]["constituents"]


def test_coarse_cells_make_other_jets() -> None:
    tiny = [replace(SPECS[name], block=2, batch=60) for name in ("coarse", "nominal")]
    first, second = (generate_block(spec, 1, 0) for spec in tiny)
    assert not np.array_equal(first.counts, second.counts)


def test_seeds_belong_to_one_block() -> None:
    places = [
        (spec, split, seed, label, block)
        for spec in SPECS.values()
        for split in ("train", "test")
        for seed in (0, 1)
        for label in (0, 1)
        for block in range(50)
    ]
    seeds = [seeds_of(*place) for place in places]
    assert len({seed.pythia for seed in seeds}) == len({seed.detector for seed in seeds}) == len(seeds)
    assert all(1 <= seed.pythia <= 900_000_000 for seed in seeds)


def test_every_setting_changes_the_digest() -> None:
    assert SMALL.detector is not None
    ecal = replace(SMALL.detector.ecal, eta_width=0.02)
    others = [
        *SPECS.values(),
        SMALL,
        replace(SMALL, batch=61),
        replace(SMALL, selection=Selection(pt_max=651.0)),
        replace(SMALL, detector=replace(SMALL.detector, ecal=ecal)),
        replace(SMALL, top=(*SMALL.top, "PartonLevel:MPI = on")),
    ]
    assert len({spec.digest() for spec in others}) == len(others)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"spec": "fine"}, "nominal, coarse, truth"),
        ({"split": "../train"}, "split"),
        ({"size": 0}, "size"),
        ({"size": True}, "size"),
        ({"seed": -1}, "seed"),
        ({"workers": 0}, "worker"),
    ],
)
def test_bad_requests_are_refused(arguments: dict, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=message):
        jets(**{"spec": SMALL, "size": 4, "folder": tmp_path, "progress": False, **arguments})
    assert not files_of(tmp_path)


def test_labels_are_two() -> None:
    with pytest.raises(ConfigError, match="label 0"):
        generate_block(SMALL, 2, 0)


def test_unknown_pythia_settings_are_refused(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(DataError, match="Nonsense"):
        generate_block(replace(SMALL, qcd=("Nonsense:yes = on",)), 0, 0)


def test_a_selection_that_nothing_passes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(block_module, "_ENOUGH_EVENTS", 100)
    with pytest.raises(DataError, match="0 jets of 120 events"):
        generate_block(replace(SMALL, selection=Selection(pt_min=6000.0, pt_max=6500.0)), 0, 0)


def test_generation_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    generate_block(replace(SMALL, block=1, batch=30), 0, 0)
    assert capfd.readouterr().out == ""


def test_get_spec_takes_names_and_specs() -> None:
    assert get_spec("truth") is SPECS["truth"] and get_spec(SMALL) is SMALL
