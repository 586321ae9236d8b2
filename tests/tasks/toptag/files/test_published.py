"""The dataset as pandas writes it: any compressor of PyTables, any width, and never a pickle that is run."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from zoo.errors import DataError
from zoo.tasks.toptag.files import Repairs, constituent_columns, count_jets, join, read_jets

h5py = pytest.importorskip("h5py")
pandas = pytest.importorskip("pandas")
tables = pytest.importorskip("tables")

TRUTH = ["truthE", "truthPX", "truthPY", "truthPZ"]
COMPRESSORS = ["zlib", "bzip2", "blosc", "blosc:blosclz", "blosc:lz4", "blosc:lz4hc", "blosc:zlib", "blosc:zstd"]


def frame_of(chunk, dtype="float32"):
    momenta = np.concatenate([chunk.dense(200).reshape(len(chunk), 800), chunk.truth], axis=1).astype(dtype)
    frame = pandas.DataFrame(momenta, columns=[*constituent_columns(), *TRUTH])
    return pandas.concat([frame, pandas.DataFrame({"ttv": 0, "is_signal_new": chunk.labels})], axis=1)


@pytest.mark.parametrize("compressor", [None, *COMPRESSORS])
def test_compressors_of_pandas(compressor, jets, same, tmp_path: Path) -> None:
    path, original, report = tmp_path / "jets.h5", jets(333), Repairs()
    how = {} if compressor is None else {"complib": compressor, "complevel": 5}
    frame_of(original).to_hdf(path, key="table", format="table", **how)
    assert count_jets(path) == 333
    same(join(read_jets(path, report=report, chunk_size=50)), original)
    assert not report


@pytest.mark.parametrize(
    "filters",
    [
        {"complib": "blosc2", "complevel": 5},
        {"complib": "blosc2:lz4", "complevel": 5},
        {"complib": "blosc2:zstd", "complevel": 3},
        {"complib": "bzip2", "complevel": 5, "fletcher32": True},
        {"complib": "blosc", "complevel": 5, "fletcher32": True},
        {"complib": "blosc:lz4", "complevel": 5, "bitshuffle": True},
        {"complib": "blosc:zstd", "complevel": 5, "shuffle": False},
        {"complib": "bzip2", "complevel": 5, "shuffle": False},
    ],
    ids=str,
)
def test_compressors_of_pytables(filters, jets, same, tmp_path: Path) -> None:
    """ptrepack and PyTables write tables with filters that pandas does not offer."""
    plain, path, original = tmp_path / "plain.h5", tmp_path / "jets.h5", jets(333)
    frame_of(original).to_hdf(plain, key="table", format="table")
    with tables.open_file(str(plain)) as source, tables.open_file(str(path), "w") as file:
        group = file.create_group("/", "table")
        source.root.table.table.copy(group, "table", filters=tables.Filters(**filters), propindexes=False)
    same(join(read_jets(path, chunk_size=50)), original)


def test_the_file_may_have_other_columns_dtypes_order_and_key(jets, same, tmp_path: Path) -> None:
    original = jets(40)
    frame = frame_of(original)
    frame.insert(0, "weight", 2.5)
    frame["run"] = "a"
    shuffled = frame[np.random.default_rng(0).permutation(frame.columns)]
    shuffled.to_hdf(tmp_path / "one.h5", key="jets", format="table")
    same(join(read_jets(tmp_path / "one.h5")), original)
    frame_of(original, "float64").to_hdf(tmp_path / "two.h5", key="table", format="table")
    same(join(read_jets(tmp_path / "two.h5")), original)
    few = frame_of(original)[["E_0", "PX_0", "PY_0", "PZ_0"]]
    few.to_hdf(tmp_path / "three.h5", key="table", format="table", data_columns=True)
    leading = join(read_jets(tmp_path / "three.h5"))
    assert np.array_equal(leading.values, original.values[original.starts[:-1]])
    assert leading.labels is None and leading.truth is None


def test_missing_columns_are_listed(jets, tmp_path: Path) -> None:
    frame, path = frame_of(jets(5)), tmp_path / "jets.h5"
    frame.drop(columns=["PX_3", "E_17"]).to_hdf(path, key="table", format="table")
    with pytest.raises(DataError, match=r"jets.h5: missing columns: PX_3, E_17; every constituent needs E_i, PX_i"):
        read_jets(path)
    frame.drop(columns=["truthPY"]).to_hdf(path, key="table", format="table", mode="w")
    with pytest.raises(DataError, match="missing columns: truthPY"):
        read_jets(path)
    frame[["ttv", "truthE"]].to_hdf(path, key="table", format="table", mode="w")
    with pytest.raises(DataError, match=r"no column E_0, PX_0, .* \(found: index, truthE, ttv\)"):
        read_jets(path)
    frame.drop(columns=[f"PZ_{i}" for i in range(200)]).to_hdf(path, key="table", format="table", mode="w")
    with pytest.raises(DataError, match=r"PZ_0, PZ_1, .* and 192 more"):
        read_jets(path)


def test_other_hdf5_forms_are_named(jets, tmp_path: Path) -> None:
    frame, path = frame_of(jets(5)), tmp_path / "jets.h5"
    frame.to_hdf(path, key="table", format="fixed")
    with pytest.raises(DataError, match=r'"fixed" form; write it with to_hdf\(..., format="table"\)'):
        read_jets(path)
    frame.to_hdf(path, key="a", format="table", mode="w")
    frame.to_hdf(path, key="b", format="table")
    with pytest.raises(DataError, match="several tables"):
        read_jets(path)
    frame.to_hdf(path, key="table", format="table")
    assert count_jets(path) == 5
    with h5py.File(path, "a") as file:
        file["table/table"].resize(0, axis=0)
    with pytest.raises(DataError, match="there are no jets in it"):
        read_jets(path)


class _Trap:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_no_pickle_is_run(protocol, jets, same, tmp_path: Path) -> None:
    """PyTables runs the pickles of a table as it opens it; here one that is not needed is not even looked at."""
    path, trap, original = tmp_path / "jets.h5", tmp_path / "trap", jets(30)
    frame_of(original).to_hdf(path, key="table", format="table", complib="blosc", complevel=5)
    bad = np.bytes_(pickle.dumps(_Trap(trap), protocol))
    with h5py.File(path, "a") as file:
        for item in (file, file["table"], file["table/table"]):
            item.attrs["trap"] = bad
        file["table"].attrs["non_index_axes"] = bad
        file["table/table"].attrs["values_block_0_meta"] = bad
    same(join(read_jets(path)), original)
    with h5py.File(path, "a") as file:
        file["table/table"].attrs["values_block_0_kind"] = bad
    with pytest.raises(DataError, match=r"not stored as a list of strings but with .*, which is not run"):
        read_jets(path)
    assert not trap.exists()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_names_of_every_pickle_protocol(protocol) -> None:
    from zoo.tasks.toptag.files.names import read_names, write_names

    names = list(constituent_columns())
    assert read_names(pickle.dumps(names, protocol), "") == names
    assert pickle.loads(write_names(names)) == names
    python2 = b"(lp0\nS'E_0'\np1\naS'PX_0'\np2\na."
    assert read_names(python2, "") == ["E_0", "PX_0"]


@pytest.mark.parametrize("stored", [b"", b"(lp0\nVE_0", b"\x80\x04\x95", b"nonsense", b"(lVE_0\naI1\na.", b"(d."])
def test_other_pickles_are_refused(stored) -> None:
    from zoo.tasks.toptag.files.names import read_names

    with pytest.raises(DataError, match="the names of the columns are"):
        read_names(stored, "jets.h5")


def test_damaged_files(jets, tmp_path: Path) -> None:
    path = tmp_path / "jets.h5"
    for compressor in ("zlib", "bzip2", "blosc", "blosc:zstd"):
        frame_of(jets(400)).to_hdf(path, key="table", format="table", mode="w", complib=compressor, complevel=5)
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
        with pytest.raises(DataError, match=r"jets.h5: the file cannot be read"):
            list(read_jets(path))
        path.write_bytes(whole)
        with h5py.File(path, "r") as file:
            place = file["table/table"].id.get_chunk_info(2).byte_offset
        path.write_bytes(whole[:place] + bytes(300) + whole[place + 300 :])
        with pytest.raises(DataError, match=r"jets.h5: the file cannot be read"):
            list(read_jets(path))
    path.write_bytes(b"no HDF5 at all")
    with pytest.raises(DataError, match="the file cannot be read"):
        count_jets(path)


def test_an_unknown_compressor_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from zoo.tasks.toptag.files import codecs

    with h5py.File(tmp_path / "jets.h5", "w") as file:
        row = np.zeros(3, [("values_block_0", "<f4", (4,))])
        table = file.create_dataset("table/table", data=row, chunks=(3,), compression="gzip")
        monkeypatch.setattr(h5py.h5z, "filter_avail", lambda number: False)
        monkeypatch.setattr(codecs, "_STEPS", {})
        with pytest.raises(DataError, match=r"the HDF5 filter 1, which cannot be read here; .* ptrepack"):
            codecs.decoder(table, "jets.h5")
