"""The hidden layer of an EMLP."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .bases import Bases
from .bilinear import Products
from .gate import Gate
from .layout import SCALAR, Layout
from .linear import EquivariantLinear


class EquivariantLayer(nn.Module):
    """h + gate(mix(h, products(operands(h)))): a residual layer, quadratic in learned projections, then gated.

    The scalars of h are normalised first, which any function of invariants may be; the tensors are not, since the
    group may be non-compact and leave no norm.

    Parameters
    ----------
    bases : Bases
        The solved spaces.
    hidden : Layout
        One block a kind, scalars first where there are any.
    pairs : int
        Most copies that each product takes.
    gate : str
        See `Gate`.
    """

    def __init__(self, bases: Bases, hidden: Layout, *, pairs: int, gate: str = "swish") -> None:
        super().__init__()
        scalars = hidden.count(SCALAR)
        self._split = [scalars, hidden.dim - scalars]
        self.norm = nn.LayerNorm(scalars) if scalars else None
        self.multiply = Products(bases, hidden, pairs)
        self.gate = Gate(hidden, gate)
        self.operands = None
        if self.multiply.products:  # without invariant forms there may be none
            self.operands = EquivariantLinear(bases, hidden, self.multiply.operands, bias=False)
        self.mix = EquivariantLinear(bases, hidden + self.multiply.results, self.gate.source)

    def forward(self, h: Tensor) -> Tensor:
        """Map features `(B, hidden.dim)` to as many."""
        scalars, tensors = h.split(self._split, dim=-1)
        if self.norm is not None:
            scalars = self.norm(scalars)
        normed = torch.cat([scalars, tensors], dim=-1)
        if self.operands is None:
            return h + self.gate(self.mix(normed))
        products = self.multiply(self.operands(normed))
        return h + self.gate(self.mix(torch.cat([normed, products], dim=-1)))
