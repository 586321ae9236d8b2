"""Files larger than the memory: a chunk at a time, whatever the size of the file."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from zoo.tasks.toptag.files import count_jets, read_jets, write_jets

h5py = pytest.importorskip("h5py")

MEASURED = """
import resource, sys
from zoo.tasks.toptag.files import join, read_jets

if sys.argv[2] == "join":
    jets = join(read_jets(sys.argv[1]))
    print(len(jets), len(jets.values))
else:
    sizes = [(len(chunk), len(chunk.values)) for chunk in read_jets(sys.argv[1])]
    print(*map(sum, zip(*sizes)))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


def write_dense_npz(path: Path, jets) -> None:
    np.savez_compressed(path, momenta=jets.dense(200), labels=jets.labels)


def write_dense_npy(path: Path, jets) -> None:
    np.save(path, jets.dense(200))


def write_pandas(path: Path, jets) -> None:
    """A compressor that is decoded chunk by chunk in this package."""
    pandas, plain = pytest.importorskip("pandas"), path.with_name("plain.h5")
    pytest.importorskip("tables")
    write_jets(plain, jets)
    pandas.read_hdf(plain, key="table").to_hdf(path, key="table", format="table", complib="blosc", complevel=1)


@pytest.mark.parametrize(
    ("suffix", "write"),
    [
        ("h5", write_jets),
        ("h5", write_pandas),
        ("npz", write_jets),
        ("npz", write_dense_npz),
        ("npy", write_dense_npy),
    ],
)
def test_the_peak_is_that_of_a_chunk(suffix, write, jets, tmp_path: Path) -> None:
    path, number, chunk_size = tmp_path / f"jets.{suffix}", 6000, 200
    write(path, jets(number))
    next(read_jets(path, chunk_size=chunk_size))  # what is imported or set up once
    tracemalloc.start()
    try:
        assert sum(len(chunk) for chunk in read_jets(path, chunk_size=chunk_size)) == number
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10 * chunk_size * 200 * 16 < number * 200 * 16 / 2


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("how", ["join", "stream"])
def test_the_size_of_the_benchmark_takes_less_than_two_gigabytes(how, jets, tmp_path: Path) -> None:
    """1.2 million jets; here all of them are the same one, so that writing them does not take minutes."""
    path, number, jet = tmp_path / "jets.h5", 1_200_000, jets(1)
    constituents = int(jet.counts[0])
    rows = 256
    write_jets(path, [jet] * rows)
    with h5py.File(path, "a") as file:
        table = file["table/table"]
        skipped, data = table.id.read_direct_chunk((0,))
        table.resize(number, axis=0)
        for start in range(rows, number, rows):
            table.id.write_direct_chunk((start,), data, skipped)
    assert count_jets(path) == number and 45 < constituents < 80
    command = [sys.executable, "-c", MEASURED, str(path), how]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found, peak = done.stdout.splitlines()
    assert found == f"{number} {number * constituents}"
    assert int(peak) < (2e9 if how == "join" else 0.9e9)
