"""Files that cannot be read, and why."""

from __future__ import annotations

import os
import pickle

import numpy as np
import pytest

from zoo.errors import DataError, MissingExtra
from zoo.tasks.arrays import read_file


def test_missing_directory_suffix_empty(tmp_path):
    with pytest.raises(DataError, match="there is no such file; check the path"):
        read_file(tmp_path / "nothing.npz")
    (tmp_path / "folder.npz").mkdir()
    with pytest.raises(DataError, match="this is a directory"):
        read_file(tmp_path / "folder.npz")
    for name in ("data.pkl", "data.txt", "data"):
        (tmp_path / name).write_text("1")
        with pytest.raises(DataError, match=r"expected one of \.npz, \.npy, \.csv, \.h5"):
            read_file(tmp_path / name)
    for suffix in (".npz", ".npy", ".csv", ".h5", ".hdf5"):
        (tmp_path / f"empty{suffix}").touch()
        with pytest.raises(DataError, match="the file is empty"):
            read_file(tmp_path / f"empty{suffix}")


@pytest.mark.parametrize("suffix", [".npz", ".npy", ".h5"])
@pytest.mark.parametrize("content", [b"<html>Not found</html>", b"\x93NUMPY\x01", b"PK\x03\x04", os.urandom(500)])
def test_garbage(tmp_path, suffix, content):
    path = tmp_path / f"d{suffix}"
    path.write_bytes(content)
    with pytest.raises(DataError, match=str(path)):
        read_file(path)


@pytest.mark.parametrize("suffix", [".npz", ".npy", ".h5"])
def test_truncated(tmp_path, suffix):
    path = tmp_path / f"d{suffix}"
    if suffix == ".h5":
        import h5py

        with h5py.File(path, "w") as file:
            file["x"] = np.arange(5000.0)
    else:
        (np.save if suffix == ".npy" else lambda p, a: np.savez(p, x=a))(path, np.arange(5000.0))
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(DataError, match=str(path)):
        read_file(path)


def test_flipped_bit_in_a_compressed_archive(tmp_path):
    path = tmp_path / "d.npz"
    np.savez_compressed(path, x=np.random.default_rng(0).standard_normal(500))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(DataError, match="numpy cannot read it"):
        read_file(path)


class Trap:
    def __reduce__(self):
        return os.mkdir, ("/nonexistent/should-not-run",)


@pytest.mark.parametrize("how", ["npy", "npz", "bare"])
def test_pickles_are_never_opened(tmp_path, how):
    objects = np.array([Trap(), Trap()], dtype=object)
    path = tmp_path / f"d.{'npz' if how == 'npz' else 'npy'}"
    if how == "npy":
        np.save(path, objects, allow_pickle=True)
    elif how == "npz":
        np.savez(path, x=objects)
    else:
        path.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(DataError, match="unpickl"):
        read_file(path)


def test_npy_content_under_an_npz_name(tmp_path):
    np.save(tmp_path / "d.npy", np.zeros(3))
    (tmp_path / "d.npy").rename(tmp_path / "d.npz")
    with pytest.raises(DataError, match=r"not an \.npz archive"):
        read_file(tmp_path / "d.npz")


def test_npz_content_under_an_npy_name(tmp_path):
    np.savez(tmp_path / "d.npz", x=np.zeros(3))
    (tmp_path / "d.npz").rename(tmp_path / "d.npy")
    with pytest.raises(DataError, match=r"an \.npz archive .*rename it"):
        read_file(tmp_path / "d.npy")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n", "holds no numbers"),
        ("\n \n", "holds no numbers"),
        ("a,b\n1,2\n3\n", "line 3: 1 columns, but the lines before have 2"),
        ("1,2\n3,\n", "line 2, column 2: '' is not a number"),
        ("1,2\n3,x\n", "line 2, column 2: 'x' is not a number"),
    ],
)
def test_bad_csv(tmp_path, text, message):
    (tmp_path / "d.csv").write_text(text)
    with pytest.raises(DataError, match=message):
        read_file(tmp_path / "d.csv")


def test_binary_csv(tmp_path):
    (tmp_path / "d.csv").write_bytes(b"\xff\xfe\x00\x81,1\n")
    with pytest.raises(DataError, match="not a text file"):
        read_file(tmp_path / "d.csv")


def test_csv_header_and_quotes(tmp_path):
    (tmp_path / "d.csv").write_text('"a", b\n"1", 2e-3\n')
    content = read_file(tmp_path / "d.csv")
    assert content.header == ("a", "b") and content.is_table
    np.testing.assert_array_equal(content.arrays[""], [[1, 2e-3]])


def test_missing_h5py(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    (tmp_path / "d.h5").write_bytes(b"x")
    with pytest.raises(MissingExtra, match=r'pip install "zoo\[train\]"'):
        read_file(tmp_path / "d.h5")


def test_home_is_expanded(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    np.save(tmp_path / "d.npy", np.zeros(2))
    assert read_file("~/d.npy").arrays[""].shape == (2,)
