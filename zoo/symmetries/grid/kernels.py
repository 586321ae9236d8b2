"""Interpolation along one axis, in units of the distance of two nodes: kernels K(t), and derivatives at the nodes.

A function is known at nodes 0, ..., n - 1, and f(t) = sum_j f_j K(t - j). Three kernels:

- on the line, Shannon-Whittaker: K(t) = sin(pi t) / (pi t), as if all further samples were zero;
- on a circle of n nodes, Dirichlet's: the mean of exp(2 pi i p t / n) over the frequencies |p| < n / 2. For even n
  there is the Nyquist frequency p = n / 2 besides, of which samples know the cosine alone: it enters as cos(pi t),
  flat at every node, so its derivative there is zero;
- linear: K(t) = max(0, 1 - |t|), what image libraries call bilinear in two dimensions.
"""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor

Kind = Literal["shannon", "linear"]


def weights(t: Tensor, n: int, periodic: bool, kind: Kind) -> Tensor:
    """K(t_p - j) of positions `(P,)`, `(P, n)`."""
    distance = t[:, None] - torch.arange(n, dtype=t.dtype, device=t.device)
    if periodic:
        distance = distance - n * torch.round(distance / n)
    if kind == "linear":
        # A circle of one node has itself as neighbour on both sides.
        return torch.ones_like(distance) if periodic and n == 1 else (1 - distance.abs()).clamp(min=0)
    if not periodic:
        return torch.sinc(distance)
    dirichlet = torch.sinc(distance) / torch.sinc(distance / n)
    return dirichlet * torch.cos(math.pi * distance / n) if n % 2 == 0 else dirichlet


def derivative(n: int, periodic: bool, kind: Kind) -> Tensor:
    """d/dt at the nodes, `(n, n)`, antisymmetric.

    A linear interpolation has two derivatives at a node, one to each side; theirs is the mean: central differences.
    """
    nodes = torch.arange(n, device="cpu")
    steps = nodes[:, None] - nodes
    if kind == "linear":
        matrix = torch.zeros(n, n, dtype=torch.float64, device="cpu")
        for target, weight in ((nodes + 1, 0.5), (nodes - 1, -0.5)):
            inside = torch.ones_like(nodes, dtype=torch.bool) if periodic else (target >= 0) & (target < n)
            matrix.index_put_((nodes[inside], target[inside] % n), torch.tensor(weight).to(matrix), accumulate=True)
        return matrix
    apart = steps != 0
    sign = 1 - 2 * (steps % 2).to(torch.float64)
    distance = torch.where(apart, steps, 1).to(torch.float64)
    if not periodic:
        return torch.where(apart, sign / distance, 0.0)
    angle = math.pi * distance / n
    slope = 1 / torch.tan(angle) if n % 2 == 0 else 1 / torch.sin(angle)
    return torch.where(apart, sign * math.pi / n * slope, 0.0)
