"""The generator of a discoverer: group elements exp(sum_i z_i L_i) from a masked, learnable basis (LieGAN, eq. 3)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import ConfigError
from ..symmetries import LieAlgebra
from .coefficient_draw import CoefficientDraw
from .exponential import components, exponential
from .search_space import SearchSpace, mask
from .subspace import smallest_alike


class Generator(nn.Module):
    """Candidates for a basis `(c, k, k)`, of which the best one counts.

    Parameters
    ----------
    k, channels : int
        Dimension of the space that is acted on, and number of generators c.
    search_space : str or index groups
        See `zoo.discoverers.search_space.mask`. Entries outside it are zero, wherever the basis is read.
    coefficients : mapping
        See `CoefficientDraw`.
    learn_scale : bool
        Whether the scale of the coefficients is learned.
    orthonormal : bool
        Keep the generators orthogonal to each other with the norm of a rotation of all k coordinates, sqrt(k).
        They can then neither shrink to the identity nor coincide, and need no regulariser for it.
    candidates : int
        Bases that are learned side by side against the same discriminator.
    initial_scale : float
        Standard deviation of the initial entries (without `orthonormal`).
    """

    mask: Tensor
    blocks: Tensor | None
    scores: Tensor
    seen: Tensor

    def __init__(
        self,
        k: int,
        channels: int = 1,
        *,
        search_space: SearchSpace = "free",
        coefficients: Mapping[str, Any],
        learn_scale: bool = False,
        orthonormal: bool = True,
        candidates: int = 1,
        initial_scale: float = 1.0,
    ) -> None:
        super().__init__()
        pattern = mask(search_space, k)
        if not 1 <= channels <= int(pattern.sum()):
            raise ConfigError(
                f"channels must be between 1 and the {int(pattern.sum())} entries of the search space, got {channels}"
            )
        if candidates < 1:
            raise ConfigError(f"candidates must be at least 1, got {candidates}")
        self.k, self.channels, self.candidates, self.orthonormal = k, channels, candidates, orthonormal
        self.raw = nn.Parameter(initial_scale * torch.randn(candidates, channels, k, k))
        self.draw = CoefficientDraw(coefficients, learned=learn_scale)
        self.register_buffer("mask", pattern, persistent=False)
        self.register_buffer("blocks", components(pattern), persistent=False)
        self.register_buffer("scores", torch.zeros(candidates))
        self.register_buffer("seen", torch.eye(k))

    def bases(self) -> Tensor:
        """Every candidate's basis, `(candidates, c, k, k)`, zero off the mask."""
        return torch.where(self.mask, self.raw, 0.0)

    @property
    def best(self) -> int:
        """The candidate that the discriminator takes for real most readily."""
        return int(self.scores.argmax())

    @property
    def algebra(self) -> LieAlgebra:
        """The best candidate as a symmetry: of all generators that move the data like it, the smallest."""
        basis = self.bases()[self.best].detach().double().cpu()
        return LieAlgebra(smallest_alike(basis, self.seen.double().cpu(), self.mask.cpu()), self.draw.distribution)

    def see(self, subspace: Tensor) -> None:
        """Remember which subspace `(k, r)` the data span (orthonormal columns)."""
        self.seen.copy_(subspace @ subspace.T)

    def forward(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """`(n, k, k)` random group elements; the i-th is of candidate i mod `candidates`."""
        z = self.draw(n, self.channels, generator).to(self.raw)
        which = torch.arange(n, device=self.raw.device) % self.candidates
        return exponential(torch.einsum("nc,ncij->nij", z, self.bases()[which]), self.blocks)

    @torch.no_grad()
    def retract(self) -> None:
        """Clear what lies off the mask; with `orthonormal`, go to the nearest orthogonal frame (its polar factor)."""
        bases = self.bases()
        if self.orthonormal:
            left, _, right = torch.linalg.svd(bases.flatten(-2), full_matrices=False)
            bases = math.sqrt(self.k) * (left @ right).view_as(bases)
        self.raw.copy_(bases)
