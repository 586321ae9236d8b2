"""What is written is read again, by this package and by those that read the published dataset."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from zoo.errors import DataError
from zoo.tasks.toptag.files import Chunk, Repairs, constituent_columns, count_jets, join, read_jets, write_jets

pytest.importorskip("h5py")
SUFFIXES = ["h5", "hdf5", "parquet", "npz"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_bit_comes_back(suffix, jets, same, tmp_path: Path) -> None:
    if suffix == "parquet":
        pytest.importorskip("pyarrow")
    path, report, original = tmp_path / f"jets.{suffix}", Repairs(), jets(333)
    assert write_jets(path, original) == 333
    assert count_jets(path) == 333
    chunks = list(read_jets(path, chunk_size=100, report=report))
    assert [len(chunk) for chunk in chunks] == [100, 100, 100, 33]
    same(join(chunks), original)
    assert not report, str(report)
    assert join(read_jets(path)).values.dtype == np.float32
    assert join(read_jets(path, dtype=np.float64)).values.dtype == np.float64


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_bytes_depend_on_the_jets_alone(suffix, jets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if suffix == "parquet":
        pytest.importorskip("pyarrow")
    from zoo.tasks.toptag.files import writing

    monkeypatch.setattr(writing, "ROWS", 256)
    original = jets(600)
    one, two = tmp_path / f"one.{suffix}", tmp_path / f"two.{suffix}"
    write_jets(one, original)
    write_jets(two, (original.between(i, i + 70) for i in range(0, 600, 70)))
    assert one.read_bytes() == two.read_bytes()


def test_without_labels_and_truth(jets, tmp_path: Path) -> None:
    original, path = jets(20), tmp_path / "jets.h5"
    write_jets(path, Chunk(original.values, original.counts))
    chunk = join(read_jets(path))
    assert chunk.labels is None
    assert np.array_equal(chunk.truth, np.zeros((20, 4)))
    with pytest.raises(DataError, match="does not say which jets are tops"):
        read_jets(path, labels=True)


def test_pandas_reads_the_published_form(jets, tmp_path: Path) -> None:
    pandas, _ = pytest.importorskip("pandas"), pytest.importorskip("tables")
    original, path = jets(300), tmp_path / "jets.h5"
    write_jets(path, original, ttv=2)
    frame = pandas.read_hdf(path, key="table")
    truth = ["truthE", "truthPX", "truthPY", "truthPZ"]
    assert list(frame.columns) == [*constituent_columns(), *truth, "ttv", "is_signal_new"]
    assert list(frame.columns[:5]) == ["E_0", "PX_0", "PY_0", "PZ_0", "E_1"]
    assert {str(dtype) for dtype in frame.dtypes[:804]} == {"float32"}
    assert {str(dtype) for dtype in frame.dtypes[804:]} == {"int64"}
    assert np.array_equal(frame.to_numpy()[:, :800].reshape(300, 200, 4), original.dense(200))
    assert np.array_equal(frame["is_signal_new"], original.labels)
    assert np.array_equal(frame[truth], original.truth)
    assert set(frame["ttv"]) == {2}
    assert list(frame.index) == list(range(300))
    part = pandas.read_hdf(path, key="table", start=290, stop=310)
    assert list(part.index) == list(range(290, 300))


def test_pandas_can_append_to_it(jets, tmp_path: Path) -> None:
    pandas, _ = pytest.importorskip("pandas"), pytest.importorskip("tables")
    path = tmp_path / "jets.h5"
    write_jets(path, jets(30))
    frame = pandas.read_hdf(path, key="table")
    frame.to_hdf(path, key="table", format="table", append=True)
    assert count_jets(path) == 60
    assert len(pandas.read_hdf(path, key="table")) == 60


def test_pytables_reads_it(jets, tmp_path: Path) -> None:
    tables = pytest.importorskip("tables")
    original, path = jets(300), tmp_path / "jets.h5"
    write_jets(path, original)
    with tables.open_file(str(path)) as file:
        table = file.root.table.table
        assert table.nrows == 300
        assert table.attrs.values_block_1_kind == ["ttv", "is_signal_new"]
        assert np.array_equal(
            table.read(290, 300, field="values_block_0")[:, :800], original.dense(200)[290:].reshape(10, 800)
        )


def test_nothing_is_left_of_a_file_that_fails(jets, tmp_path: Path) -> None:
    def broken():
        yield jets(10)
        raise KeyboardInterrupt

    for suffix in ("h5", "npz"):
        with pytest.raises(KeyboardInterrupt):
            write_jets(tmp_path / f"jets.{suffix}", broken())
    assert not list(tmp_path.iterdir())


def test_jets_that_cannot_be_written(jets, tmp_path: Path) -> None:
    wide = Chunk(np.ones((201, 4), np.float32), np.array([201]))
    with pytest.raises(DataError, match="201 constituents; at most 200"):
        write_jets(tmp_path / "jets.h5", wide)
    for nothing in ([], [jets(5).between(0, 0)]):
        with pytest.raises(DataError, match="no jets to write"):
            write_jets(tmp_path / "jets.h5", nothing)
    with pytest.raises(DataError, match="some chunks have labels"):
        write_jets(tmp_path / "jets.h5", [jets(5), Chunk(jets(5).values, jets(5).counts)])
    with pytest.raises(DataError, match=r"cannot write '.csv'; expected one of .h5"):
        write_jets(tmp_path / "jets.csv", jets(5))
    with pytest.raises(DataError, match="cannot be written"):
        write_jets(tmp_path / "missing" / "jets.h5", jets(5))
    assert not list(tmp_path.iterdir())


def test_a_chunk_is_consistent(jets) -> None:
    chunk = jets(4)
    assert chunk.dense().shape == (4, chunk.counts.max(), 4)
    assert np.array_equal(chunk.between(1, 3).dense(200), chunk.dense(200)[1:3])
    with pytest.raises(DataError, match="more than the width 2"):
        chunk.dense(2)
    with pytest.raises(DataError, match="add up to M"):
        Chunk(chunk.values, chunk.counts + 1)
    with pytest.raises(DataError, match="no jets to join"):
        join([])
