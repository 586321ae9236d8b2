"""Jets as plain arrays in .npz, .npy and HDF5 files, and as columns of .parquet files."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from zoo.errors import DataError
from zoo.tasks.toptag.files import Chunk, Repairs, count_jets, join, read_jets, write_jets


def save(path: Path, **arrays) -> None:
    if path.suffix == ".npz":
        np.savez(path, **arrays)
        return
    with pytest.importorskip("h5py").File(path, "w") as file:
        for name, array in arrays.items():
            file[name] = array


@pytest.mark.parametrize("suffix", ["npz", "h5"])
@pytest.mark.parametrize("momenta", ["momenta", "x", "Pmu"])
@pytest.mark.parametrize("labels", ["labels", "label", "y", "is_signal_new", "is_signal"])
def test_names_of_arrays(suffix, momenta, labels, jets, same, tmp_path: Path) -> None:
    path, original = tmp_path / f"jets.{suffix}", jets(25)
    save(path, **{momenta: original.dense(200), labels: original.labels, "truth": original.truth})
    assert count_jets(path) == 25
    same(join(read_jets(path, chunk_size=10)), original)
    save(path, **{momenta: original.dense()})
    same(join(read_jets(path)), Chunk(original.values, original.counts))


@pytest.mark.parametrize("suffix", ["npz", "h5"])
def test_ragged_arrays(suffix, jets, same, tmp_path: Path) -> None:
    path, original = tmp_path / f"jets.{suffix}", jets(25)
    save(path, values=original.values, counts=original.counts.astype(np.uint16), labels=original.labels)
    same(join(read_jets(path, chunk_size=10)), Chunk(original.values, original.counts, original.labels))
    save(path, values=original.values, counts=original.counts + 1)
    with pytest.raises(DataError, match=r'"counts" must be integers from 0 on that add up to the \d+ rows of "values"'):
        read_jets(path)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f8"])
@pytest.mark.parametrize("suffix", ["npz", "npy"])
def test_layouts_in_memory(order, dtype, suffix, jets, same, tmp_path: Path) -> None:
    path, original = tmp_path / f"jets.{suffix}", jets(25)
    array = np.asarray(original.dense(), dtype=dtype, order=order)
    if suffix == "npz":
        np.savez_compressed(path, momenta=array)
    else:
        np.save(path, array)
    same(join(read_jets(path, chunk_size=10)), Chunk(original.values, original.counts))


def test_a_mask_says_what_is_there(jets, same, tmp_path: Path) -> None:
    path, original, report = tmp_path / "jets.npz", jets(25), Repairs()
    there = np.arange(original.counts.max()) < original.counts[:, None]
    filled = np.where(there[..., None], original.dense(), [5.0, 3.0, 0.0, 4.0]).astype(np.float32)
    np.savez(path, momenta=filled, mask=there)
    same(join(read_jets(path, report=report)), Chunk(original.values, original.counts))
    assert not report
    np.savez(path, momenta=filled, mask=there[:, :-1])
    with pytest.raises(DataError, match=r"jets.npz, mask: the shape is"):
        read_jets(path)


@pytest.mark.parametrize("suffix", ["npz", "h5"])
def test_arrays_of_other_shapes(suffix, jets, tmp_path: Path) -> None:
    path, x = tmp_path / f"jets.{suffix}", jets(6).dense()
    for arrays, message in [
        ({"jets": x}, r'no array of four-momenta \(found: jets\); expected "momenta"'),
        ({"x": x, "momenta": x}, "several arrays that may be the four-momenta"),
        ({"x": x, "y": np.zeros(6), "label": np.zeros(6)}, r"several arrays may be the labels \(label, y\)"),
        ({"x": x[0]}, r"x: the shape is \(\d+, 4\); expected"),
        ({"x": x[..., :3]}, r"x: the shape is \(6, \d+, 3\); expected"),
        ({"x": np.float64(1)}, r"x: the shape is \(\); expected"),
        ({"x": x, "y": np.zeros(5)}, r"y: the shape is \(5,\); expected"),
        ({"x": x, "y": np.zeros((6, 2))}, r"y: the shape is \(6, 2\); expected"),
        ({"x": x, "truth": np.zeros((6, 3))}, r"truth: the shape is \(6, 3\); expected"),
        ({"x": x.astype(complex)}, "x: the dtype is complex128; expected"),
        ({"x": x[:0]}, "there are no jets in it"),
        ({"values": x[0]}, "no array of four-momenta"),
    ]:
        save(path, **arrays)
        with pytest.raises(DataError, match=message):
            read_jets(path)


def test_pickled_arrays_are_refused(tmp_path: Path) -> None:
    ragged = np.empty(2, object)
    ragged[:] = [np.ones((2, 4)), np.ones((3, 4))]
    np.savez(tmp_path / "jets.npz", x=ragged)
    np.save(tmp_path / "jets.npy", ragged)
    for name in ("jets.npz", "jets.npy"):
        with pytest.raises(DataError, match="Python objects, which are never unpickled"):
            read_jets(tmp_path / name)
    (tmp_path / "jets.npy").write_bytes(pickle.dumps([1.0]))
    with pytest.raises(DataError, match="cannot be read"):
        read_jets(tmp_path / "jets.npy")


def test_damaged_archives(jets, tmp_path: Path) -> None:
    path = tmp_path / "jets.npz"
    np.savez(path, x=jets(20).dense())
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="cannot be read"):
        list(read_jets(path))
    path.write_bytes(whole[:5000] + bytes(50) + whole[5050:])
    with pytest.raises(DataError, match="cannot be read"):
        list(read_jets(path))
    np.save(tmp_path / "jets.npy", jets(20).dense())
    whole = (tmp_path / "jets.npy").read_bytes()
    (tmp_path / "jets.npy").write_bytes(whole[:-7])
    with pytest.raises(DataError, match="7 bytes too early"):
        list(read_jets(tmp_path / "jets.npy"))


def test_parquet_of_others(jets, same, tmp_path: Path) -> None:
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    original, path = jets(50), tmp_path / "jets.parquet"
    write_jets(path, original)
    table = parquet.read_table(path)
    mixed = table.select(table.column_names[::-1]).append_column("run", [["a"] * 50])
    parquet.write_table(mixed, path, row_group_size=20, compression="gzip")
    assert count_jets(path) == 50
    same(join(read_jets(path, chunk_size=15)), original)
    parquet.write_table(table.drop_columns(["PZ_7"]), path)
    with pytest.raises(DataError, match="missing columns: PZ_7"):
        read_jets(path)
    holes = arrow.array([None, *[1.0] * 49], arrow.float32())
    parquet.write_table(table.set_column(0, "E_0", holes), path)
    with pytest.raises(DataError, match="NaN or infinite numbers in the rows 0 "):
        list(read_jets(path))
    parquet.write_table(table.set_column(0, "E_0", [["a"] * 50]), path)
    with pytest.raises(DataError, match="column E_0: it holds string"):
        read_jets(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-40])
    with pytest.raises(DataError, match="cannot be read"):
        read_jets(path)


def test_parquet_of_pandas(jets, same, tmp_path: Path) -> None:
    pandas, _ = pytest.importorskip("pandas"), pytest.importorskip("pyarrow")
    original, path = jets(30), tmp_path / "jets.parquet"
    write_jets(path, original)
    frame = pandas.read_parquet(path)
    assert frame.shape == (30, 806)
    frame.astype({"is_signal_new": bool}).to_parquet(path)
    same(join(read_jets(path)), original)
