"""The gated nonlinearity: the only pointwise one that keeps equivariance for features that are not scalars."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ...errors import ConfigError
from .layout import SCALAR, Block, Layout

GATES = {"swish": nn.functional.silu, "sigmoid": torch.sigmoid}


class Gate(nn.Module):
    """Scalars go through swish; any other feature is multiplied by a function of a gate scalar of its own.

    Parameters
    ----------
    target : Layout
        The features that come out. What goes in (`source`) holds one more scalar for each copy that is not a
        scalar, in front.
    gate : str
        "swish" or "sigmoid".
    """

    def __init__(self, target: Layout, gate: str = "swish") -> None:
        super().__init__()
        if gate not in GATES:
            raise ConfigError(f"unknown gate {gate!r}: expected one of {sorted(GATES)}")
        self.target, self.name, self._gate = target, gate, GATES[gate]
        self.gates = sum(block.multiplicity for block in target.blocks if block.kind != SCALAR)
        front = (Block(SCALAR, self.gates, 1),) if self.gates else ()
        self.source = Layout(front + target.blocks)

    def forward(self, x: Tensor) -> Tensor:
        """Map `(B, source.dim)` to `(B, target.dim)`."""
        if x.shape[-1] != self.source.dim:
            raise ConfigError(
                f"a gate for {self.target.dim} features needs {self.source.dim} numbers, {self.gates} of them gate "
                f"scalars (one for each copy that is not a scalar), but got {x.shape[-1]}"
            )
        gates, features = x.split([self.gates, self.target.dim], dim=-1)
        pieces, used = [], 0
        for block, piece in self.target.split(features):
            if block.kind == SCALAR:
                pieces.append(nn.functional.silu(piece).flatten(1))
            else:
                own = self._gate(gates[:, used : used + block.multiplicity])
                pieces.append((piece * own.unsqueeze(-1)).flatten(1))
                used += block.multiplicity
        return torch.cat(pieces, dim=-1)

    def extra_repr(self) -> str:
        """Sizes, for `print(module)`."""
        return f"{self.gates} gates, {self.name}"
