"""How well a tagger separates signal from background."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ...errors import DataError

EFFICIENCIES = (30, 50)  # signal efficiencies in per cent at which the background rejection is quoted


def tagging(logits: Tensor, labels: Tensor) -> dict[str, float]:
    """Metrics of a tagger, computed in float64.

    Parameters
    ----------
    logits : Tensor
        `(B,)`, above zero where the tagger takes a jet for signal.
    labels : Tensor
        `(B,)`, 1 for signal and 0 for background.

    Returns
    -------
    dict
        "accuracy" at logit 0; "bce", the mean cross entropy; "auroc", the area under the ROC curve, exact; for signal
        efficiencies of 30 % and 50 % "rejection_30", ..., one over the share of the background that passes the same
        cut, and "rejection_30_error", ..., its standard error from the binomial count of that background (where none
        passes: the number of background jets, with an error as large). Of one class alone: the first two.

    Raises
    ------
    DataError
        If the shapes differ, there is no jet, a logit is not finite, or a label is neither 0 nor 1.
    """
    if logits.shape != labels.shape or logits.ndim != 1 or not len(logits):
        raise DataError(
            f"a tagger gives one logit for each jet: got logits {tuple(logits.shape)} and labels {tuple(labels.shape)}"
        )
    logits, labels = logits.detach().to("cpu", torch.float64), labels.detach().to("cpu", torch.float64)
    if not torch.isfinite(logits).all():
        raise DataError(f"{int((~torch.isfinite(logits)).sum())} of {len(logits)} logits are NaN or infinite")
    if not ((labels == 0) | (labels == 1)).all():
        raise DataError("labels must be 1 for signal and 0 for background")
    cross_entropy = torch.nn.functional.binary_cross_entropy_with_logits(logits, labels)
    found = {"accuracy": ((logits > 0) == (labels > 0)).double().mean().item(), "bce": cross_entropy.item()}
    signal, background = logits[labels > 0], logits[labels == 0]
    if not len(signal) or not len(background):
        return found
    found["auroc"] = auroc(signal, background)
    for percent in EFFICIENCIES:
        found[f"rejection_{percent}"], found[f"rejection_{percent}_error"] = rejection(
            signal, background, percent / 100
        )
    return found


def auroc(signal: Tensor, background: Tensor) -> float:
    """The share of pairs in which the signal scores higher, equal scores counting half; from ranks."""
    scores, counts = torch.cat([signal, background]).unique(return_counts=True)
    upper = counts.cumsum(0).double()
    ranks = upper - (counts - 1) / 2  # of equal scores their mean, from one on
    total = ranks[torch.searchsorted(scores, signal)].sum().item()
    n, m = len(signal), len(background)
    return (total - n * (n + 1) / 2) / (n * m)


def rejection(signal: Tensor, background: Tensor, efficiency: float) -> tuple[float, float]:
    """One over the background's efficiency at the cut that keeps this share of the signal, and its standard error."""
    kept = max(1, math.ceil(efficiency * len(signal) - 1e-9))
    cut = signal.sort(descending=True).values[kept - 1]
    passed, m = int((background >= cut).sum()), len(background)
    if not passed:
        return float(m), float(m)
    return m / passed, m / passed * math.sqrt((1 - passed / m) / passed)
