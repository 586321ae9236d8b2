"""The coefficients z of exp(sum_i z_i L_i) while generators are learned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import ConfigError, SymmetryError
from ..symmetries.coefficients import Coefficients, Normal, from_dict


class CoefficientDraw(nn.Module):
    """Draws coefficients from a distribution, whose scale may be learned.

    Parameters
    ----------
    spec : mapping
        As `zoo.symmetries.coefficients.from_dict` reads it: ``{"kind": "normal", "scale": 1.0}``,
        ``{"kind": "uniform", "low": -1.0, "high": 1.0}``, ``{"kind": "integer", "low": -10, "high": 9}``.
    learned : bool
        Whether the scale of a normal distribution is a parameter.

    Raises
    ------
    ConfigError
        If there is no such distribution, or its scale cannot be learned.
    """

    def __init__(self, spec: Mapping[str, Any], *, learned: bool = False) -> None:
        super().__init__()
        try:
            self._fixed = from_dict(dict(spec))
        except SymmetryError as error:
            raise ConfigError(f"coefficients: {error}") from error
        self.log_scale: nn.Parameter | None = None
        if learned:
            if not isinstance(self._fixed, Normal):
                raise ConfigError(f"only the scale of normal coefficients can be learned, got {dict(spec)}")
            self.log_scale = nn.Parameter(torch.full((), self._fixed.scale).log())

    @property
    def distribution(self) -> Coefficients:
        """The distribution as it is now."""
        if self.log_scale is None:
            return self._fixed
        return Normal(float(self.log_scale.detach().exp()))

    def forward(self, n: int, c: int, generator: torch.Generator | None = None) -> Tensor:
        """`(n, c)` coefficients in float64, on the generator's device."""
        if self.log_scale is None:
            return self._fixed.sample(n, c, generator)
        return self.log_scale.exp() * Normal(1.0).sample(n, c, generator)
