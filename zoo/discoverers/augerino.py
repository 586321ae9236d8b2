"""Augerino+: the generator of LieGAN, trained together with a predictor instead of against a discriminator.

A baseline of the LieGAN paper (arXiv 2302.00236, section 5), after Benton et al. 2020: a network f is fitted to
transformed pairs, f(g x) = g y, and generators for which that works well are taken for symmetries. Nothing compares
transformed data with real data, so anything that f can fit will do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import Adam, Optimizer

from ..errors import ConfigError
from ..symmetries import LieAlgebra
from . import view as view_
from .discoverer import Discoverer, arguments
from .generator import Generator
from .regularisers import channel_correlation, cosine_similarity
from .search_space import SearchSpace
from .subspace import data_subspace

if TYPE_CHECKING:
    from ..engine import Fit


class Augerino(Discoverer):
    """Generator and predictor.

    Parameters
    ----------
    symmetry : None
        A discoverer is built without one.
    k, rep_in, rep_out, input_shape, output_shape, classes, view, part
        See `Discoverer`.
    channels, search_space, coefficients, learn_scale, orthonormal, initial_scale
        See `Generator`.
    width, depth : int
        Of the predictor, a perceptron with LeakyReLU.
    """

    family = "augerino"

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
        orthonormal: bool = False,
        initial_scale: float = 1.0,
        width: int = 128,
        depth: int = 2,
    ) -> None:
        coefficients = {"kind": "normal", "scale": 1.0} if coefficients is None else dict(coefficients)
        super().__init__(
            arguments({name: value for name, value in locals().items()}),
            k=k, rep_in=rep_in, rep_out=rep_out, input_shape=input_shape, output_shape=output_shape, classes=classes,
            view=view, part=part,
        )  # fmt: skip
        self.generator = Generator(
            k, channels, search_space=search_space, coefficients=coefficients, learn_scale=learn_scale,
            orthonormal=orthonormal, initial_scale=initial_scale,
        )  # fmt: skip
        if width < 1 or depth < 1:
            raise ConfigError(f"width and depth of the predictor are at least 1, got {width} and {depth}")
        sizes = [view_.width(self.view, self.rep_in), *depth * [width]]
        layers = [part for i in range(depth) for part in (nn.Linear(sizes[i], sizes[i + 1]), nn.LeakyReLU(0.2))]
        self.predictor = nn.Sequential(*layers, nn.Linear(width, self.rep_out.dim if classes is None else classes))

    @property
    def symmetry(self) -> LieAlgebra:
        """The masked basis or its part, with the coefficients it was learned for."""
        return self._part(self.generator.algebra)

    @property
    def found(self) -> LieAlgebra:
        """All channels of it."""
        return self.generator.algebra

    def predict(self, x: Tensor) -> Tensor:
        """Flat targets, or logits of classes, for x `(B, ...)`."""
        return self.predictor(view_.seen(self.view, self.rep_in, x.flatten(1)))

    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """`(n, k, k)` random group elements."""
        return self.generator(n, generator)

    @property
    def search_pattern(self) -> Tensor:
        """Entries that are searched, `(k, k)`."""
        return self.generator.mask

    def learner(
        self,
        data: tuple[Tensor, Tensor],
        *,
        lr_generator: float = 1e-3,
        lr_predictor: float = 1e-3,
        cosine: float = 1.0,
        channel_correlation: float = 0.0,
    ) -> Joint:
        """See `Joint`."""
        self.generator.see(data_subspace(*data, self.rep_in, self.rep_out))
        return Joint(
            self, lr_generator=lr_generator, lr_predictor=lr_predictor, cosine=cosine,
            channel_correlation=channel_correlation,
        )  # fmt: skip


class Joint:
    """Learner: one step of predictor and generator together on |f(g x) - g y|^2, or the cross entropy of classes.

    Parameters
    ----------
    module : Augerino
    lr_generator, lr_predictor : float
        Learning rates of Adam.
    cosine, channel_correlation : float
        Weights of the regularisers of LieGAN.
    """

    def __init__(
        self, module: Augerino, *, lr_generator: float, lr_predictor: float, cosine: float, channel_correlation: float
    ) -> None:
        module.generator.retract()
        self.module, self.cosine, self.channel_correlation = module, cosine, channel_correlation
        groups = [
            {"params": list(module.generator.parameters()), "lr": lr_generator},
            {"params": list(module.predictor.parameters()), "lr": lr_predictor},
        ]
        self._optimizer = Adam(groups)

    def optimizers(self) -> list[Optimizer]:
        """The only one."""
        return [self._optimizer]

    def step(self, batch: tuple[Tensor, ...], fit: Fit) -> dict[str, Tensor]:
        """One step on a batch (x, y)."""
        x, y = batch
        module = self.module
        moved_x, moved_y = module(x, y, fit.generator)
        prediction = module.predict(moved_x)
        labels = module.labels(moved_y)
        if labels is None:
            misfit = functional.mse_loss(prediction, moved_y.reshape(len(prediction), -1))
        else:
            misfit = functional.cross_entropy(prediction, labels)
        loss = misfit + self.cosine * cosine_similarity(x, moved_x)
        if self.channel_correlation:
            loss = loss + self.channel_correlation * channel_correlation(module.generator.bases())
        self._optimizer.zero_grad()
        fit.backward(loss)
        self._optimizer.step()
        module.generator.retract()
        return {"misfit": misfit.detach()}
