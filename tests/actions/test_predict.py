"""Predicting on files: piece by piece, in their order, whole or not at all."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from rich.console import Console
from torch import Tensor, nn

import zoo
from zoo.actions.predict import predict, predict_file
from zoo.card import Card
from zoo.errors import ConfigError, DataError
from zoo.symmetries import LieAlgebra
from zoo.tasks.pairs import PairTask
from zoo.tasks.ragged import Ragged
from zoo.tasks.samples import Signature, Split
from zoo.tasks.stream import Piece, Stream
from zoo.tasks.toptag.metrics import tagging

SIZES = (5, 1, 700, 3)
LABELLED, PLAIN, BROKEN, EMPTY = "labelled.h5", "plain.h5", "broken.h5", "empty.h5"


def clouds(size: int, start: int) -> tuple[Ragged, Tensor]:
    """Clouds of one to six points; the label says whether the first number of all points adds up to more than 0."""
    generator = torch.Generator().manual_seed(start)
    counts = torch.randint(1, 7, (size,), generator=generator)
    jets = Ragged(torch.randn(int(counts.sum()), 4, generator=generator), counts)
    return jets, (jets.dense()[..., 0].sum(1) + torch.randn(size, generator=generator) > 0).float()


class CloudTask(PairTask):
    """Files that exist only as streams: the name says what is in them."""

    def stream(self, path: str | Path, *, dtype: torch.dtype = torch.float32, **reading: Any) -> Stream:
        name = Path(path).name

        def pieces() -> Iterator[Piece]:
            for start, size in enumerate(SIZES if name != EMPTY else ()):
                if name == BROKEN and start == 2:
                    raise DataError("the file is damaged")
                x, y = clouds(size, start)
                yield Piece(x, None if name == PLAIN else y)

        return Stream(pieces(), sum(SIZES), lambda: ["3 clouds were sorted"])


TASK = CloudTask(
    name="toy_clouds",
    summary="clouds",
    k=4,
    prediction=Signature("Nx1", "1x0", (None, 4), ()),
    discovery=Signature("2x1", "1x0", (2, 4), ()),
    splits={"test": Split(1, 0)},
    columns=(),
    reference=LieAlgebra.lorentz,
    metric=tagging,
    draw=lambda size, stream: (np.empty(0), np.empty(0)),
    main_metric="auroc",
    decides=True,
    item="cloud",
)


class FirstNumbers(nn.Module):
    """The logit of a cloud: what its first numbers add up to."""

    def __init__(self) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.tensor(2.0))
        self.config = {"input_shape": [None, 4]}
        self.card = Card("tagger", "model", "toy", task="toy_clouds")
        self.batches: list[int] = []

    def forward(self, x: Tensor) -> Tensor:
        self.batches.append(len(x))
        return self.slope * x[..., 0].sum(1)


@pytest.fixture
def tagger(monkeypatch: pytest.MonkeyPatch) -> FirstNumbers:
    monkeypatch.setattr("zoo.tasks.get_task", lambda name: {"toy_clouds": TASK}[name])
    return FirstNumbers()


def expected() -> tuple[Tensor, Tensor]:
    logits, labels = zip(*((2 * x.dense()[..., 0].sum(1), y) for x, y in map(clouds, SIZES, range(4))), strict=True)
    return torch.cat(logits), torch.cat(labels)


def test_a_stream_keeps_its_order_and_is_scored(tagger: FirstNumbers, tmp_path: Path) -> None:
    found = predict_file(tagger, LABELLED, out=tmp_path / "scores.csv")
    logits, labels = expected()
    torch.testing.assert_close(found.y, logits)
    assert found.truth is not None and torch.equal(found.truth, labels) and found.x is None
    assert found.scores == tagging(found.y, labels)
    assert max(tagger.batches) <= 256 and sum(tagger.batches) == 709, "no batch holds more than the memory is meant for"
    with open(tmp_path / "scores.csv", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["cloud", "logit", "score", "label"]
    assert [int(row[0]) for row in rows] == list(range(709))
    table = torch.tensor([[float(cell) for cell in row[1:]] for row in rows], dtype=torch.float64)
    torch.testing.assert_close(table[:, 0].float(), found.y, rtol=1e-7, atol=1e-12)  # nine digits are all of a float32
    torch.testing.assert_close(table[:, 1], found.y.double().sigmoid(), rtol=1e-8, atol=0)
    assert torch.equal(table[:, 2].float(), labels)
    assert [path.name for path in tmp_path.iterdir()] == ["scores.csv"]


def test_without_labels_there_is_no_column_and_no_score(tagger: FirstNumbers, tmp_path: Path) -> None:
    found = predict_file(tagger, PLAIN, out=tmp_path / "scores.csv")
    assert (tmp_path / "scores.csv").read_text().startswith("cloud,logit,score\n0,")
    assert found.truth is None and found.scores == {} and len(found.y) == 709


def test_what_is_printed(tagger: FirstNumbers) -> None:
    console = Console(record=True, width=100)
    console.print(predict_file(tagger, LABELLED))
    shown = console.export_text()
    assert "tagger: 709 clouds" in shown and "3 clouds were sorted" in shown and "the first of 709" in shown
    assert "auroc" in shown and "rejection_30" in shown and "±" in shown and "rejection_30_error" not in shown
    console.print(predict_file(tagger, PLAIN))
    assert "no truth" in console.export_text()


def test_rows_are_written_while_the_file_is_read(tagger: FirstNumbers, tmp_path: Path) -> None:
    """The third piece of the stream finds the rows of the second in the temporary file, and no result yet."""
    seen = []

    class Watching(CloudTask):
        def stream(self, path: str | Path, *, dtype: torch.dtype = torch.float32, **reading: Any) -> Stream:
            def pieces() -> Iterator[Piece]:
                for number in range(40):
                    seen.append({file.name: file.stat().st_size for file in tmp_path.iterdir()})
                    yield Piece(*clouds(300, number))

            return Stream(pieces())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("zoo.tasks.get_task", lambda name: Watching(**TASK.__dict__))
        predict_file(tagger, LABELLED, out=tmp_path / "scores.csv")
    sizes = [next(iter(files.values())) for files in seen]
    assert all("scores.csv" not in files and len(files) == 1 for files in seen)
    assert 0 == sizes[0] < sizes[20] < sizes[-1]
    assert len((tmp_path / "scores.csv").read_text().splitlines()) == 1 + 40 * 300


def test_a_damaged_file_leaves_nothing_behind(tagger: FirstNumbers, tmp_path: Path) -> None:
    (tmp_path / "scores.csv").write_text("of yesterday")
    with pytest.raises(DataError, match="damaged"):
        predict_file(tagger, BROKEN, out=tmp_path / "scores.csv", plot=tmp_path / "roc.png")
    assert [path.name for path in tmp_path.iterdir()] == ["scores.csv"]
    assert (tmp_path / "scores.csv").read_text() == "of yesterday"
    with pytest.raises(DataError, match="there are no clouds"):
        predict_file(tagger, EMPTY, out=tmp_path / "scores.csv")


def test_npz(tagger: FirstNumbers, tmp_path: Path) -> None:
    predict_file(tagger, LABELLED, out=tmp_path / "scores.npz")
    with np.load(tmp_path / "scores.npz") as file:
        np.testing.assert_allclose(file["y"], expected()[0].numpy(), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", [LABELLED, PLAIN])
def test_pictures(tagger: FirstNumbers, tmp_path: Path, name: str) -> None:
    pytest.importorskip("matplotlib")
    predict_file(tagger, name, plot=tmp_path / "roc.svg")
    assert ("AUROC" in svg_text(tmp_path / "roc.svg")) == (name == LABELLED)


def svg_text(path: Path) -> str:
    """Text is drawn as glyphs, with what it says in comments."""
    return "\n".join(line for line in path.read_text().splitlines() if line.lstrip().startswith("<!--"))


def test_the_bar_shows_count_and_rate(tagger: FirstNumbers, capsys: pytest.CaptureFixture[str]) -> None:
    predict_file(tagger, LABELLED, progress="force")
    shown = capsys.readouterr().err
    assert "709/709" in shown and "clouds/s" in shown and "predicting" in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"out": "scores.txt"}, r"\.csv or \.npz"),
        ({"out": "nowhere/scores.csv"}, "does not exist"),
        ({"plot": "roc.bmp"}, r"roc\.bmp"),
        ({"plot": "nowhere/roc.png"}, "does not exist"),
    ],
)
def test_what_cannot_be_written_is_said_before_the_work(
    tagger: FirstNumbers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: dict[str, str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=message):
        predict_file(tagger, LABELLED, **arguments)
    assert not tagger.batches and not list(tmp_path.iterdir())


def test_the_device(tagger: FirstNumbers) -> None:
    torch.testing.assert_close(predict_file(tagger, LABELLED, device="cpu").y, expected()[0])
    for name in ("cuda:9", "abacus"):
        with pytest.raises(ConfigError, match=f"no device '{name}'"):
            predict_file(tagger, LABELLED, device=name)


def test_a_model_without_a_task_is_refused(tagger: FirstNumbers) -> None:
    tagger.card = None
    with pytest.raises(ConfigError, match="belongs to no task"):
        predict_file(tagger, LABELLED)


def test_an_ordinary_file_is_one_piece() -> None:
    task = zoo.get_task("two_body")
    orbits = Path(__file__).parents[2] / "examples" / "data" / "orbits.csv"
    stream = task.stream(orbits)
    (piece,) = stream
    assert stream.whole and stream.total == len(piece) == 88 and stream.remarks() == []
    assert torch.equal(piece.x, task.read(orbits).x) and piece.y is not None


def test_inputs_alone_are_a_piece_without_truth(tmp_path: Path) -> None:
    task = zoo.get_task("inertia")
    np.savez(tmp_path / "x.npz", x=np.ones((3, 20)))
    (piece,) = task.stream(tmp_path / "x.npz")
    assert piece.y is None and piece.x.shape == (3, 20)
    np.savez(tmp_path / "bad.npz", x=np.ones((3, 19)))
    with pytest.raises(DataError, match="no targets"):  # what was wrong with the first way to read it
        task.stream(tmp_path / "bad.npz")


def test_predict_says_how_far_it_is() -> None:
    done: list[int] = []
    module = FirstNumbers()
    y = predict(module, torch.randn(10, 3, 4), batch_size=4, advance=done.append)
    assert y.shape == (10,) and done == [4, 4, 2]
    with pytest.raises(DataError, match=r"\(B, N, 4\)"):
        predict(module, torch.randn(10, 3, 5))
