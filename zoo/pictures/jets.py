"""Pictures of jets: what tells tops from other jets, and where the jets lie."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .figure import new_figure, write_figure

_CLASSES = ("QCD", "top")
_BINS = 50


def plot_jets(values: np.ndarray, counts: np.ndarray, labels: np.ndarray, path: str | Path, *, title: str = "") -> None:
    """Histograms of mass, number of constituents, transverse momentum and pseudorapidity, for both classes.

    Parameters
    ----------
    values : ndarray, shape (M, 4)
        (E, px, py, pz) of all constituents, jet after jet, GeV.
    counts : ndarray, shape (jets,)
        Constituents of each jet, at least one.
    labels : ndarray, shape (jets,)
        0 for QCD, 1 for top.
    path : str or Path
        A .png, .pdf or .svg file.
    title : str
    """
    ends = np.cumsum(counts)
    total = np.add.reduceat(np.asarray(values, np.float64), ends - counts, axis=0)
    mass = np.sqrt(np.maximum(total[:, 0] ** 2 - (total[:, 1:] ** 2).sum(-1), 0.0))
    pt = np.hypot(total[:, 1], total[:, 2])
    panels = (
        ("mass of the jet [GeV]", mass, np.linspace(0, 300, _BINS + 1)),
        ("constituents", np.asarray(counts, np.float64), np.arange(0, 151, 3) - 0.5),
        ("transverse momentum [GeV]", pt, np.linspace(pt.min(), pt.max(), _BINS // 2 + 1)),
        ("pseudorapidity", np.arcsinh(total[:, 3] / pt), np.linspace(-2.2, 2.2, _BINS // 2 + 1)),
    )
    figure, axes = new_figure(len(panels), columns=2, title=title)
    for axis, (name, numbers, bins) in zip(axes, panels, strict=True):
        for label, word in enumerate(_CLASSES):
            drawn = numbers[np.asarray(labels) == label]
            # A density by hand: numpy's divides by zero for a class without jets.
            weights = np.full(len(drawn), 1.0 / (max(len(drawn), 1) * (bins[1] - bins[0])))
            axis.hist(drawn, bins=bins, weights=weights, histtype="step", linewidth=1.5, label=word)
        axis.set(xlabel=name, ylabel="density", xlim=(bins[0], bins[-1]))
        axis.grid(alpha=0.3)
    axes[0].legend()
    write_figure(figure, path)
