"""ROC curves and distributions of scores."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from zoo.errors import ConfigError, DataError
from zoo.pictures import plot_roc, plot_scores
from zoo.pictures.roc import area, roc_curve
from zoo.tasks.toptag.metrics import tagging


def scored(shift: float, size: int = 4000, digits: int = 9) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    labels = (random.random(size) < 0.5).astype(float)
    return np.round(random.normal(size=size) + shift * labels, digits), labels


def texts(path) -> str:
    return "\n".join(line for line in path.read_text().splitlines() if line.lstrip().startswith("<!--"))


@pytest.mark.parametrize("digits", [9, 1])  # without and with equal scores
def test_the_curve_and_its_area_are_those_of_the_metric(digits: int) -> None:
    scores, labels = scored(1.5, digits=digits)
    signal, background = roc_curve(scores, labels)
    assert (signal[0], background[0], signal[-1], background[-1]) == (0, 0, 1, 1)
    assert (np.diff(signal) >= 0).all() and (np.diff(background) >= 0).all()
    metric = tagging(torch.from_numpy(scores), torch.from_numpy(labels))
    assert area(signal, background) == pytest.approx(metric["auroc"], abs=1e-12)
    at = np.searchsorted(signal, 0.3)
    assert 1 / background[at] == pytest.approx(metric["rejection_30"], rel=1e-9)


def test_a_perfect_tagger_and_a_useless_one() -> None:
    labels = np.array([0, 1, 1, 0])
    assert area(*roc_curve(labels, labels)) == 1 and area(*roc_curve(np.zeros(4), labels)) == 0.5


def test_one_tagger_has_its_area_in_the_title(tmp_path) -> None:
    pytest.importorskip("matplotlib")
    plot_roc({"tagger": scored(2)}, tmp_path / "roc.svg")
    shown = texts(tmp_path / "roc.svg")
    value = area(*roc_curve(*scored(2)))
    assert f"tagger: AUROC {value:.4f}" in shown
    assert "signal efficiency" in shown and "background rejection" in shown and "top (2,0" in shown


def test_several_share_a_panel(tmp_path) -> None:
    pytest.importorskip("matplotlib")
    plot_roc({"good": scored(3), "bad": scored(1)}, tmp_path / "roc.svg", title="taggers")
    shown = texts(tmp_path / "roc.svg")
    assert "taggers" in shown and "good, AUROC 0.9" in shown and "bad, AUROC 0.7" in shown


@pytest.mark.parametrize("scores", [np.array([3.0, 2.0, 1.0, 0.0]), np.zeros(4), np.array([0.0, 1, 2, 3])])
def test_few_jets_and_perfect_separation_can_be_drawn(scores, tmp_path) -> None:
    pytest.importorskip("matplotlib")
    plot_roc({"tagger": (scores, np.array([1, 1, 0, 0]))}, tmp_path / "roc.png")
    assert (tmp_path / "roc.png").read_bytes().startswith(b"\x89PNG")


def test_scores_alone(tmp_path) -> None:
    pytest.importorskip("matplotlib")
    plot_scores(scored(2)[0], tmp_path / "scores.svg", title="tagger")
    assert "all (4,000)" in texts(tmp_path / "scores.svg")
    plot_scores(np.ones(3), tmp_path / "tops.svg", labels=np.ones(3))
    assert "top (3)" in texts(tmp_path / "tops.svg")


def test_refused(tmp_path) -> None:
    pytest.importorskip("matplotlib")
    for taggers in ({}, {"a": (np.zeros(3), np.ones(3))}, {"a": (np.zeros(3), np.ones(2))}):
        with pytest.raises(DataError):
            plot_roc(taggers, tmp_path / "roc.png")
    with pytest.raises(ConfigError, match=r"roc\.bmp"):
        plot_roc({"a": scored(1)}, tmp_path / "roc.bmp")
    assert not list(tmp_path.iterdir())
