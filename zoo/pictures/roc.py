"""Pictures of taggers: ROC curves as the field draws them, beside the distributions of the scores."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataError
from .figure import new_figure, write_figure

_MOST_POINTS = 1000  # of a curve: more would not be seen, but make large files
_BINS = (12, 60)  # at least and at most
_SIGNAL, _BACKGROUND = "#d62728", "#1f77b4"


def plot_roc(
    taggers: Mapping[str, tuple[np.ndarray, np.ndarray]],
    path: str | Path,
    *,
    classes: tuple[str, str] = ("top", "QCD"),
    title: str | None = None,
) -> None:
    """Draw background rejection 1/eps_B over signal efficiency eps_S, beside the scores of both classes.

    Of one tagger, the band is the standard error of the rejection. Of several, the curves share a panel, and the scores
    are those of the first.

    Parameters
    ----------
    taggers : mapping
        For each name the scores `(B,)`, larger for signal (logits, say), and the labels `(B,)`, 1 for signal.
    path : str or Path
        A .png, .pdf or .svg file.
    classes : tuple of str
        What signal and background are called.
    title : str, optional
        Above the figure; by default the name and AUROC of a single tagger.

    Raises
    ------
    DataError
        If there is no tagger, the shapes differ, or a class is missing.
    MissingExtra
        If matplotlib is not installed.
    ConfigError
        If the name of the file ends on another format.
    """
    if not taggers:
        raise DataError("there is no tagger to draw: give scores and labels of one at least")
    curves = {name: roc_curve(scores, labels) for name, (scores, labels) in taggers.items()}
    areas = {name: area(*curve) for name, curve in curves.items()}
    first = next(iter(taggers))
    if title is None:
        title = f"{first}: AUROC {areas[first]:.4f}" if len(taggers) == 1 else ""
    figure, (left, right) = new_figure(2, columns=2, title=title, size=4.5)
    for name, curve in curves.items():
        _draw_curve(left, curve, f"{name}, AUROC {areas[name]:.4f}" if len(taggers) > 1 else None)
    if len(taggers) == 1:
        _draw_band(left, curves[first], int((np.asarray(taggers[first][1]) == 0).sum()))
    else:
        left.legend(fontsize="x-small", loc="upper right")
    label_axes(left)
    _draw_scores(right, *taggers[first], classes)
    right.set_title(first if len(taggers) > 1 else "", fontsize="medium")
    write_figure(figure, path)


def plot_scores(
    scores: np.ndarray,
    path: str | Path,
    *,
    labels: np.ndarray | None = None,
    classes: tuple[str, str] = ("top", "QCD"),
    title: str = "",
) -> None:
    """Draw the distribution of scores `(B,)`, by class where labels are known; errors as in `plot_roc`."""
    figure, (axis,) = new_figure(1, title=title, size=4.5)
    _draw_scores(axis, scores, labels, classes)
    write_figure(figure, path)


def roc_curve(scores: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Signal and background efficiencies, from 0 to 1, at every cut that tells two scores apart.

    Parameters
    ----------
    scores, labels : ndarray
        `(B,)`; labels are 1 for signal and 0 for background.

    Returns
    -------
    tuple of ndarray
        `(n,)` each.
    """
    scores, labels = np.asarray(scores, dtype=float), np.asarray(labels) > 0
    if scores.shape != labels.shape or scores.ndim != 1 or labels.all() or not labels.any():
        raise DataError(
            f"an ROC curve needs scores and labels (B,) of both classes: got {scores.shape} and {labels.shape}, "
            f"{int(labels.sum())} of them signal"
        )
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)  # equal scores pass a cut together
    passed = np.arange(1, len(scores) + 1)[last]
    signal = np.cumsum(labels[order])[last]
    efficiencies = signal / labels.sum(), (passed - signal) / (~labels).sum()
    return np.append(0.0, efficiencies[0]), np.append(0.0, efficiencies[1])


def area(signal: np.ndarray, background: np.ndarray) -> float:
    """Under the curve of signal over background efficiency, which is the AUROC; ties count half."""
    return float(np.sum(np.diff(background) * (signal[1:] + signal[:-1]) / 2))


def _draw_curve(axis: Any, curve: tuple[np.ndarray, np.ndarray], label: str | None) -> None:
    signal, background = _thinned(*curve)
    axis.plot(signal, 1 / background, linewidth=1.3, label=label)


def _draw_band(axis: Any, curve: tuple[np.ndarray, np.ndarray], backgrounds: int) -> None:
    """One standard error of the binomial count of background that passes."""
    signal, background = _thinned(*curve)
    error = np.sqrt(background * (1 - background) / backgrounds)
    upper = 1 / np.maximum(background - error, 0.3 / backgrounds)  # a single jet that passes may as well be none
    axis.fill_between(signal, 1 / (background + error), upper, alpha=0.25, linewidth=0)


def _thinned(signal: np.ndarray, background: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where some background passes, at most so many points, evenly over the signal efficiency."""
    there = background > 0
    signal, background = signal[there], background[there]
    wanted = np.linspace(signal[0], 1, _MOST_POINTS)
    keep = np.unique(np.searchsorted(signal, wanted).clip(max=len(signal) - 1))
    return signal[keep], background[keep]


def label_axes(axis: Any) -> None:
    """Axes of ROC curves as the field draws them, with the line of random guesses."""
    random = np.linspace(1e-3, 1, 200)
    axis.plot(random, 1 / random, "--", color="0.6", linewidth=1)
    for efficiency in (0.3, 0.5):  # where the rejection is quoted
        axis.axvline(efficiency, color="0.85", linewidth=1, zorder=0)
    axis.set(xlim=(0, 1), yscale="log", xlabel="signal efficiency $\\epsilon_S$")
    axis.set(ylabel="background rejection $1/\\epsilon_B$")
    axis.set_ylim(bottom=1)
    axis.grid(alpha=0.3)


def _draw_scores(axis: Any, scores: np.ndarray, labels: np.ndarray | None, classes: tuple[str, str]) -> None:
    scores = np.asarray(scores, dtype=float)
    low, high = np.quantile(scores, [0.0005, 0.9995])
    number = int(np.clip(np.sqrt(len(scores)), *_BINS))
    bins = np.linspace(low, high if high > low else low + 1, number + 1)
    clipped = scores.clip(bins[0], bins[-1])  # the few beyond stand in the outermost bins
    groups = [("all", np.ones(len(scores), dtype=bool), "0.4")]
    if labels is not None:
        labels = np.asarray(labels)
        groups = [(classes[0], labels > 0, _SIGNAL), (classes[1], labels == 0, _BACKGROUND)]
    for name, rows, colour in groups:
        if rows.any():
            axis.hist(clipped[rows], bins, density=True, histtype="stepfilled", alpha=0.25, color=colour)
            label = f"{name} ({rows.sum():,})"
            axis.hist(clipped[rows], bins, density=True, histtype="step", color=colour, label=label)
    axis.set(xlabel="score (logit)", ylabel="density")
    axis.legend(fontsize="small")
    axis.grid(alpha=0.3)
