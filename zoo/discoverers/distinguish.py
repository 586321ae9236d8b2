"""Can transformed pairs be told from real ones? A classifier two-sample test on held-out data (Lopez-Paz, Oquab 2017).

A fresh classifier is trained on real pairs against transformed ones and judged by its AUROC on others of both kinds:
0.5 is chance. The number alone says little. Data may be sampled unevenly along the orbits of a true symmetry (then it
is above 0.5), and a symmetry close to the identity moves nothing (then it is 0.5). So there are two yardsticks: the
same test with random generators of the same search space, norm and coefficients, and how far pairs are moved.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from ..symmetries import LieAlgebra
from .critic import Critic
from .discoverer import Discoverer

WIDTH, STEPS, BATCH = 64, 250, 256
NOISE = 0.05  # on whitened pairs: finer differences than a symmetry from data can keep are blurred
NULLS = 3
CHANCE = 0.05  # an AUROC within this of 0.5 counts as chance, for a thousand pairs of each kind


@dataclass(frozen=True)
class TwoSample:
    """Outcome of the test.

    Attributes
    ----------
    auroc : float
        Of real pairs against those that the discovered symmetry transformed.
    null : float
        The smallest AUROC among random generators.
    moved : float
        How far the symmetry moves pairs: mean |g x - x| / |x| .
    """

    auroc: float
    null: float
    moved: float

    @property
    def verdict(self) -> str:
        """One line for the user."""
        numbers = f"AUROC {self.auroc:.2f}, random generators {self.null:.2f} or more, chance 0.50"
        if self.moved < 0.05:
            return f"next to the identity: transformed pairs hardly differ from the real ones ({numbers})"
        if self.null <= 0.5 + CHANCE:
            return f"undecided: this test cannot tell even random generators' pairs from real ones ({numbers})"
        if self.auroc <= 0.5 + CHANCE:
            return f"a symmetry: transformed pairs cannot be told from real ones ({numbers})"
        if self.auroc - 0.5 < 0.6 * (self.null - 0.5):
            return (
                f"probably a symmetry: transformed pairs are much harder to tell from real ones than under random "
                f"generators; what is left may be an uneven sampling along the group ({numbers})"
            )
        return f"no symmetry: transformed pairs are told from real ones about as easily as at random ({numbers})"


def two_sample_test(
    module: Discoverer, algebra: LieAlgebra, data: tuple[Tensor, Tensor], *, seed: int = 0
) -> TwoSample:
    """Test an algebra on held-out pairs, shown to nobody in the training.

    Parameters
    ----------
    module : Discoverer
        Says how elements act on pairs, and which entries are searched.
    algebra : LieAlgebra
    data : tuple of Tensor
        Pairs (x, y); half of them train the classifiers and half judge.
    seed : int
    """
    random = torch.Generator().manual_seed(seed)
    x, y = data
    order = torch.randperm(len(x), generator=random)
    x, y = x[order].cpu(), y[order].cpu()
    moved_x, _ = _transformed(module, algebra, x, y, random)
    moved = float(((moved_x - x).flatten(1).norm(dim=1) / x.flatten(1).norm(dim=1).clamp_min(1e-12)).mean())
    null = min(_auroc(module, _random_like(module, algebra, random), x, y, random) for _ in range(NULLS))
    return TwoSample(_auroc(module, algebra, x, y, random), null, moved)


def _random_like(module: Discoverer, algebra: LieAlgebra, random: torch.Generator) -> LieAlgebra:
    """Random generators in the same search space, of the same norms and with the same coefficients."""
    pattern = module.search_pattern.cpu()
    basis = torch.randn(algebra.basis.shape, generator=random, dtype=torch.float64) * pattern
    norms = algebra.basis.flatten(1).norm(dim=1) / basis.flatten(1).norm(dim=1)
    return LieAlgebra(basis * norms[:, None, None], algebra.coefficients)


def _transformed(
    module: Discoverer, algebra: LieAlgebra, x: Tensor, y: Tensor, random: torch.Generator
) -> tuple[Tensor, Tensor]:
    return module.transform(algebra.sample(len(x), random).to(x.dtype), x, y)


def _auroc(module: Discoverer, algebra: LieAlgebra, x: Tensor, y: Tensor, random: torch.Generator) -> float:
    """Four quarters: real and to be transformed, for training and for judging."""
    quarter = len(x) // 4
    parts = [(x[i * quarter : (i + 1) * quarter], y[i * quarter : (i + 1) * quarter]) for i in range(4)]
    parts[1], parts[3] = (_transformed(module, algebra, *parts[i], random) for i in (1, 3))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(torch.randint(2**31, (), generator=random)))
        critic = Critic(module.feature_count, classes=module.classes, width=WIDTH)
    critic.fit_whitening(module.features(*parts[0]))
    _train(critic, module, parts[0], parts[1], random)
    with torch.no_grad():
        real, fake = (critic(critic.whiten(module.features(*p)), module.labels(p[1])) for p in (parts[2], parts[3]))
    return auroc(real.flatten(), fake.flatten())


def _train(
    critic: Critic,
    module: Discoverer,
    real: tuple[Tensor, Tensor],
    fake: tuple[Tensor, Tensor],
    random: torch.Generator,
) -> None:
    pairs = [critic.whiten(module.features(*part)).clamp(-1e4, 1e4) for part in (real, fake)]
    optimizer = torch.optim.Adam(critic.parameters(), lr=3e-3)
    for step in range(STEPS):
        optimizer.param_groups[0]["lr"] = 3e-3 * 0.5 * (1 + math.cos(math.pi * step / STEPS))
        loss = torch.zeros(())
        for sign, features, part in zip((-1, 1), pairs, (real, fake), strict=True):
            rows = torch.randint(len(features), (BATCH,), generator=random)
            blurred = features[rows] + NOISE * torch.randn(BATCH, features.shape[1], generator=random)
            label = module.labels(part[1][rows])
            loss = loss + functional.softplus(sign * critic(blurred, label)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def auroc(positive: Tensor, negative: Tensor) -> float:
    """Probability that a positive scores higher than a negative, ties counting half."""
    scores = torch.cat([positive, negative]).double()
    _, place, count = torch.unique(scores, return_inverse=True, return_counts=True)
    last = count.cumsum(0).double()
    ranks = (last - (count.double() - 1) / 2)[place]
    n, m = len(positive), len(negative)
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m))
