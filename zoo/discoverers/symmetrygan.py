"""SymmetryGAN: one linear map that a discriminator cannot see (Desai, Nachman, Thaler 2022, arXiv 2112.05722).

A baseline of the LieGAN paper. It learns a single element g of the group; the one-parameter group through g, with
integer coefficients, is the symmetry that it stands for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import Adam, Optimizer

from ..symmetries import Integer, LieAlgebra
from .critic import Critic
from .discoverer import Discoverer, arguments
from .exponential import exponential
from .logarithm import real_logarithm
from .regularisers import cosine_similarity
from .search_space import SearchSpace, mask

if TYPE_CHECKING:
    from ..engine import Fit


class SymmetryGAN(Discoverer):
    """A linear map and a discriminator.

    Parameters
    ----------
    symmetry : None
        A discoverer is built without one.
    k, rep_in, rep_out, input_shape, output_shape, classes
        See `Discoverer`.
    search_space : str or index groups
        Entries of the map that are searched; outside it stays the identity.
    initial_scale : float
        The map starts as the exponential of random entries of this size.
    width, depth, resolution
        See `Critic`.
    """

    family = "symmetrygan"
    mask: Tensor

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
        search_space: SearchSpace = "free",
        initial_scale: float = 0.5,
        width: int = 128,
        depth: int = 2,
        resolution: float = 1e-2,
    ) -> None:
        super().__init__(
            arguments({name: value for name, value in locals().items()}),
            k=k, rep_in=rep_in, rep_out=rep_out, input_shape=input_shape, output_shape=output_shape, classes=classes,
        )  # fmt: skip
        pattern = mask(search_space, k)
        start = initial_scale * torch.randn(1, k, k)
        if not start.is_meta:
            start = exponential(torch.where(pattern, start, 0.0), None)
        self.raw = nn.Parameter(start[0])
        self.register_buffer("mask", pattern, persistent=False)
        self.critic = Critic(self.feature_count, classes=classes, width=width, depth=depth, resolution=resolution)

    @property
    def element(self) -> Tensor:
        """The map g, `(k, k)`."""
        identity = torch.eye(self.rep_in.k, dtype=self.raw.dtype, device=self.raw.device)
        return torch.where(self.mask, self.raw, identity)

    @property
    def symmetry(self) -> LieAlgebra:
        """log g as the generator of the elements g^n, n = -1, 0, 1.

        Raises
        ------
        SymmetryError
            If g has no real logarithm: it is no member of a one-parameter group.
        """
        return LieAlgebra(real_logarithm(self.element.detach().double().cpu())[None], Integer(-1, 1))

    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """`(n, k, k)`: the same element n times."""
        return self.element.expand(n, -1, -1)

    @property
    def search_pattern(self) -> Tensor:
        """Entries that are searched, `(k, k)`."""
        return self.mask

    def learner(
        self,
        data: tuple[Tensor, Tensor],
        *,
        lr_element: float = 1e-3,
        lr_critic: float = 2e-4,
        cosine: float = 1.0,
    ) -> SingleElement:
        """See `SingleElement`."""
        self.critic.fit_whitening(self.features(*data))
        return SingleElement(self, lr_element=lr_element, lr_critic=lr_critic, cosine=cosine)


class SingleElement:
    """Learner: alternating steps of the map and of the discriminator, as in LieGAN.

    Parameters
    ----------
    module : SymmetryGAN
    lr_element, lr_critic : float
        Learning rates of Adam.
    cosine : float
        Weight of the mean |cos(x, gx)|, which rewards moving away from the identity.
    """

    def __init__(self, module: SymmetryGAN, *, lr_element: float, lr_critic: float, cosine: float) -> None:
        self.module, self.cosine = module, cosine
        self._element = Adam([module.raw], lr=lr_element, betas=(0.5, 0.999))
        self._critic = Adam(module.critic.parameters(), lr=lr_critic)

    def optimizers(self) -> list[Optimizer]:
        """Of the map and of the discriminator."""
        return [self._element, self._critic]

    def step(self, batch: tuple[Tensor, ...], fit: Fit) -> dict[str, Tensor]:
        """One step of the discriminator, one of the map."""
        x, y = batch
        module, critic = self.module, self.module.critic
        labels = module.labels(y)
        moved = module.transform(module.element, x, y)
        real, fake = critic.whiten(module.features(x, y)), critic.whiten(module.features(*moved))
        critic_loss = (
            functional.softplus(-critic(real, labels)).mean()
            + functional.softplus(critic(fake.detach(), labels)).mean()
        )
        self._critic.zero_grad()
        fit.backward(critic_loss, critic.parameters())
        self._critic.step()

        element_loss = functional.softplus(-critic(fake, labels)).mean()
        self._element.zero_grad()
        fit.backward(element_loss + self.cosine * cosine_similarity(x, moved[0]), [module.raw])
        self._element.step()
        return {"element": element_loss.detach(), "discriminator": critic_loss.detach()}
