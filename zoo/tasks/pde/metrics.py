"""The error of a rollout."""

from __future__ import annotations

import torch
from torch import Tensor

from ...errors import DataError


def rollout(prediction: Tensor, target: Tensor) -> dict[str, float]:
    """Normalised mean square errors of predicted solutions, computed in float64.

    Parameters
    ----------
    prediction, target : Tensor
        `(B, T, nx)`.

    Returns
    -------
    dict
        "nmse", the mean over times and solutions of |u' - u|^2 / |u|^2 with norms in space; "nmse_median", the
        median over solutions of its mean over times, as a rollout that leaves every bound rules the mean; "nmse_sum",
        the mean of its sum over the times (Ko, Kim, Lee 2024); "mse".

    Raises
    ------
    DataError
        If the shapes differ, or there is no solution.
    """
    if prediction.shape != target.shape or prediction.ndim != 3 or not prediction.numel():
        raise DataError(f"a rollout {tuple(prediction.shape)} cannot be compared with {tuple(target.shape)}")
    prediction, target = prediction.detach().to("cpu", torch.float64), target.detach().to("cpu", torch.float64)
    squares = (prediction - target).square().mean(2)
    share = squares / target.square().mean(2).clamp_min(torch.finfo(torch.float64).tiny)
    return {
        "nmse": share.mean().item(),
        "nmse_median": share.mean(1).quantile(0.5).item(),
        "nmse_sum": share.sum(1).mean().item(),
        "mse": squares.mean().item(),
    }
