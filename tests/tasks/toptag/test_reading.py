"""Files of jets as a stream, and what `zoo predict` makes of them."""

from __future__ import annotations

import csv
import logging
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

import zoo
from zoo.cli import app
from zoo.errors import ConfigError, DataError
from zoo.tasks.ragged import Ragged
from zoo.tasks.toptag.files import Chunk, write_jets

TASK = zoo.get_task("toptag")
JETS = 60


def made(jets: int = JETS, labelled: bool = True) -> Chunk:
    """Jets of one to nine massless constituents ordered by pT; label 1 has the wider ones."""
    random = np.random.default_rng(0)
    counts = random.integers(1, 10, jets)
    labels = random.integers(0, 2, jets)
    values = []
    for count, label in zip(counts, labels, strict=True):
        pt = np.sort(random.uniform(5, 300, count))[::-1]
        eta, phi = random.normal(scale=0.1 + 0.2 * label, size=(2, count))
        p = np.stack([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)], axis=1).astype(np.float32)
        values.append(np.concatenate([np.linalg.norm(p, axis=1, keepdims=True), p], axis=1))
    return Chunk(np.concatenate(values), counts.astype(np.int64), labels.astype(np.int64) if labelled else None)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """The same jets as the reference dataset has them, as plain arrays, without labels, and in MeV."""
    jets = made()
    paths = {name: tmp_path / name for name in ("jets.npz", "plain.npz", "mev.npz")}
    np.savez(paths["jets.npz"], values=jets.values, counts=jets.counts, labels=jets.labels)
    np.savez(paths["plain.npz"], values=jets.values, counts=jets.counts)
    np.savez(paths["mev.npz"], values=jets.values * 1000, counts=jets.counts)
    return paths


@pytest.fixture(scope="module")
def tagger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of the task that nobody trained."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "tagger.safetensors"
    module = zoo.build("jetfeatures", None, hidden=[8])
    zoo.save(module.eval(), path, training={"task": "toptag"})
    return path


def run(*arguments: object) -> str:
    done = CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "160"})
    assert done.exit_code == 0, done.output
    return done.output


def rows_of(path: Path) -> list[dict[str, str]]:
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_a_stream_has_every_jet_in_order(files: dict[str, Path]) -> None:
    jets = made()
    stream = TASK.stream(files["jets.npz"])
    pieces = list(stream)
    assert stream.total == JETS == sum(map(len, pieces)) and not stream.whole and stream.remarks() == []
    x = Ragged.cat([piece.x for piece in pieces])
    assert np.array_equal(x.values.numpy(), jets.values) and np.array_equal(x.counts.numpy(), jets.counts)
    assert torch.equal(torch.cat([piece.y for piece in pieces]), torch.from_numpy(jets.labels).float())
    (piece,) = TASK.stream(files["plain.npz"], dtype=torch.float64)
    assert piece.y is None and piece.x.dtype == torch.float64


def test_all_of_a_file(files: dict[str, Path], caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    arrays = TASK.read(files["jets.npz"])
    assert len(arrays) == JETS and torch.equal(arrays.y.long(), torch.from_numpy(made().labels))
    assert torch.equal(TASK.read_inputs(files["plain.npz"]).dense(), arrays.x.dense())
    with pytest.raises(DataError, match="no labels"):
        TASK.read(files["plain.npz"])
    momenta = arrays.x.dense().numpy()
    momenta[:, :2] = momenta[:, [1, 0]]  # no longer ordered by pT
    np.savez(tmp_path / "unsorted.npz", momenta=momenta, labels=made().labels)
    with caplog.at_level(logging.WARNING):
        mended = TASK.read(tmp_path / "unsorted.npz")
    assert "unsorted" in caplog.text
    assert torch.equal(mended.x.dense(), arrays.x.dense())


def test_how_a_file_is_read(files: dict[str, Path]) -> None:
    (piece,) = stream = TASK.stream(files["mev.npz"], units="MeV")
    torch.testing.assert_close(piece.x.values, torch.from_numpy(made().values), rtol=1e-5, atol=0)
    stream = TASK.stream(files["mev.npz"], units="MeV")
    list(stream)
    assert any("GeV" in remark for remark in stream.remarks())
    with pytest.raises(ConfigError, match="units"):
        TASK.stream(files["jets.npz"], unit="MeV")
    with pytest.raises(ConfigError, match="without options"):
        zoo.get_task("two_body").stream("orbits.csv", units="MeV")


def test_predict_on_the_form_of_the_reference_dataset(tagger: Path, tmp_path: Path) -> None:
    pytest.importorskip("tables")
    pytest.importorskip("matplotlib")
    jets = made()
    write_jets(tmp_path / "jets.h5", [jets.between(0, 25), jets.between(25, JETS)])
    shown = run("predict", tagger, tmp_path / "jets.h5", "--out", tmp_path / "s.csv", "--plot", tmp_path / "roc.png")
    for word in (f"{JETS} jets", "accuracy", "auroc", "rejection_30", "rejection_50", "±"):
        assert word in shown, word
    rows = rows_of(tmp_path / "s.csv")
    assert [int(row["jet"]) for row in rows] == list(range(JETS))
    assert [int(row["label"]) for row in rows] == jets.labels.tolist()
    model, x = zoo.load(tagger), torch.from_numpy(jets.dense())
    with torch.no_grad():
        expected = torch.cat([model(jet[None]) for jet in x])  # one at a time: a batch changes nothing
    torch.testing.assert_close(torch.tensor([float(row["logit"]) for row in rows]), expected, rtol=1e-3, atol=1e-4)
    scores = torch.tensor([float(row["score"]) for row in rows], dtype=torch.float64)
    torch.testing.assert_close(scores, expected.double().sigmoid(), rtol=1e-3, atol=1e-4)
    assert (tmp_path / "roc.png").read_bytes().startswith(b"\x89PNG")


def test_predict_without_labels_and_in_other_units(tagger: Path, files: dict[str, Path], tmp_path: Path) -> None:
    shown = run("predict", tagger, files["plain.npz"], "--out", tmp_path / "a.csv")
    assert "no truth" in shown and "auroc" not in shown
    shown = run("predict", tagger, files["mev.npz"], "--out", tmp_path / "b.csv", "--reading", "{units: MeV}")
    assert "converted to GeV" in shown
    first, second = (rows_of(tmp_path / name) for name in ("a.csv", "b.csv"))
    assert list(first[0]) == ["jet", "logit", "score"]
    logits = [[float(row["logit"]) for row in rows] for rows in (first, second)]
    np.testing.assert_allclose(logits[0], logits[1], rtol=1e-3, atol=1e-4)
