"""The five equations of generator fields (Ko, Kim, Lee 2024): what they are, where they are solved, what they keep.

All have u_t + u u_x + ... = 0 on a periodic interval. Each becomes v_s = c v - w(s) (v^2)_x / 2, with a symbol c(k)
that does not depend on time, by a clock s(t) and u = a(t) v; that is what is integrated.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ...errors import ConfigError
from ...symmetries.field import FunctionField

Profile = Callable[[Tensor], Tensor]
_SLOW = 50.0  # T of nKdV: its coefficients are exp(t / T)


def _as_is(t: Tensor) -> Tensor:
    return t


def _one(t: Tensor) -> Tensor:
    return torch.ones_like(t)


@dataclass(frozen=True, eq=False)
class Equation:
    """An evolution equation in one dimension, and the data that are made of it.

    Attributes
    ----------
    name, formula : str
    residual : callable
        What vanishes on solutions, a function of some of u, t, x, u_t, u_x, u_xx, u_xxx, u_xxxx, named so.
    symmetries : mapping
        Vector fields on (x, t, u) that take solutions to solutions, by name; functions of points `(P, 3)`.
    approximate : tuple of str
        Those of them that do so only nearly.
    length : float
        Of the interval.
    end : float
        Time to which solutions go, from 0.
    steps : int
        Times from 0 to the end, both included, at which they are known.
    kept : int
        The last of them, which are kept.
    waves : int
        Sines in an initial condition.
    frequencies : tuple of int
        Least and largest number of periods of such a sine in the interval.
    symbol : callable
        c of the wave numbers k.
    clock, amplitude : callable
        s(t) and a(t).
    weight : callable or None
        w(s); 1 where there is none.
    step : float
        Of the clock, with which the choice of the step begins.
    refine : float
        How many times finer than asked for the grid is on which waves are multiplied: waves up to a third of its nodes
        are kept. 1.5 keeps all that the grid asked for can hold.
    viscosity : float or None
        nu of Burgers' equation, which is solved exactly.
    """

    name: str
    formula: str
    residual: Callable[..., Tensor]
    symmetries: Mapping[str, Callable[[Tensor], Tensor]]
    length: float
    end: float
    steps: int
    symbol: Callable[[Tensor], Tensor]
    step: float
    kept: int = 140
    waves: int = 10
    frequencies: tuple[int, int] = (1, 2)
    approximate: tuple[str, ...] = ()
    clock: Profile = field(default=_as_is)
    amplitude: Profile = field(default=_one)
    weight: Callable[[Tensor], Tensor] | None = None
    refine: float = 1.0
    viscosity: float | None = None

    @property
    def times(self) -> Tensor:
        """The times that are kept, `(kept,)` float64."""
        return torch.linspace(0, self.end, self.steps, dtype=torch.float64, device="cpu")[-self.kept :]

    def field(self, name: str) -> FunctionField:
        """A symmetry as a field on (x, t, u).

        Raises
        ------
        ConfigError
            If there is none of that name.
        """
        if name not in self.symmetries:
            raise ConfigError(f"{self.name} has the symmetries {', '.join(self.symmetries)}, not {name!r}")
        return FunctionField(self.symmetries[name], 3)

    def __repr__(self) -> str:
        return f"Equation({self.name}: {self.formula})"


def _along(x: Tensor | float, t: Tensor | float, u: Tensor | float) -> Callable[[Tensor], Tensor]:
    """A constant field."""
    return lambda points: points.new_tensor([x, t, u]).expand(len(points), 3)


def _of_time(field: Callable[[Tensor], tuple[Tensor, Tensor, Tensor]]) -> Callable[[Tensor], Tensor]:
    """A field whose components depend on time alone."""
    return lambda points: torch.stack(field(points[:, 1]), dim=1)


_SHIFT = {"x": _along(1.0, 0.0, 0.0)}
_TIME = {"t": _along(0.0, 1.0, 0.0)}
_BOOST = {"boost": _of_time(lambda t: (t, 0 * t, 0 * t + 1))}


def _dispersion(k: Tensor) -> Tensor:
    return 1j * k**3


KDV = Equation(
    name="kdv",
    formula="u_t + u u_x + u_xxx = 0",
    residual=lambda u, u_t, u_x, u_xxx: u_t + u * u_x + u_xxx,
    symmetries=_SHIFT | _TIME | _BOOST,
    length=128.0,
    end=100.0,
    steps=250,
    symbol=_dispersion,
    step=0.1,
    refine=1.5,
)
KS = Equation(
    name="ks",
    formula="u_t + u u_x + u_xx + u_xxxx = 0",
    residual=lambda u, u_t, u_x, u_xx, u_xxxx: u_t + u * u_x + u_xx + u_xxxx,
    symmetries=_SHIFT | _TIME | _BOOST,
    length=64.0,
    end=100.0,
    steps=500,
    symbol=lambda k: (k**2 - k**4).to(torch.complex128),
    step=0.1,
)
BURGERS = Equation(
    name="burgers",
    formula="u_t + u u_x - u_xx / 100 = 0",
    residual=lambda u, u_t, u_x, u_xx: u_t + u * u_x - 0.01 * u_xx,
    symmetries=_SHIFT | _TIME | _BOOST,
    length=2 * math.pi,
    end=18.0,
    steps=180,
    waves=20,
    frequencies=(1, 6),
    symbol=lambda k: (-0.01 * k**2).to(torch.complex128),
    step=0.01,
    viscosity=0.01,
)
NKDV = Equation(
    name="nkdv",
    formula="u_t + exp(t / 50) (u u_x + u_xxx) = 0",
    residual=lambda u, t, u_t, u_x, u_xxx: u_t + torch.exp(t / _SLOW) * (u * u_x + u_xxx),
    symmetries=_SHIFT
    | {
        "t": _of_time(lambda t: (0 * t, torch.exp(-t / _SLOW), 0 * t)),
        "boost": _of_time(lambda t: (_SLOW * torch.expm1(t / _SLOW), 0 * t, 0 * t + 1)),
    },
    length=128.0,
    end=100.0,
    steps=250,
    frequencies=(1, 1),
    symbol=_dispersion,
    clock=lambda t: _SLOW * torch.expm1(t / _SLOW),
    step=0.1,
    refine=1.5,
)
CKDV = Equation(
    name="ckdv",
    formula="u_t + u u_x + u_xxx + u / (2 t + 2) = 0",
    residual=lambda u, t, u_t, u_x, u_xxx: u_t + u * u_x + u_xxx + u / (2 * t + 2),
    symmetries=_SHIFT | {"boost": _of_time(lambda t: ((t + 1).sqrt(), 0 * t, 0.5 / (t + 1).sqrt()))} | _TIME,
    approximate=("t",),
    length=128.0,
    end=100.0,
    steps=250,
    symbol=_dispersion,
    amplitude=lambda t: 1 / (t + 1).sqrt(),
    weight=lambda s: 1 / (s + 1).sqrt(),  # the clock is the time
    step=0.1,
)
EQUATIONS: dict[str, Equation] = {equation.name: equation for equation in (KDV, KS, BURGERS, NKDV, CKDV)}


def get_equation(name: str) -> Equation:
    """The equation of that name.

    Raises
    ------
    ConfigError
        If there is none.
    """
    if name not in EQUATIONS:
        raise ConfigError(f"equation must be one of {', '.join(EQUATIONS)}, got {name!r}")
    return EQUATIONS[name]
