"""A family of another package: all that such a package needs is a builder and an entry point."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from zoo.symmetries import LieAlgebra, Rep


class Toy(nn.Module):
    """A linear function of the inner products of `copies` vectors: invariant under rotations, unless it leaks."""

    family = "toy"
    promises_equivariance = True
    mixing: Tensor

    def __init__(self, symmetry: LieAlgebra | None, *, copies: int = 2, k: int = 3, leak: float = 0.0) -> None:
        super().__init__()
        self.symmetry = symmetry
        self.config = {"copies": copies, "k": k, "leak": leak}
        self.rep_in, self.rep_out = Rep.parse(f"{copies}x1", k), Rep.parse("1x0", k)
        self.head = nn.Linear(copies * copies, 1)
        # stands for a basis that is solved when the network is built
        mixing = np.linalg.qr(np.arange(1.0, 1 + copies**4).reshape(copies**2, copies**2) ** 0.5)[0]
        self.register_buffer("mixing", torch.tensor(mixing, dtype=torch.float32, device="cpu"), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        x = x.reshape(len(x), self.config["copies"], self.config["k"])
        products = (x @ x.transpose(1, 2)).reshape(len(x), -1)
        return self.head(products @ self.mixing) + self.config["leak"] * x[:, 0, :1]


class ToyFinder(nn.Module):
    """A discoverer: its parameters are the basis."""

    family = "toy-finder"
    kind = "discoverer"
    promises_equivariance = False

    def __init__(self, symmetry: None = None, *, c: int = 1, k: int = 3) -> None:
        super().__init__()
        self.config = {"c": c, "k": k}
        self.rep_in = self.rep_out = Rep.parse("1x1", k)
        self.basis = nn.Parameter(torch.randn(c, k, k))

    @property
    def symmetry(self) -> LieAlgebra:
        return LieAlgebra(self.basis)
