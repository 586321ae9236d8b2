"""Whether jets are physics: their masses, multiplicities and ranges in numbers."""

from __future__ import annotations

import numpy as np

from .ragged_jets import Jets

_TOP_WINDOW = (140.0, 210.0)
_PEAK_BINS = np.arange(0.0, 302.5, 2.5)
# Half the width, in GeV, that the parabola is fitted over.
_NEAR_PEAK = 11.0


def check_physics(jets: Jets) -> dict[str, dict[str, float]]:
    """Figures of the two classes that can be held against what is known of such jets.

    Returns
    -------
    dict
        For "qcd" and "top", of those that there are: `jets`; `constituents` and `constituents_spread`, mean and
        standard deviation; `mass_median` and `mass_peak` in GeV; `top_window`, the share of masses between 140 and
        210 GeV; `pt_min`, `pt_max` in GeV; `eta_max`; `constituent_mass`, the largest ``|E^2 - p^2|^(1/2) / E`` of
        a constituent; `unsorted`, constituents of more pT than the one before.
    """
    total = jets.total()
    masses = np.sqrt(np.maximum(total[:, 0] ** 2 - (total[:, 1:] ** 2).sum(-1), 0.0))
    pt = np.hypot(total[:, 1], total[:, 2])
    eta = np.abs(np.arcsinh(total[:, 3] / pt))
    figures = {}
    for label, name in enumerate(("qcd", "top")):
        rows = np.flatnonzero(jets.labels == label)
        if len(rows):
            counts, mass = jets.counts[rows], masses[rows]
            figures[name] = {
                "jets": len(rows),
                "constituents": float(counts.mean()),
                "constituents_spread": float(counts.std()),
                "mass_median": float(np.median(mass)),
                "mass_peak": _peak(mass),
                "top_window": float(((mass > _TOP_WINDOW[0]) & (mass < _TOP_WINDOW[1])).mean()),
                "pt_min": float(pt[rows].min()),
                "pt_max": float(pt[rows].max()),
                "eta_max": float(eta[rows].max()),
                **_constituents(jets.take(rows)),
            }
    return figures


def _peak(mass: np.ndarray) -> float:
    """Where a parabola through the bins around the fullest one has its top."""
    counts, edges = np.histogram(mass, _PEAK_BINS)
    middle = (edges[:-1] + edges[1:]) / 2
    fullest = middle[counts.argmax()]
    near = np.abs(middle - fullest) < _NEAR_PEAK
    square, line, _ = np.polyfit(middle[near] - fullest, counts[near], 2)
    shift = -line / (2 * square) if square < 0 else 0.0
    return float(fullest + np.clip(shift, -_NEAR_PEAK, _NEAR_PEAK))


def _constituents(jets: Jets) -> dict[str, float]:
    values = jets.values.astype(np.float64)
    squared = np.abs(values[:, 0] ** 2 - (values[:, 1:] ** 2).sum(-1))
    pt = np.hypot(values[:, 1], values[:, 2])
    rises = np.diff(pt) > 0
    rises[np.cumsum(jets.counts)[:-1] - 1] = False
    return {"constituent_mass": float((np.sqrt(squared) / values[:, 0]).max()), "unsorted": int(rises.sum())}
