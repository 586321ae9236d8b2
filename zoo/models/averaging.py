"""Test-time averaging: y = mean over g of g^-1 f(g x)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ..symmetries import LieAlgebra, Rep


def averaged(
    function: Callable[[Tensor], Tensor],
    algebra: LieAlgebra,
    x: Tensor,
    rep_in: Rep,
    rep_out: Rep,
    *,
    n: int,
    seed: int = 0,
) -> Tensor:
    """Average a function over group elements: g^-1 f(g x), for the identity and n - 1 random g.

    All samples are averaged over the same elements, drawn from the algebra's coefficients, so that the answer for
    one sample does not depend on the others.

    Parameters
    ----------
    function : callable
        `(B, ...) -> (B, ...)`.
    algebra : LieAlgebra
        The symmetry.
    x : Tensor
        Inputs `(B, ...)`.
    rep_in, rep_out : Rep
        How the inputs and outputs transform.
    n : int
        Number of group elements.
    seed : int
        Of the elements.

    Returns
    -------
    Tensor
        Of the shape of f(x).
    """
    with torch.device("cpu"):
        z = algebra.coefficients.sample(n, algebra.c, torch.Generator().manual_seed(seed))
        z[0] = 0.0
        elements, inverses = (part.to(x.device) for part in (algebra.exp(z), algebra.exp(-z)))
    total = rep_out.act(inverses[0], function(rep_in.act(elements[0], x)))
    for g, inverse in zip(elements[1:], inverses[1:], strict=True):
        total = total + rep_out.act(inverse, function(rep_in.act(g, x)))
    return total / n
