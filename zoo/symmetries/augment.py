"""Augmentation by a symmetry: x -> rho_in(g) x, y -> rho_out(g) y with a fresh g for each sample and step."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..errors import ConfigError
from .algebra import LieAlgebra
from .representation import Rep

_CONDITION = 1e6
"""Eigenvectors with a larger condition number would cost more than six of float64's digits: exponentiate then."""
_MODES = ("coefficients", "period")


class Augmentation:
    """Random group elements, applied to inputs and targets alike.

    A network f trained on g x -> g y learns f(g x) = g f(x), whatever its architecture.

    Parameters
    ----------
    algebra : LieAlgebra
        The symmetry.
    rep_in, rep_out : Rep
        How inputs and targets transform.
    over : {"coefficients", "period"}
        Draw z from the algebra's distribution of coefficients, or, for a one-parameter group that closes, uniformly
        over its period (after projecting the generator on the nearest one whose group closes).

    Raises
    ------
    SymmetryError
        If the period is asked for and there is none.
    ConfigError
        If `over` is something else.
    """

    def __init__(self, algebra: LieAlgebra, rep_in: Rep, rep_out: Rep, *, over: str = "coefficients") -> None:
        if over not in _MODES:
            raise ConfigError(f"over must be one of {', '.join(_MODES)}, got {over!r}")
        self.period: float | None = None
        if over == "period":
            algebra = algebra.nearest_periodic().algebra
            self.period = _period(algebra)
        self.algebra, self.rep_in, self.rep_out = algebra, rep_in, rep_out
        self._waves = _Waves.of(algebra.basis[0]) if algebra.c == 1 else None

    def __call__(self, x: Tensor, y: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Transform `(B, ...)` inputs and targets, drawing from a generator on their device."""
        g = self.elements(len(x), generator)
        return self.rep_in.act(g, x), self.rep_out.act(g, y)

    def elements(self, n: int, generator: torch.Generator) -> Tensor:
        """Random group elements `(n, k, k)` in float64, on the generator's device."""
        if self.period is not None:
            unit = torch.rand(n, 1, generator=generator, dtype=torch.float64, device=generator.device)
            z = self.period * unit
        else:
            z = self.algebra.coefficients.sample(n, self.algebra.c, generator)
        if self._waves is not None:
            return self._waves.at(z[:, 0])
        return torch.linalg.matrix_exp(torch.einsum("nc,cij->nij", z, self.algebra.basis.to(z.device)))


class _Waves:
    """exp(t L) = sum_j e^(a_j t) (cos(b_j t) C_j + sin(b_j t) S_j), from the eigenvalues a_j + i b_j of L.

    A small matrix product a batch, where `matrix_exp` takes a Taylor polynomial a sample and waits for the device.
    """

    def __init__(self, growth: Tensor, frequency: Tensor, waves: Tensor) -> None:
        self.growth, self.frequency, self.waves = growth, frequency, waves
        self.k = math.isqrt(waves.shape[1])

    @classmethod
    def of(cls, generator: Tensor) -> _Waves | None:
        """From a diagonalisable L; None where its eigenvectors are too close to dependent."""
        values, vectors = torch.linalg.eig(generator)
        if not torch.linalg.cond(vectors) < _CONDITION:
            return None
        projectors = torch.einsum("ij,jk->jik", vectors, torch.linalg.inv(vectors)).flatten(1)
        upper = values.imag >= 0  # the others are conjugates, and add as much again
        values, projectors = values[upper], projectors[upper]
        projectors = torch.where((values.imag > 0)[:, None], 2 * projectors, projectors)
        return cls(values.real, values.imag, torch.cat([projectors.real, -projectors.imag]))

    def at(self, t: Tensor) -> Tensor:
        """exp(t L) for each t, `(n,) -> (n, k, k)`."""
        if self.waves.device != t.device:
            self.growth, self.frequency, self.waves = (
                part.to(t.device) for part in (self.growth, self.frequency, self.waves)
            )
        angle, size = torch.outer(t, self.frequency), torch.exp(torch.outer(t, self.growth))
        amplitudes = torch.cat([size * torch.cos(angle), size * torch.sin(angle)], dim=1)
        return (amplitudes @ self.waves).reshape(-1, self.k, self.k)


def _period(algebra: LieAlgebra) -> float:
    """T with exp(T L) = 1, for a generator that has one: 2 pi over the common measure of its frequencies."""
    frequencies = torch.linalg.eigvals(algebra.basis[0]).imag.abs()
    fastest = float(frequencies.max())
    present = frequencies[frequencies > 1e-8 * fastest]
    for order in range(1, 65):
        multiples = present * order / fastest
        if float((multiples - multiples.round()).abs().max()) < 1e-6:
            return 2 * math.pi * order / fastest
    raise AssertionError("nearest_periodic gave a generator without a period")
