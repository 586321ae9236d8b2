"""LieGAN: a generator of transformations that a discriminator cannot see (Yang et al. 2023, arXiv 2302.00236).

The generator draws g = exp(sum_i z_i L_i) and maps real pairs to (g x, g y); the discriminator tells these from real
pairs. Where it cannot, the group maps the distribution of the data to itself: a symmetry. `zoo.discoverers.adversarial`
says how both are trained, and what is added to the paper; `zoo.discoverers.view` what the discriminator may be shown
beside plain numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ..symmetries import LieAlgebra
from .adversarial import Adversarial
from .critic import Critic
from .discoverer import Discoverer, arguments
from .generator import Generator
from .search_space import SearchSpace
from .subspace import data_subspace


class LieGAN(Discoverer):
    """Generator and discriminator of LieGAN.

    Parameters
    ----------
    symmetry : None
        A discoverer is built without one.
    k, rep_in, rep_out, input_shape, output_shape, classes, view, part
        See `Discoverer`.
    channels, search_space, coefficients, learn_scale, orthonormal, candidates, initial_scale
        See `Generator`.
    waves, wavenumber, width, depth, resolution
        See `Critic`.

    Raises
    ------
    ConfigError
        If an option is out of range.
    """

    family = "liegan"

    def __init__(
        self,
        symmetry: None = None,
        *,
        k: int,
        rep_in: str = "1x1",
        rep_out: str = "1x1",
        input_shape: Sequence[int] | None = None,
        output_shape: Sequence[int] | None = None,
        classes: int | None = None,
        view: str = "numbers",
        part: str = "whole",
        channels: int = 1,
        search_space: SearchSpace = "free",
        coefficients: Mapping[str, Any] | None = None,
        learn_scale: bool = False,
        orthonormal: bool = True,
        candidates: int = 1,
        initial_scale: float = 1.0,
        waves: int = 0,
        wavenumber: float = 3.0,
        width: int = 128,
        depth: int = 2,
        resolution: float = 1e-2,
    ) -> None:
        coefficients = {"kind": "normal", "scale": 1.0} if coefficients is None else dict(coefficients)
        super().__init__(
            arguments(locals()),
            k=k, rep_in=rep_in, rep_out=rep_out, input_shape=input_shape, output_shape=output_shape, classes=classes,
            view=view, part=part,
        )  # fmt: skip
        self.generator = Generator(
            k, channels, search_space=search_space, coefficients=coefficients, learn_scale=learn_scale,
            orthonormal=orthonormal, candidates=candidates, initial_scale=initial_scale,
        )  # fmt: skip
        self.critic = Critic(
            self.feature_count, classes=classes, heads=candidates, waves=waves, wavenumber=wavenumber,
            width=width, depth=depth, resolution=resolution,
        )  # fmt: skip

    @property
    def symmetry(self) -> LieAlgebra:
        """The best candidate's basis or its part, zero off the mask, with the coefficients it was learned for."""
        return self._part(self.generator.algebra)

    @property
    def found(self) -> LieAlgebra:
        """All channels of it."""
        return self.generator.algebra

    @property
    def search_pattern(self) -> Tensor:
        """Entries that are searched, `(k, k)`."""
        return self.generator.mask

    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """`(n, k, k)` random group elements; the i-th is of candidate i mod `candidates`."""
        return self.generator(n, generator)

    def learner(
        self,
        data: tuple[Tensor, Tensor],
        *,
        lr_generator: float = 2e-2,
        lr_critic: float = 3e-3,
        cosine: float = 0.0,
        channel_correlation: float = 0.0,
        noise: Sequence[float] = (0.5, 0.05),
        anneal: float = 0.8,
        renew_every: int = 200,
    ) -> Adversarial:
        """See `Adversarial`."""
        self.generator.see(data_subspace(*data, self.rep_in, self.rep_out))
        self.critic.fit_whitening(self.features(*data))
        return Adversarial(
            self, lr_generator=lr_generator, lr_critic=lr_critic, cosine=cosine,
            channel_correlation=channel_correlation, noise=noise, anneal=anneal, renew_every=renew_every,
        )  # fmt: skip
