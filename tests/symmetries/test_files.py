"""Algebras in files: round trip, and everything else is refused."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from zoo.errors import SymmetryError
from zoo.symmetries import Integer, LieAlgebra, Uniform


def current_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@settings(deadline=None, max_examples=20)
@given(c=st.integers(0, 5), k=st.integers(1, 5), seed=st.integers(0, 100))
def test_round_trip_is_exact(tmp_path_factory: pytest.TempPathFactory, c: int, k: int, seed: int) -> None:
    algebra = LieAlgebra.random(c, k, seed).with_coefficients(Uniform(-2.0, 0.5))
    path = tmp_path_factory.mktemp("symmetry") / "algebra.safetensors"
    algebra.to_file(path)
    again = LieAlgebra.from_file(str(path))
    assert torch.equal(again.basis, algebra.basis) and again.coefficients == algebra.coefficients
    assert path.stat().st_mode & 0o777 == 0o666 & ~current_umask()
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "c7.safetensors"
    LieAlgebra.cyclic(7).with_coefficients(Integer(-10, 9)).to_file(path)
    return path


def test_header_can_be_read_without_zoo(path: Path) -> None:
    data = path.read_bytes()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    told = json.loads(header["__metadata__"]["zoo"])
    assert told["format"] == "zoo-symmetry-1" and told["fingerprint"] == LieAlgebra.cyclic(7).fingerprint
    assert told["coefficients"] == {"kind": "integer", "low": -10, "high": 9}


@pytest.mark.parametrize("where", [0, 20, 100, -1, -5])
def test_flipped_bits_are_refused(path: Path, where: int) -> None:
    data = bytearray(path.read_bytes())
    data[where] ^= 4
    path.write_bytes(bytes(data))
    with pytest.raises(SymmetryError, match=str(path)):
        LieAlgebra.from_file(path)


@pytest.mark.parametrize("keep", [0, 5, 50, -1])
def test_truncated_files_are_refused(path: Path, keep: int) -> None:
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(SymmetryError, match="cannot read a symmetry"):
        LieAlgebra.from_file(path)


@pytest.mark.parametrize("content", [b"<!DOCTYPE html><html></html>", pickle.dumps(np.eye(3)), b"\0" * 64])
def test_other_files_are_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(SymmetryError, match=r"LieAlgebra\.to_file"):
        LieAlgebra.from_file(path)


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(SymmetryError, match="nothing here"):
        LieAlgebra.from_file(tmp_path / "nothing here")
    with pytest.raises(SymmetryError, match="cannot read"):
        LieAlgebra.from_file(tmp_path)
    with pytest.raises(FileNotFoundError):
        LieAlgebra.so(3).to_file(tmp_path / "no folder" / "so3.safetensors")


@pytest.mark.parametrize("metadata", [None, {"zoo": "[]"}, {"zoo": '{"format": "zoo-2"}'}, {"other": "x"}])
def test_safetensors_without_a_symmetry_are_refused(path: Path, metadata: dict[str, str] | None) -> None:
    save_file({"symmetry.basis": torch.zeros(1, 2, 2, dtype=torch.float64)}, path, metadata=metadata)
    with pytest.raises(SymmetryError, match="holds no symmetry"):
        LieAlgebra.from_file(path)


def test_an_interrupted_write_leaves_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = path.read_bytes()

    def broken(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", broken)
    with pytest.raises(OSError, match="disk full"):
        LieAlgebra.so(3).to_file(path)
    assert path.read_bytes() == before and len(list(path.parent.iterdir())) == 1
