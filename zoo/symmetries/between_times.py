"""Solutions between the times at which they are known, by the rates at which they change there."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..errors import DataError

_NODES = 4  # times that a polynomial is through, with its slopes
_BEFORE = _NODES // 2 - 1  # of them before the interval, and as many after it; fewer at the ends


def refined(u: Tensor, rate: Tensor, step: float, finer: int) -> Tensor:
    """Interpolation by Hermite's polynomials of degree 7, through values and slopes at four times.

    Values alone need twice as many times for waves as fast; and the error of a slow wave is of the eighth order in the
    step, not of the fourth.

    Parameters
    ----------
    u, rate : Tensor
        u and u_t, `(B, T, X)`, at even times.
    step : float
        Between these.
    finer : int
        Into how many each step is divided.

    Returns
    -------
    Tensor
        `(B, (T - 1) finer + 1, X)`.

    Raises
    ------
    DataError
        If there are fewer than four times, or shapes differ.
    """
    if u.ndim != 3 or u.shape != rate.shape or u.shape[1] < _NODES:
        raise DataError(
            f"u and u_t are (B, T, X) with {_NODES} times at least, got {tuple(u.shape)} and {tuple(rate.shape)}"
        )
    values, slopes = u.unfold(1, _NODES, 1), (step * rate).unfold(1, _NODES, 1)

    def inside(rows: slice, at: float) -> Tensor:
        of_values, of_slopes = (torch.from_numpy(part).to(u) for part in _weights(at))
        return values[:, rows] @ of_values + slopes[:, rows] @ of_slopes

    first, last = slice(0, 1), slice(-1, None)
    parts = [u[:, :-1]]
    for part in np.arange(1, finer) / finer:
        pieces = [inside(first, interval + part) for interval in range(_BEFORE)]
        pieces += [inside(slice(None), _BEFORE + part)]
        pieces += [inside(last, interval + part) for interval in range(_BEFORE + 1, _NODES - 1)]
        parts.append(torch.cat(pieces, dim=1))
    return torch.cat([torch.stack(parts, dim=2).flatten(1, 2), u[:, -1:]], dim=1)


def _weights(at: float) -> tuple[np.ndarray, np.ndarray]:
    """Of values and of slopes at 0, 1, 2, 3, for the value at another place: exact for all powers up to the seventh."""
    nodes, powers = np.arange(_NODES, dtype=float), np.arange(2 * _NODES)
    values = nodes[:, None] ** powers
    slopes = np.where(powers > 0, powers * nodes[:, None] ** np.maximum(powers - 1, 0), 0.0)
    found = np.linalg.solve(np.concatenate([values, slopes]).T, at**powers)
    return found[:_NODES], found[_NODES:]
