"""How near one generator is to another."""

from __future__ import annotations

import torch
from torch import Tensor

from ...errors import DataError


def correlation(found: Tensor, truth: Tensor, mass: Tensor | None = None) -> float:
    """tr(A^T B) / (|A| |B|), the L-conv paper's measure (arXiv 2109.07103, appendix C); between -1 and 1.

    Parameters
    ----------
    found, truth : Tensor
        Generators `(d, d)`. The sign of one that was found from pairs at unknown angles is free: see `fit_pairs`.
    mass : Tensor, optional
        S = E[f f^T], `(d, d)`: then it is in the data's metric, <A, B> = tr(A S B^T) = E[(A f) . (B f)]. Data determine
        a generator on their span alone.
    """
    a, b = (matrix.detach().to("cpu", torch.float64) for matrix in (found, truth))
    if a.ndim != 2 or a.shape != b.shape or (mass is not None and tuple(mass.shape) != (a.shape[1],) * 2):
        shapes = [tuple(t.shape) for t in (found, truth, mass) if t is not None]
        raise DataError(f"generators to compare, and the mass, have one shape (d, d): got {shapes}")
    weighted = [a, b] if mass is None else [matrix @ mass.detach().to(a) for matrix in (a, b)]
    sizes = [float((weight * matrix).sum()) for weight, matrix in zip(weighted, (a, b), strict=True)]
    return float((weighted[0] * b).sum()) / max(sizes[0] * sizes[1], 1e-300) ** 0.5


def moments(f: Tensor) -> Tensor:
    """Second moments E[f f^T] `(d, d)` of functions `(N, ...)`: the metric in which pairs determine a generator."""
    flat = f.flatten(1)
    return flat.T @ flat / len(flat)
