"""One L-conv layer."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from .operators import Operators


class LConv(nn.Module):
    """Q[f] = (f + sum_i L_i f eps^i) W0 + b (Dehmamy et al. 2021), on any d nodes.

    Kept as W0 and W_i = W0 eps^i, which are as general and better conditioned: Q[f] = W0 f + sum_i W_i L_i f + b.

    Parameters
    ----------
    operators : Operators
        The L_i; layers may share them.
    inner, outer : int
        Numbers of features m and m'.
    bias : bool
    """

    def __init__(self, operators: Operators, inner: int, outer: int, bias: bool = True) -> None:
        super().__init__()
        self.operators = operators
        # as for a linear layer before a relu whose input are the c + 1 terms side by side
        bound = math.sqrt(2 / (inner * (operators.c + 1)))
        self.own = nn.Parameter(torch.randn(outer, inner) * bound)
        self.along = nn.Parameter(torch.randn(operators.c, outer, inner) * bound)
        self.bias = nn.Parameter(torch.zeros(outer)) if bias else None

    def forward(self, f: Tensor, operators: Operators | None = None) -> Tensor:
        """Features `(B, m, d)` to `(B, m', d)`; on other nodes where other operators are given."""
        result = self.linear(f, operators)
        return result if self.bias is None else result + self.bias[:, None]

    def linear(self, f: Tensor, operators: Operators | None = None) -> Tensor:
        """The same without the bias."""
        operators = self.operators if operators is None else operators
        return operators.convolved(f, self.own, self.along) if operators.c else self.own @ f

    @property
    def epsilon(self) -> Tensor:
        """eps^i `(c, m, m)` with W_i = W0 eps^i, the smallest in the sense of least squares."""
        return torch.linalg.pinv(self.own) @ self.along
