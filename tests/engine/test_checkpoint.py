"""Checkpoint files: whole or refused, and never more than two."""

from __future__ import annotations

import pytest
import torch

from zoo.engine import checkpoint as files
from zoo.engine.checkpoint import Checkpoint
from zoo.errors import WeightsError


def sample(step: int) -> Checkpoint:
    tensors = {
        "module.weight": torch.full((3, 2), float(step)),
        "optimizer.0.0.step": torch.tensor(float(step)),
        "counts": torch.arange(4),
        "half": torch.ones(2, dtype=torch.bfloat16),
        "empty": torch.zeros(0),
    }
    return Checkpoint(step, tensors, {"identity": {"seed": 1}, "journal": {"count": step}})


def test_round_trip(tmp_path):
    path = files.write(tmp_path / "run", sample(7))
    found = files.read(path)
    assert found.step == 7 and found.header == sample(7).header
    for name, tensor in sample(7).tensors.items():
        assert found.tensors[name].dtype == tensor.dtype and torch.equal(found.tensors[name], tensor)


def test_the_last_two_are_kept_and_nothing_else(tmp_path):
    (tmp_path / ".checkpoint-0000000001.safetensors.abc.part").write_bytes(b"left by a killed process")
    for step in (1, 2, 10):
        files.write(tmp_path, sample(step))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "checkpoint-0000000002.safetensors",
        "checkpoint-0000000010.safetensors",
    ]
    latest = files.read_latest(tmp_path)
    assert latest is not None and latest.step == 10


def truncate(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flip(content: bytes) -> bytes:
    return content[:-3] + bytes([content[-3] ^ 4]) + content[-2:]


def change_the_header(content: bytes) -> bytes:
    return content.replace(b'seed\\": 1', b'seed\\": 2')


@pytest.mark.parametrize("damage", [truncate, flip, change_the_header, lambda content: b"", lambda content: b"x" * 99])
def test_a_damaged_last_checkpoint_falls_back(tmp_path, damage):
    files.write(tmp_path, sample(1))
    last = files.write(tmp_path, sample(2))
    content = last.read_bytes()
    assert damage(content) != content
    last.write_bytes(damage(content))
    with pytest.warns(UserWarning, match="0000000002"):
        found = files.read_latest(tmp_path)
    assert found is not None and found.step == 1


def test_all_damaged_is_an_error(tmp_path):
    for step in (1, 2):
        files.write(tmp_path, sample(step)).write_bytes(b"nothing")
    with pytest.warns(UserWarning), pytest.raises(WeightsError, match="every checkpoint"):
        files.read_latest(tmp_path)


def test_clear(tmp_path):
    folder = tmp_path / "run"
    assert files.read_latest(folder) is None
    files.write(folder, sample(1))
    (folder / "notes.txt").write_text("mine")
    files.clear(folder)
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]
    (folder / "notes.txt").unlink()
    files.clear(folder)
    assert not folder.exists()
    files.clear(folder)
