"""Cards: everything that is known, in a terminal, as text and as HTML."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
import torch
from rich.console import Console

import zoo
from zoo.card import models_table

SPREAD = {"value": 3.21e-7, "mean": 3.1e-7, "std": 2e-8, "low": 2.9e-7, "high": 3.5e-7}
METRICS = {"mse": SPREAD, "mae": 1.5e-4, "seeds": [0, 1, 2], "data": {"split": "test", "size": 790}}
FIELDS = {
    "metrics": METRICS,
    "certificate": {"own": {"float64": 3e-13}, "samples": 64},
    "training": {"epochs": 10, "data": {"train": {"size": 814}}, "lr": 1e-3},
    "reference": {"paper": "A paper, 2023", "citation": "@article{a}", "table": {"mse": 6.43e-5, "auc": 0.9}},
    "licence": "CC-BY-4.0",
    "summary": "A [bold]network[/bold] <script>alert(1)</script>",
}


def rendered(thing: object, width: int = 160) -> str:
    console = Console(file=StringIO(), width=width)
    console.print(thing)
    return console.file.getvalue()


@pytest.fixture
def card(make_registry, monkeypatch: pytest.MonkeyPatch) -> zoo.Card:
    monkeypatch.setenv("ZOO_REGISTRY", str(make_registry(child=FIELDS)))
    return zoo.info("child")


@pytest.mark.parametrize("show", [rendered, str], ids=["terminal", "text"])
def test_all_is_said(card: zoo.Card, show) -> None:
    text = show(card)
    for part in [
        "child (model)",
        "A [bold]network[/bold]",  # shown, not interpreted
        "toy",
        "two_body",
        "finder, recognised as so(3)",
        card.fingerprint,
        "weights/child.safetensors",
        f"{card.bytes:,} bytes",
        card.sha256,
        "3.21e-07",
        "3.1e-07 ± 2e-08, 2.9e-07 to 3.5e-07",
        "[0, 1, 2]",
        "data.size",
        "790",
        "6.43e-05",
        "auc",
        "own.float64",
        "data.train.size",
        "CC-BY-4.0",
        "A paper, 2023",
        "@article{a}",
        "copies",
    ]:
        assert part in text, part
    lines = [line for line in text.splitlines() if "mse" in line]
    assert len(lines) == 1 and lines[0].index("3.21e-07") < lines[0].index("3.1e-07") < lines[0].index("6.43e-05")


def test_html_is_escaped(card: zoo.Card) -> None:
    html = card._repr_html_()
    assert "<script>" not in html and "&lt;script&gt;" in html
    assert "<td" in html and "6.43e-05" in html
    assert html.count("<table>") == html.count("</table>") == len(card.sections())


def test_a_narrow_terminal_loses_nothing(card: zoo.Card) -> None:
    text = rendered(card, width=60)
    assert max(map(len, text.splitlines())) <= 60
    assert card.sha256[-5:] in text and "6.43e-05" in text


def test_what_is_not_known_is_left_out(make_registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOO_REGISTRY", str(make_registry(plain={"weights": None, "symmetry": None})))
    text = str(zoo.info("plain"))
    assert "not trained yet" in text and "symmetry  none" in text
    assert "metrics" not in text and "certificate" not in text and "citation" not in text


def test_a_missing_file_does_not_hide_the_card(make_registry, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_registry()
    monkeypatch.setenv("ZOO_REGISTRY", str(path))
    (path.parent / "weights" / "child.safetensors").unlink()
    assert zoo.info("child").recognised is None


def test_the_card_of_a_file(toy, tmp_path: Path) -> None:
    path = tmp_path / "mine.safetensors"
    zoo.save(zoo.build("toy", "so(3)"), path, training={"epochs": 4})
    card = zoo.info(path)
    assert (card.name, card.family, card.recognised, card.training) == ("mine", "toy", "so(3)", {"epochs": 4})
    assert card == zoo.load(path).card and card.bytes == path.stat().st_size
    assert zoo.info(str(path)) == card
    with pytest.raises(zoo.errors.WeightsError, match="no such file"):
        zoo.info("none.safetensors")


def test_wrong_names(make_registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOO_REGISTRY", str(make_registry()))
    with pytest.raises(zoo.errors.RegistryError, match="did you mean child"):
        zoo.info("chidl")


def test_the_table_of_models(make_registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOO_REGISTRY", str(make_registry(child=FIELDS, plain={"weights": None})))
    text = rendered(models_table())
    assert [line.split()[0] for line in text.splitlines()] == ["name", "child", "finder", "plain"]
    assert "A [bold]network" in text
    assert "finder" not in [line.split()[0] for line in rendered(models_table(kind="model")).splitlines()]


def test_a_module_with_its_card_can_be_copied(make_registry, monkeypatch: pytest.MonkeyPatch) -> None:
    import copy

    monkeypatch.setenv("ZOO_REGISTRY", str(make_registry()))
    module = copy.deepcopy(zoo.load("child"))
    assert module.card.name == "child" and isinstance(module, torch.nn.Module)
