"""The example file: small, whole, readable by others, and full of jets rather than of numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from zoo.tasks.toptag.files import Repairs, count_jets, join, read_jets

pytest.importorskip("h5py")
EXAMPLE = Path(__file__).parents[4] / "examples" / "data" / "toptag.h5"


def test_it_is_small_and_needs_no_repair() -> None:
    report = Repairs()
    jets = join(read_jets(EXAMPLE, labels=True, report=report))
    assert not report, str(report)
    assert len(jets) == count_jets(EXAMPLE) == 3000
    assert jets.labels is not None and jets.labels.sum() == 1500
    assert jets.truth is not None and np.array_equal(jets.truth.any(-1), jets.labels == 1)
    assert EXAMPLE.stat().st_size < 2.6e6


def test_its_jets_are_those_of_the_recipe() -> None:
    jets = join(read_jets(EXAMPLE, dtype=np.float64))
    energy, px, py, pz = np.add.reduceat(jets.values, jets.starts[:-1]).T
    pt, eta = np.hypot(px, py), np.arcsinh(pz / np.hypot(px, py))
    assert ((pt > 549) & (pt < 651)).all()  # the cut is made before the 200 leading constituents are taken
    assert (np.abs(eta) < 2.05).all()
    mass = np.sqrt(energy**2 - px**2 - py**2 - pz**2)
    tops, others = mass[jets.labels == 1], mass[jets.labels == 0]
    assert 160 < np.median(tops) < 185 and np.median(others) < 100
    assert jets.counts[jets.labels == 1].mean() > jets.counts[jets.labels == 0].mean() > 30


def test_pandas_reads_it() -> None:
    pandas, _ = pytest.importorskip("pandas"), pytest.importorskip("tables")
    frame = pandas.read_hdf(EXAMPLE, key="table")
    assert frame.shape == (3000, 806)
    assert frame["is_signal_new"].mean() == 0.5
    assert np.array_equal(frame["E_0"], join(read_jets(EXAMPLE)).dense(200)[:, 0, 0])
