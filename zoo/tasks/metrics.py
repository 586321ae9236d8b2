"""Errors of a prediction, as plain numbers."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ..errors import DataError

Metric = Callable[[Tensor, Tensor], dict[str, float]]


def regression(prediction: Tensor, target: Tensor) -> dict[str, float]:
    """Errors of a regression, computed in float64.

    Parameters
    ----------
    prediction, target : Tensor
        Of equal shape, the first axis runs over samples.

    Returns
    -------
    dict
        "mse", the mean of the squared error over all numbers; "relative_error", |prediction - target| / |target|
        with both norms over the whole batch.

    Raises
    ------
    DataError
        If the shapes differ (nothing is broadcast) or there is no sample.
    """
    if prediction.shape != target.shape:
        raise DataError(
            f"a prediction of shape {tuple(prediction.shape)} cannot be compared with a target of shape "
            f"{tuple(target.shape)}: give one prediction for each target"
        )
    if not target.numel():
        raise DataError("there is nothing to compare: the targets hold no sample")
    prediction, target = prediction.detach().to("cpu", torch.float64), target.detach().to("cpu", torch.float64)
    squares = (prediction - target).square()
    return {
        "mse": squares.mean().item(),
        "relative_error": (squares.sum().sqrt() / target.norm().clamp_min(torch.finfo(torch.float64).tiny)).item(),
    }


def classification(logits: Tensor, labels: Tensor) -> dict[str, float]:
    """Share of right answers, and cross entropy, computed in float64.

    Parameters
    ----------
    logits : Tensor
        `(B, classes)`; the answer is the class of the largest.
    labels : Tensor
        `(B,)`, integers from 0 to classes - 1.

    Returns
    -------
    dict
        "accuracy"; "cross_entropy", the mean of -log p(label) in nats.

    Raises
    ------
    DataError
        If the shapes do not fit, there is no sample, a logit is not finite, or there is no such class.
    """
    if logits.ndim != 2 or labels.shape != logits.shape[:1] or not len(labels):
        raise DataError(
            f"a classifier gives logits (B, classes) for labels (B,), at least one; got {tuple(logits.shape)} and "
            f"{tuple(labels.shape)}"
        )
    logits, labels = logits.detach().to("cpu", torch.float64), labels.detach().cpu()
    if not torch.isfinite(logits).all():
        raise DataError(f"{int((~torch.isfinite(logits)).any(1).sum())} of {len(logits)} predictions are not finite")
    if labels.is_floating_point() or labels.min() < 0 or labels.max() >= logits.shape[1]:
        raise DataError(f"labels must be integers from 0 to {logits.shape[1] - 1}, the number of the class")
    labels = labels.long()
    return {
        "accuracy": (logits.argmax(1) == labels).double().mean().item(),
        "cross_entropy": torch.nn.functional.cross_entropy(logits, labels).item(),
    }


def forecast(prediction: Tensor, target: Tensor) -> dict[str, float]:
    """`regression` of trajectories `(B, T, k)`, with the mean squared error of each step: "mse_step_1", ..."""
    metrics = regression(prediction, target)
    for step in range(target.shape[1]):
        metrics[f"mse_step_{step + 1}"] = regression(prediction[:, step], target[:, step])["mse"]
    return metrics
