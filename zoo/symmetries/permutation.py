"""A fixed order in which the nodes of a signal, such as the pixels of an image, are scrambled."""

from __future__ import annotations

import torch
from torch import Tensor


def permutation(seed: int, d: int) -> Tensor:
    """`(d,)` int64: the scrambled signal is ``f[order]``, and ``f[order][order.argsort()]`` is f again.

    An operator L on signals is ``L[order][:, order]`` on scrambled ones.

    Parameters
    ----------
    seed : int
    d : int
        Nodes of the signal.
    """
    return torch.randperm(d, generator=torch.Generator("cpu").manual_seed(seed), device="cpu")
