"""The discriminator: tells real pairs (x, y) from transformed ones."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..errors import ConfigError

EMBEDDING = 32  # numbers by which a class is seen


class Critic(nn.Module):
    """A multilayer perceptron on whitened pairs, returning a logit (positive: real).

    Inputs are whitened by the covariance of the real pairs. Directions in which those do not vary at all, such as a
    centre of mass at rest, are scaled by ``1 / resolution`` of the largest spread: they are the sharpest evidence
    there is, and a network on raw inputs would take long to notice it.

    Parameters
    ----------
    features : int
        Real numbers in a pair (x, y), or in x where y is a class.
    classes : int or None
        Number of classes where y is one; it is embedded.
    heads : int
        Discriminators that share all layers but the last.
    waves, wavenumber : int, float
        Random plane waves of whitened pairs that are inputs too, and the standard deviation of their wave vectors: a
        perceptron alone is slow to see functions that vary fast, such as sawteeth (Tancik et al. 2020).
    width, depth : int
        Of the hidden layers.
    resolution : float
        Smallest spread that is told apart from none, relative to the largest.
    """

    wave_vectors: Tensor | None
    center: Tensor
    whitener: Tensor

    def __init__(
        self,
        features: int,
        *,
        classes: int | None = None,
        heads: int = 1,
        waves: int = 0,
        wavenumber: float = 3.0,
        width: int = 128,
        depth: int = 2,
        resolution: float = 1e-2,
    ) -> None:
        super().__init__()
        for name, value, holds in (
            ("width", width, width >= 1),
            ("depth", depth, depth >= 1),
            ("resolution", resolution, 0 < resolution <= 1),
            ("classes", classes, classes is None or classes >= 2),
            ("waves", waves, waves >= 0),
        ):
            if not holds:
                raise ConfigError(f"{name} of the discriminator is out of range: {value}")
        self.resolution = resolution
        self.embedding = None if classes is None else nn.Embedding(classes, EMBEDDING)
        sizes = [features + 2 * waves + (0 if classes is None else EMBEDDING)] + depth * [width]
        layers = [layer for i in range(depth) for layer in (nn.Linear(sizes[i], sizes[i + 1]), nn.LeakyReLU(0.2))]
        self.body = nn.Sequential(*layers)
        self.shared = nn.Linear(width, 1)
        # what is common to all candidates is learned once, from the pairs of all of them
        self.own = nn.Linear(width, heads) if heads > 1 else None
        self.register_buffer("wave_vectors", wavenumber * torch.randn(features, waves) if waves else None)
        self.register_buffer("center", torch.zeros(features))
        self.register_buffer("whitener", torch.eye(features))

    def fit_whitening(self, pairs: Tensor) -> None:
        """Take mean and covariance from real pairs `(N, features)`."""
        pairs = pairs.double()
        center = pairs.mean(0)
        variances, directions = torch.linalg.eigh(torch.cov((pairs - center).T).reshape(len(center), len(center)))
        spread = variances.clamp_min(0).sqrt()
        spread = spread.clamp_min(self.resolution * float(spread.max())).clamp_min(1e-12)
        # the symmetric root: it does not depend on which eigenvectors of a repeated eigenvalue were returned
        self.center.copy_(center)
        self.whitener.copy_(directions @ torch.diag(1 / spread) @ directions.T)

    def whiten(self, pairs: Tensor) -> Tensor:
        """Pairs `(B, features)` with unit covariance where the real ones vary."""
        return (pairs - self.center) @ self.whitener

    def forward(self, whitened: Tensor, label: Tensor | None = None) -> Tensor:
        """Logits `(B, heads)` of whitened pairs, with their classes `(B,)` where there are some."""
        parts = [whitened]
        if self.wave_vectors is not None:
            phases = whitened @ self.wave_vectors
            parts += [phases.sin(), phases.cos()]
        if self.embedding is not None:
            if label is None:
                raise ConfigError("this discriminator was built with classes: give the label of each pair")
            parts.append(self.embedding(label))
        hidden = self.body(torch.cat(parts, dim=1))
        logits = self.shared(hidden)
        return logits if self.own is None else logits + self.own(hidden)
