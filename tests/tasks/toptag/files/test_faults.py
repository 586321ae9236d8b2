"""Bad files: a clear error that names the rows, or a repair that is reported; nothing is dropped silently."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from zoo.errors import ConfigError, DataError
from zoo.tasks.toptag.files import Repairs, join, read_jets


@pytest.fixture
def dense(jets):
    """Thirty jets `(30, 90, 4)` to be spoiled, of 20 constituents or more."""
    chunk = jets(60, seed=3)
    rows = [i for i in range(60) if 20 <= chunk.counts[i] <= 90][:30]
    return np.stack([chunk.between(i, i + 1).dense(90)[0] for i in rows])


@pytest.fixture
def reread(tmp_path: Path):
    """Through a file, in chunks of 7 jets, so that rows are counted over chunks."""

    def through_file(momenta, report=None, labels=None, **options):
        np.savez(tmp_path / "jets.npz", momenta=momenta, labels=np.zeros(len(momenta)) if labels is None else labels)
        report = Repairs() if report is None else report
        chunk = join(read_jets(tmp_path / "jets.npz", chunk_size=7, report=report, **options))
        assert len(chunk) == len(momenta)
        return chunk, report

    return through_file


def test_good_jets_are_left_alone(dense, reread) -> None:
    chunk, report = reread(dense)
    assert np.array_equal(chunk.dense(90), dense)
    assert not report and not report.lines() and str(report) == "nothing was repaired"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite(value, dense, reread) -> None:
    dense[[8, 11], 3, 2] = value
    with pytest.raises(DataError, match=r"jets.npz: NaN or infinite numbers in the rows 8, 11 \(counted"):
        reread(dense)


def test_numbers_too_large_for_float32(dense, reread) -> None:
    big = dense.astype(np.float64)
    big[2, 0] *= 1e37
    with pytest.raises(DataError, match="NaN or infinite numbers in the rows 2 "):
        reread(big)


def test_negative_energies(dense, reread) -> None:
    dense[20, 5, 0] *= -1
    with pytest.raises(DataError, match=r"negative energies in the rows 20 .*expected \(E, px, py, pz\)"):
        reread(dense)


def test_energy_in_the_last_place_is_named(dense, reread) -> None:
    with pytest.raises(DataError, match=r"negative energies|spacelike.*expected \(E, px, py, pz\), E first"):
        reread(np.roll(dense, -1, axis=-1))


def test_units(dense, reread) -> None:
    with pytest.raises(DataError, match=r'median jet pT is .*e\+05 GeV, in the jets from row 0 .* pass units="MeV"'):
        reread(dense * 1000)
    chunk, report = reread(dense.astype(np.float64) * 1000, units="MeV")
    assert np.allclose(chunk.dense(90), dense, rtol=1e-6)
    assert report["units"].jets == 30
    assert "units: momenta were converted to GeV (30 jets; rows 0, 1, 2, 3, 4, ...)" in str(report)
    with pytest.raises(DataError, match=r'median jet pT is 0.* pass units="TeV"'):
        reread(dense / 1000)
    assert np.allclose(reread(dense / 1000, units="TeV")[0].dense(90), dense, rtol=1e-5)
    with pytest.raises(DataError, match=r'read in MeV, the median jet pT is 0.* pass units="GeV"'):
        reread(dense, units="MeV")
    assert np.array_equal(reread(dense * 1024, units="GeV")[0].dense(90), dense * 1024)


def test_truth_is_converted_as_well(dense, tmp_path: Path) -> None:
    truth = np.tile([700e3, 600e3, 0, 300e3], (30, 1))
    np.savez(tmp_path / "jets.npz", x=dense * 1000, truth=truth)
    chunk = join(read_jets(tmp_path / "jets.npz", units="MeV"))
    assert np.allclose(chunk.truth, truth / 1000)
    np.savez(tmp_path / "jets.npz", x=dense, truth=np.full((30, 4), np.nan))
    with pytest.raises(DataError, match="truth momenta that are NaN or infinite in the rows 0, 1, 2, 3, 4 and 25 more"):
        list(read_jets(tmp_path / "jets.npz"))


def test_spacelike_constituents(dense, reread) -> None:
    momentum = np.linalg.norm(dense[..., 1:].astype(np.float64), axis=-1)
    spoiled = dense.copy()
    spoiled[4, 2, 0] = momentum[4, 2] * (1 - 2e-5)
    spoiled[25, [0, 6], 0] = momentum[25, [0, 6]] * (1 - 2e-5)
    chunk, report = reread(spoiled)
    assert np.allclose(chunk.dense(90), dense, rtol=1e-6)
    assert (report["rounding"].jets, report["rounding"].constituents, report["rounding"].first) == (2, 3, (4, 25))
    sentence = (
        "rounding: energies were below |p| by rounding and were set to |p| (3 constituents of 2 jets; rows 4, 25)"
    )
    assert report.lines() == [sentence]
    spoiled[9, 0, 0] = 0.9 * momentum[9, 0]
    with pytest.raises(DataError, match=r"spacelike constituents, E < \|p\| by up to .* GeV, in the rows 9 "):
        reread(spoiled)
    spoiled[9, 0, 0] = 0
    with pytest.raises(DataError, match="spacelike"):
        reread(spoiled)


def test_float16_rounds_more(dense, reread) -> None:
    chunk, report = reread(dense.astype(np.float16))
    momentum = np.linalg.norm(chunk.values[:, 1:], axis=-1)
    assert (chunk.values[:, 0] >= momentum * (1 - 1e-6)).all()
    assert set(repair.name for repair in report) <= {"rounding", "unsorted", "gaps"}


def test_masses_are_remarked_and_removed_when_asked(dense, reread) -> None:
    heavy = dense.copy()
    heavy[3, :10, 0] = np.sqrt(heavy[3, :10, 0].astype(np.float64) ** 2 + 20.0**2)
    chunk, report = reread(heavy)
    assert np.array_equal(chunk.dense(90), heavy)
    assert report["massive"].jets == 1 and report["massive"].constituents == 10
    assert "massless=True sets E = |p|" in str(report)
    chunk, report = reread(heavy, massless=True)
    assert np.allclose(chunk.dense(90), dense, rtol=1e-6)
    assert "massive" not in report and report["massless"].constituents == 10 and report["massless"].first == (3,)


def test_unsorted_constituents(dense, reread) -> None:
    spoiled = dense.copy()
    spoiled[6, [0, 5]] = spoiled[6, [5, 0]]
    spoiled[13, :20] = spoiled[13, :20][::-1]
    chunk, report = reread(spoiled)
    assert np.array_equal(chunk.dense(90), dense)
    assert report["unsorted"].first == (6, 13)
    assert [repair.name for repair in report] == ["unsorted"]


def test_gaps_close(dense, reread) -> None:
    spoiled = np.insert(dense, [0, 5], 0.0, axis=1)
    spoiled[:10] = np.concatenate([dense[:10], np.zeros((10, 2, 4))], axis=1)
    chunk, report = reread(spoiled)
    assert np.array_equal(chunk.dense(90), dense)
    assert report["gaps"].jets == 20 and report["gaps"].first == (10, 11, 12, 13, 14)


def test_empty_jets(dense, reread) -> None:
    dense[[0, 17]] = 0
    with pytest.raises(DataError, match=r'jets without a constituent in the rows 0 .* keep them with empty="keep"'):
        reread(dense)
    chunk, report = reread(dense, empty="keep")
    assert np.array_equal(chunk.dense(90), dense)
    assert chunk.counts[17] == 0 and report["empty"].first == (0, 17)
    chunk, report = reread(np.zeros((3, 5, 4)), empty="keep")
    assert chunk.counts.tolist() == [0, 0, 0] and chunk.values.shape == (0, 4) and report["empty"].jets == 3
    assert len(reread(np.zeros((3, 0, 4)), empty="keep")[0]) == 3


def test_more_constituents_than_are_kept(dense, reread) -> None:
    chunk, report = reread(dense, max_constituents=10)
    assert np.array_equal(chunk.dense(), dense[:, :10])
    assert report["cut"].jets == 30
    assert report["cut"].constituents == (dense[..., 0] > 0).sum() - 300
    wide = np.concatenate([dense] * 4, axis=1)[:8] / 4
    chunk, report = reread(wide)
    counts = (wide[..., 0] > 0).sum(1)
    assert np.array_equal(chunk.counts, np.minimum(counts, 200))
    assert report["cut"].jets == (counts > 200).sum() > 0
    pt = np.sort(np.hypot(wide[..., 1], wide[..., 2]), axis=1)[:, ::-1]
    assert np.allclose(np.hypot(*chunk.dense(200)[..., 1:3].T).T, pt[:, :200] * (np.arange(200) < counts[:, None]))


def test_labels(dense, reread) -> None:
    labels = np.arange(30) % 2
    for kind in (np.int64, np.uint8, bool, np.float32):
        chunk, _ = reread(dense, labels=labels.astype(kind))
        assert np.array_equal(chunk.labels, labels) and chunk.labels.dtype == np.int64
    assert np.array_equal(reread(dense, labels=labels[:, None])[0].labels, labels)
    for bad in (2, -1, np.nan, 0.5):
        spoiled = labels.astype(np.float64)
        spoiled[12] = bad
        with pytest.raises(DataError, match=r"labels that are neither 0 .* nor 1 .* in the rows 12 "):
            reread(dense, labels=spoiled)


def test_repairs_add_up_over_chunks_and_files(dense, reread) -> None:
    report = Repairs()
    reread(dense, report, max_constituents=10)
    reread(dense, report, max_constituents=10)
    assert report["cut"].jets == 60 and report["cut"].first == (0, 1, 2, 3, 4)
    assert len(report) == 1 and "cut" in report
    with pytest.raises(KeyError):
        report.add("other", np.arange(3))


def test_arguments(tmp_path: Path) -> None:
    for wrong, message in [
        ({"units": "keV"}, "units must be one of GeV, MeV, TeV, got 'keV'"),
        ({"empty": "drop"}, 'empty must be "error" or "keep"'),
        ({"max_constituents": 0}, "max_constituents must be an integer from 1"),
        ({"chunk_size": True}, "chunk_size must be an integer from 1"),
        ({"dtype": np.float16}, "dtype must be float32 or float64"),
    ]:
        with pytest.raises(ConfigError, match=message):
            read_jets(tmp_path / "jets.npz", **wrong)


def test_files_that_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "empty.h5").touch()
    (tmp_path / "folder.h5").mkdir()
    for name, message in [
        ("missing.h5", "there is no such file"),
        ("empty.h5", "the file is empty"),
        ("folder.h5", "this is a directory"),
        ("jets.root", r"cannot read '.root'; expected one of .h5, .hdf5"),
        ("jets", "cannot read 'a file without suffix'"),
    ]:
        with pytest.raises(DataError, match=message):
            read_jets(tmp_path / name)
