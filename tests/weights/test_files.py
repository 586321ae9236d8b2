"""Weights files: what goes in comes out, and what is damaged or foreign is refused with a clear message."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zoo.errors import WeightsError
from zoo.weights import Header, file_hash, read_header, read_weights, save_weights

SYMMETRY = {"fingerprint": "abc", "coefficients": {"kind": "normal", "scale": 1.0}}
DTYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64, torch.int64, torch.bool]


def tensors() -> dict[str, torch.Tensor]:
    values = torch.linspace(-2, 2, 12, dtype=torch.float64).reshape(3, 4)
    return {"model.weight": values.float(), "symmetry.basis": values[:2, :2].reshape(1, 2, 2)}


def header(**fields) -> Header:
    return Header(**{"kind": "model", "family": "emlp", "config": {"layers": 3}, "symmetry": SYMMETRY} | fields)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "net.safetensors"
    save_weights(path, tensors(), header())
    return path


def rewrite(path: Path, change) -> None:
    """Let `change` edit the header's data as somebody else's program would, digest and all."""
    import hashlib

    from safetensors.torch import load, save

    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    fields = json.loads(json.loads(data[8:start])["__metadata__"]["zoo"])
    change(fields)
    fields["digest"] = "0" * 64
    blank = save(load(data), {"zoo": json.dumps(fields, sort_keys=True, separators=(",", ":"))})
    path.write_bytes(blank.replace(b"0" * 64, hashlib.sha256(blank).hexdigest().encode(), 1))


def test_round_trip(path: Path) -> None:
    found, read = read_weights(path)
    assert found.keys() == tensors().keys()
    for name, tensor in tensors().items():
        assert torch.equal(found[name], tensor) and found[name].dtype == tensor.dtype
    assert (read.family, read.config, read.symmetry) == ("emlp", {"layers": 3}, SYMMETRY)
    assert read_header(path) == read


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_round_trip_of_dtypes(tmp_path: Path, dtype: torch.dtype) -> None:
    tensor = torch.tensor([[0, 1, 2], [3, 4, 5]]).to(dtype)
    save_weights(tmp_path / "a.safetensors", {"model.a": tensor.T}, header(symmetry=None))
    found = read_weights(tmp_path / "a.safetensors")[0]["model.a"]
    assert found.dtype == dtype and torch.equal(found, tensor.T)


def test_equal_weights_are_equal_files(path: Path, tmp_path: Path) -> None:
    again = save_weights(tmp_path / "again.safetensors", dict(reversed(tensors().items())), header())
    assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()
    assert again == file_hash(path) == (again.sha256, path.stat().st_size)


def test_the_registry_s_hash_and_size_are_checked(path: Path) -> None:
    known = file_hash(path)
    read_weights(path, sha256=known.sha256, size=known.bytes)
    with pytest.raises(WeightsError, match=r"sha256 is .* registry says 0000.*zoo train"):
        read_weights(path, sha256="0" * 64, size=known.bytes)
    with pytest.raises(WeightsError, match=f"{known.bytes} bytes, and the registry says 3"):
        read_weights(path, size=3)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_every_flipped_bit_is_found(path: Path, data: st.DataObject) -> None:
    good = path.read_bytes()
    place = data.draw(st.integers(0, 8 * len(good) - 1))
    damaged = bytearray(good)
    damaged[place // 8] ^= 1 << place % 8
    other = path.with_name("damaged.safetensors")
    other.write_bytes(damaged)
    with pytest.raises(WeightsError, match=r"damaged.safetensors"):
        read_weights(other)


def test_every_truncation_is_found(path: Path) -> None:
    good, other = path.read_bytes(), path.with_name("cut.safetensors")
    for length in range(len(good)):
        other.write_bytes(good[:length])
        with pytest.raises(WeightsError, match=r"truncated|empty"):
            read_header(other)
    other.write_bytes(good + b"\0")
    with pytest.raises(WeightsError, match="1 bytes too many"):
        read_weights(other)


def foreign(kind: str, path: Path) -> None:
    """Write what is found under the name of weights."""
    if kind == "torch.save":
        torch.save({"weight": torch.ones(3)}, path)
    elif kind == "old torch.save":
        torch.save({"weight": torch.ones(3)}, path, _use_new_zipfile_serialization=False)
    elif kind == "pickle":
        path.write_bytes(pickle.dumps({"weight": [1.0, 2.0]}))
    else:
        text = {
            "web page": b"\n<!DOCTYPE html><html><body>Sign in</body></html>",
            "git-lfs": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 10\n",
            "HDF5": b"\x89HDF\r\n\x1a\n" + bytes(64),
            "noise": bytes(range(7, 256, 3)),
            "text": b"hello, this is a text file and nothing else at all",
            "empty": b"",
        }[kind]
        path.write_bytes(text)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("torch.save", "never opens those.*Convert it"),
        ("old torch.save", "never opens those"),
        ("pickle", "never opens those"),
        ("web page", "web page.*download the file itself"),
        ("git-lfs", "git lfs pull"),
        ("HDF5", "not safetensors"),
        ("noise", "not a safetensors file"),
        ("text", "not a safetensors file"),
        ("empty", "empty"),
    ],
)
def test_foreign_files_are_named_for_what_they_are(tmp_path: Path, kind: str, message: str) -> None:
    path = tmp_path / "net.safetensors"
    foreign(kind, path)
    for read in (read_weights, read_header):
        with pytest.raises(WeightsError, match=message):
            read(path)


def test_no_length_of_the_header_looks_like_another_format(tmp_path: Path) -> None:
    lengths = set()
    for pad in range(0, 2000, 7):
        save_weights(tmp_path / "a.safetensors", tensors(), header(config={"pad": "x" * pad}))
        data = (tmp_path / "a.safetensors").read_bytes()
        lengths.add(data[:2])
        read_weights(tmp_path / "a.safetensors")
    assert {b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"} & lengths


def test_a_pickle_is_not_run(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple:
            return (os.mkdir, (str(tmp_path / "run"),))

    (tmp_path / "net.safetensors").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(WeightsError):
        read_weights(tmp_path / "net.safetensors")
    assert not (tmp_path / "run").exists()


def test_complex128_is_refused_both_ways(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    with pytest.raises(WeightsError, match=r"model\.a.*complex128.*complex64"):
        save_weights(path, {"model.a": torch.ones(2, dtype=torch.complex128)}, header())
    assert list(tmp_path.iterdir()) == []
    table = json.dumps({"model.a": {"dtype": "C128", "shape": [1], "data_offsets": [0, 16]}}).encode()
    path.write_bytes(len(table).to_bytes(8, "little") + table + bytes(16))
    with pytest.raises(WeightsError, match=r"model\.a is complex128.*complex64"):
        read_weights(path)


def test_somebody_else_s_safetensors_are_refused(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    save_file({"a": torch.ones(2)}, tmp_path / "a.safetensors")
    with pytest.raises(WeightsError, match=r"not one of zoo.*zoo\.save"):
        read_weights(tmp_path / "a.safetensors")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda fields: fields.pop("symmetry"), "does not say which symmetry"),
        (lambda fields: fields.update(symmetry=None), "names no symmetry, but a tensor symmetry.basis"),
        (lambda fields: fields.update(symmetry={}), "needs fingerprint and coefficients"),
        (lambda fields: fields.pop("family"), "lacks family"),
        (lambda fields: fields.update(format=2), "upgrade zoo"),
        (lambda fields: fields.update(colour="red"), "unknown fields colour"),
        (lambda fields: fields.update(config=[1]), "config in its header is not a dict"),
    ],
)
def test_headers_that_lack_something(path: Path, change, message: str) -> None:
    rewrite(path, change)
    with pytest.raises(WeightsError, match=message):
        read_weights(path)


def test_a_symmetry_without_its_tensor(tmp_path: Path) -> None:
    save_weights(tmp_path / "a.safetensors", {"model.a": torch.ones(1)}, header())
    with pytest.raises(WeightsError, match=r"names a symmetry, but no tensor symmetry\.basis"):
        read_weights(tmp_path / "a.safetensors")


def test_missing_and_unreadable_paths(tmp_path: Path) -> None:
    for read in (read_weights, read_header, file_hash):
        with pytest.raises(WeightsError, match="no such file"):
            read(tmp_path / "none.safetensors")
        with pytest.raises(WeightsError, match="cannot be read"):
            read(tmp_path)


def test_a_header_that_is_not_plain_data_writes_nothing(tmp_path: Path) -> None:
    for config in ({"a": object()}, {"a": float("nan")}):
        with pytest.raises(WeightsError, match="plain data"):
            save_weights(tmp_path / "a.safetensors", tensors(), header(config=config))
    with pytest.raises(WeightsError, match="meta device"):
        save_weights(tmp_path / "a.safetensors", {"a": torch.ones(1, device="meta")}, header())
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_write_leaves_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = path.read_bytes()

    def fail(*_) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(WeightsError, match="No space left"):
        save_weights(path, {"symmetry.basis": torch.zeros(1, 1, 1)}, header())
    assert path.read_bytes() == good and list(path.parent.iterdir()) == [path]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"none/a\.safetensors.*folder"):
        save_weights(tmp_path / "none" / "a.safetensors", tensors(), header())


def test_others_may_read_what_was_written(path: Path) -> None:
    assert path.stat().st_mode & 0o777 == 0o644
    path.chmod(0o600)
    save_weights(path, tensors(), header())
    assert path.stat().st_mode & 0o777 == 0o600
