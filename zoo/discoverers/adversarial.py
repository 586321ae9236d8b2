"""How LieGAN is trained: alternating steps of discriminator and generator.

Beside the regularisers of the paper there are three additions, none of which knows the answer:

- The basis may be kept orthonormal, so that no regulariser has to push it away from the identity (and aside).
- Both kinds of pairs get Gaussian noise that is annealed. At first the distributions overlap and the gradient points
  home from afar; at last small errors of the generators are seen (instance noise, Sonderby et al. 2017).
- Several candidates may be learned side by side, each with its own output of the discriminator. Those that are seen
  through most easily are replaced by copies of the best, changed: discrete groups have many local optima.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional
from torch.optim import Adam, Optimizer

from ..errors import ConfigError
from .population import renew
from .regularisers import channel_correlation as correlation_of
from .regularisers import cosine_similarity

if TYPE_CHECKING:
    from ..engine import Fit
    from .liegan import LieGAN

# Shares of the training up to which candidates are replaced by far copies, and by any.
_FAR, _RENEWED = 0.35, 0.6
_MEMORY = 0.01  # of the candidates' running scores, for one step
# What standing still costs a candidate's score: between the loss that noise leaves a true symmetry short of 2 log 2
# (some hundredths) and what a false one loses (some tenths).
_STILLNESS = 0.5


class Adversarial:
    """Learner of a `LieGAN`.

    Parameters
    ----------
    module : LieGAN
    lr_generator, lr_critic : float
        Learning rates of Adam.
    cosine : float
        Weight of the mean |cos(x, gx)|, which rewards moving away from the identity; needed without `orthonormal`.
    channel_correlation : float
        Weight of the similarity between generators; needed without `orthonormal` where there are several.
    noise : pair of float
        Standard deviation of the noise on whitened pairs, at first and at last; falls geometrically.
    anneal : float
        Share of the training after which the noise is at its last value.
    renew_every : int
        Steps between two replacements of the worst candidates, in the first part of the training.

    Raises
    ------
    ConfigError
        If one of them is out of range.
    """

    def __init__(
        self,
        module: LieGAN,
        *,
        lr_generator: float,
        lr_critic: float,
        cosine: float,
        channel_correlation: float,
        noise: Sequence[float],
        anneal: float,
        renew_every: int,
    ) -> None:
        if len(noise) != 2 or not 0 < noise[1] <= noise[0]:
            raise ConfigError(f"noise is a pair (at first, at last) of positive falling numbers, got {tuple(noise)}")
        if not 0 < anneal <= 1 or renew_every < 1:
            raise ConfigError(f"anneal is in (0, 1] and renew_every at least 1, got {anneal} and {renew_every}")
        module.generator.retract()
        self.module = module
        self.cosine, self.channel_correlation = cosine, channel_correlation
        self.noise, self.anneal, self.renew_every = (float(noise[0]), float(noise[1])), anneal, renew_every
        # the gradient shrinks by orders of magnitude as the distributions meet: a long memory would stall the steps
        self._generator = Adam(module.generator.parameters(), lr=lr_generator, betas=(0.5, 0.95))
        self._critic = Adam(module.critic.parameters(), lr=lr_critic, betas=(0.5, 0.999))

    def optimizers(self) -> list[Optimizer]:
        """Of the generator and of the discriminator."""
        return [self._generator, self._critic]

    def step(self, batch: tuple[Tensor, ...], fit: Fit) -> dict[str, Tensor]:
        """One step of the discriminator, one of the generator."""
        x, y = batch
        module, critic, labels = self.module, self.module.critic, self.module.labels(y)
        moved = module(x, y, fit.generator)
        real = self._blurred(module.features(x, y), fit)
        fake = self._blurred(module.features(*moved), fit)

        on_real = functional.softplus(-critic(real, labels))
        on_fake = functional.softplus(self._own(critic(fake.detach(), labels)))
        critic_loss = on_real.mean() + on_fake.mean()
        _descend(self._critic, critic_loss, fit)

        generator_loss = functional.softplus(-self._own(critic(fake, labels))).mean()
        _descend(self._generator, generator_loss + self._regularisation(x, moved[0]), fit)
        module.generator.retract()
        self._keep_scores(on_real.detach(), on_fake.detach(), _cosines(x, moved[0].detach()), fit)
        return {"generator": generator_loss.detach(), "discriminator": critic_loss.detach()}

    def _blurred(self, features: Tensor, fit: Fit) -> Tensor:
        """Whitened, with noise."""
        first, last = self.noise
        level = first * (last / first) ** min(1.0, fit.step / (self.anneal * fit.total))
        whitened = self.module.critic.whiten(features)
        noise = torch.randn(whitened.shape, generator=fit.generator, device=whitened.device, dtype=whitened.dtype)
        return whitened + level * noise

    def _own(self, logits: Tensor) -> Tensor:
        """Of logits `(B, candidates)` those `(B,)` of the candidate that each transformed pair is of."""
        rows = torch.arange(len(logits), device=logits.device)
        return logits[rows, rows % logits.shape[1]]

    def _regularisation(self, x: Tensor, moved: Tensor) -> Tensor:
        total = moved.new_zeros(())
        if self.cosine:
            total = total + self.cosine * cosine_similarity(x, moved)
        if self.channel_correlation:
            total = total + self.channel_correlation * correlation_of(self.module.generator.bases())
        return total

    @torch.no_grad()
    def _keep_scores(self, on_real: Tensor, on_fake: Tensor, cosines: Tensor, fit: Fit) -> None:
        """A candidate's score is the loss of its own discriminator, at most 2 log 2: the higher, the less it sees.

        The identity is seen least of all. Where the basis may shrink to it, standing still is subtracted.
        """
        generator = self.module.generator
        count = generator.candidates
        if count == 1:
            return
        rows = len(on_fake) // count * count
        losses = (on_real.mean(0) + on_fake[:rows].view(-1, count).mean(0)).clamp(max=2 * math.log(2))
        if not generator.orthonormal:
            losses = losses - _STILLNESS * cosines[:rows].view(-1, count).mean(0)
        generator.scores.lerp_(fit.mean(losses), _MEMORY)
        progress = fit.step / fit.total
        if progress < _RENEWED and fit.step % self.renew_every == self.renew_every - 1:
            renew(generator, self._generator, fit.shared, far=progress < _FAR)


def _cosines(x: Tensor, moved: Tensor) -> Tensor:
    """|cos(x, g x)| of each sample."""
    return functional.cosine_similarity(x.flatten(1), moved.flatten(1)).abs()


def _descend(optimizer: Optimizer, loss: Tensor, fit: Fit) -> None:
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    optimizer.zero_grad()
    fit.backward(loss, parameters)
    optimizer.step()
