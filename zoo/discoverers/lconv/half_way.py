"""Pairs brought half the way towards each other, and the angles that do it: what fitting and testing share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

_LONGEST_STEP = 0.5  # of an angle, relative to the root mean square of all: fast parts of the data turn full circles
_TERM = 1e-7  # size, relative to the sum, of the first term of the exponential that is left out
_MOST_TERMS = 60
_SMALLEST = 1e-300


@dataclass(frozen=True, eq=False)
class Guess:
    """Values of the unknowns in u = theta L m + |theta| K m.

    Attributes
    ----------
    generator : Tensor
        L, `(d, d)`.
    angles : Tensor
        theta, `(B,)`.
    blur : Tensor or None
        K, `(d, d)`, where there is one.
    """

    generator: Tensor
    angles: Tensor
    blur: Tensor | None

    def gauged(self) -> Guess:
        """The same with |L| = 1 and a mean angle that is not negative."""
        size = self.generator.norm().clamp(min=_SMALLEST)
        sign = 1 if self.angles.mean() >= 0 else -1
        blur = None if self.blur is None else self.blur / size
        return Guess(self.generator / (sign * size), self.angles * (sign * size), blur)

    def misfit(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """What is left of u = y' - x' beside the blur, and m = (x' + y') / 2, both `(B, d)`."""
        half = self.angles[:, None] / 2
        left, middle = half_way(lambda values, k: (half / k) * (values @ self.generator.T), x, y)
        if self.blur is not None:
            left = left - self.angles.abs()[:, None] * (middle @ self.blur.T)
        return left, middle

    def better_angles(self, left: Tensor, middle: Tensor) -> Tensor:
        """One Gauss-Newton step of the angles, from a misfit."""
        slope = middle @ self.generator.T
        if self.blur is not None:
            slope = slope + self.angles.sign()[:, None] * (middle @ self.blur.T)
        longest = _LONGEST_STEP * self.angles.square().mean().sqrt()
        return self.angles + _along(slope, left).clamp(-longest, longest)


def half_way(part: Callable[[Tensor, int], Tensor], x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """u = y' - x' and m = (x' + y') / 2, by the exponential's series: even terms act on one, odd on the other.

    Parameters
    ----------
    part : callable
        `part(f, k)` is half the logarithm, theta L / 2, over k, applied to functions of the shape of x.
    x, y : Tensor
        Pairs `(B, ...)`.
    """
    left, middle = y - x, (x + y) / 2
    odd_of, even_of = left, middle  # L^k applied to both
    for k in range(1, _MOST_TERMS):
        odd_of, even_of = part(odd_of, k), part(even_of, k)
        if k % 2 == 1:
            # exp(-a) y - exp(a) x = cosh(a) (y - x) - sinh(a) (y + x), and so on for the mean
            left, middle = left - 2 * even_of, middle - odd_of / 2
        else:
            left, middle = left + odd_of, middle + even_of
        if even_of.norm() < _TERM * middle.norm() and odd_of.norm() < _TERM * middle.norm():
            break
    return left, middle


def left_over(generator: Tensor, blur: Tensor | None, x: Tensor, y: Tensor, steps: int = 15) -> float:
    """How much of pairs, whose angles are unknown, a generator leaves unexplained: |misfit| / |y - x| at the best ones.

    Parameters
    ----------
    generator, blur : Tensor
        L and K (None without), `(d, d)`.
    x, y : Tensor
        Pairs `(B, d)`.
    steps : int
        Of Gauss-Newton, for the angles alone.

    Returns
    -------
    float
        0 is exact, 1 explains nothing.
    """
    guess = Guess(generator, _first_angles(generator, blur, y - x, (x + y) / 2), blur)
    for _ in range(steps):
        guess = replace(guess, angles=guess.better_angles(*guess.misfit(x, y)))
    left = guess.misfit(x, y)[0].square().sum(dim=1)
    whole = (y - x).square().sum(dim=1)
    # the angle zero is among the best ones: where steps went astray, nothing is explained
    return float((torch.minimum(left, whole).sum() / whole.sum().clamp(min=_SMALLEST)).sqrt())


def _first_angles(generator: Tensor, blur: Tensor | None, left: Tensor, middle: Tensor) -> Tensor:
    """To first order; with a blur, of the best angles of either sign the better one."""
    moved = middle @ generator.T
    if blur is None:
        return _along(moved, left)
    blurred = middle @ blur.T
    plus, minus = _along(moved + blurred, left).clamp(min=0), _along(moved - blurred, left).clamp(max=0)
    after_plus = (left - plus[:, None] * (moved + blurred)).square().sum(dim=1)
    after_minus = (left - minus[:, None] * (moved - blurred)).square().sum(dim=1)
    return torch.where(after_plus < after_minus, plus, minus)


def _along(slope: Tensor, left: Tensor) -> Tensor:
    """The multiples `(B,)` of slopes that are nearest to what is left."""
    return (left * slope).sum(dim=1) / slope.square().sum(dim=1).clamp(min=_SMALLEST)
