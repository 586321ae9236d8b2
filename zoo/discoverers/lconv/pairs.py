"""One generator L and every angle, out of pairs y_b = exp(theta_b L) x_b.

With x' = exp(theta L / 2) x and y' = exp(-theta L / 2) y, half the way each, the residual u = y' - x' is odd in theta
and m = (x' + y') / 2 even, so that to first order u = theta L m has no bias of first order in the angle, which the
one-sided (y - x) / theta has. Changes of the unknowns change u by -dtheta L m and, up to commutators, by -theta dL m:
both steps are linear least squares (Gauss-Newton, alternating). At the solution u vanishes, so what the steps leave out
costs iterations, not accuracy.

A start is needed that knows the signs of the angles. With u = y - x and m = (x + y) / 2 the products u_b m_b^T are
theta_b L m_b m_b^T: of two pairs <u_b, u_c> <m_b, m_c>, m whitened, is theta_b theta_c |L|^2 on average. The first
eigenvector of this matrix, without its diagonal (which is positive whatever the angles), is the angles.

Interpolation between pixels brings a blur that grows with |theta| and may be larger than what the rotation does. It is
even in theta, so it is taken up by a second matrix, u = theta L m + |theta| K m, and the start looks at the
antisymmetric part of u m^T alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ...errors import DataError
from .half_way import Guess
from .scores import moments

_START_PAIRS = 2000  # whose angles come from an eigenvector
_POWER_STEPS = 100
_START_RIDGE = 0.1  # of the moments that whiten, relative to their mean: less, and faint directions are mostly noise


@dataclass(frozen=True, eq=False)
class PairFit:
    """A generator and the angles of the pairs.

    Attributes
    ----------
    generator : Tensor
        L, `(d, d)`, |L| = 1 (Frobenius); pairs tell the product of angle and generator alone.
    angles : Tensor
        theta, `(B,)`, with a mean that is not negative (as pairs at -theta with -L are the same).
    residual : float
        |exp(-theta L / 2) y - exp(theta L / 2) x| / |y - x| over all pairs, beside a blur: 0 is exact, 1 explains
        nothing.
    mass : Tensor
        Mean of m m^T, `(d, d)`: the metric in which data know L.
    iterations : int
    converged : bool
        Whether the last iteration changed L by less than the tolerance.
    blur : Tensor or None
        K, `(d, d)`, in the units of L, where it was asked for.
    """

    generator: Tensor
    angles: Tensor
    residual: float
    mass: Tensor
    iterations: int
    converged: bool
    blur: Tensor | None = None


def fit_pairs(
    x: Tensor,
    y: Tensor,
    *,
    antisymmetric: bool = False,
    blur: bool = False,
    ridge: float = 1e-7,
    iterations: int = 50,
    tolerance: float = 1e-5,
    advance: Callable[[int], object] | None = None,
) -> PairFit:
    """Recover L and all theta_b from y_b = exp(theta_b L) x_b.

    Angles may have any distribution, around zero too, so long as theta L is not large: to about a radian a pair on the
    frequencies that carry the data's weight.

    Parameters
    ----------
    x, y : Tensor
        `(B, d)`, B larger than d.
    antisymmetric : bool
        Whether L = -L^T is known: volume-preserving transformations. It also keeps a symmetric blur out of L.
    blur : bool
        Whether pairs lose sharpness with the angle, whatever its sign, as (bi)linear interpolation has it: then
        u = theta L m + |theta| K m, with any matrix K that is fitted beside. Angles of both signs are needed to tell
        them apart.
    ridge : float
        Added to the second moments of m, relative to their mean eigenvalue: what data do not show, L leaves alone.
    iterations : int
        At most.
    tolerance : float
        Relative change of L in the data's metric at which to stop.
    advance : callable, optional
        Called after each iteration with 1.

    Raises
    ------
    DataError
        If shapes differ, values are not finite, or x and y are equal.
    """
    check_pairs(x, y)
    x, y = x.detach(), y.detach()
    middle = (x + y) / 2
    mass = moments(middle)
    problem = _Problem(x, y, antisymmetric, blur, ridge)
    angles = _start(y - x, middle, mass, antisymmetric or blur)
    guess = Guess(problem.regress(y - x, middle, angles), angles, torch.zeros_like(mass) if blur else None).gauged()
    done, converged = 0, False
    while done < iterations and not converged:
        before, guess = guess, problem.improve(guess).gauged()
        change = _size(guess.generator - before.generator, mass) / max(_size(guess.generator, mass), 1e-300)
        done, converged = done + 1, change < tolerance
        if advance is not None:
            advance(1)
    residual = float(guess.misfit(x, y)[0].norm() / (y - x).norm())
    return PairFit(guess.generator, guess.angles, residual, mass, done, converged, guess.blur)


@dataclass(frozen=True, eq=False)
class _Problem:
    """Pairs, and what is known of the generator."""

    x: Tensor
    y: Tensor
    antisymmetric: bool
    blur: bool
    ridge: float

    def improve(self, guess: Guess) -> Guess:
        """One step of all unknowns."""
        left, middle = guess.misfit(self.x, self.y)
        moved = middle @ guess.generator.T
        angles = guess.better_angles(left, middle)
        if guess.blur is None:
            # u falls by dtheta L m, and the regression is on u + theta L m with the new theta: both cancel.
            return Guess(self.regress(left + guess.angles[:, None] * moved, middle, angles), angles, None)
        blurred = left + guess.angles.abs()[:, None] * (middle @ guess.blur.T)
        target = blurred + guess.angles[:, None] * moved
        generator = self.regress(target - angles.abs()[:, None] * (middle @ guess.blur.T), middle, angles)
        rest = target - angles[:, None] * (middle @ generator.T)
        return Guess(generator, angles, _regress(rest, middle, angles.abs(), False, self.ridge))

    def regress(self, left: Tensor, middle: Tensor, angles: Tensor) -> Tensor:
        return _regress(left, middle, angles, self.antisymmetric, self.ridge)


def _start(left: Tensor, middle: Tensor, mass: Tensor, turns: bool) -> Tensor:
    """Angles `(B,)` up to one factor: some from the first eigenvector, the others by regression."""
    values, vectors = torch.linalg.eigh(mass)
    whitening = (vectors / (values.clamp(min=0) + _START_RIDGE * values.mean()).sqrt()) @ vectors.T
    left, middle = left @ whitening, middle @ whitening
    u, m = left[:_START_PAIRS], middle[:_START_PAIRS]
    products = (u @ u.T) * (m @ m.T)
    if turns:  # of the matrices u m^T - m u^T, which a symmetric blur leaves alone
        mixed = u @ m.T
        products = products - mixed * mixed.T
    products.fill_diagonal_(0)
    stream = torch.Generator("cpu").manual_seed(0)
    angles = torch.randn(len(products), generator=stream, dtype=torch.float64, device="cpu").to(products)
    for _ in range(_POWER_STEPS):
        angles = products @ angles
        angles = angles / angles.norm()
    matrix = (angles[:, None] * u).T @ m
    moved = middle @ (matrix - matrix.T if turns else matrix).T
    return (left * moved).sum(dim=1) / moved.square().sum(dim=1).clamp(min=1e-300)


def _regress(left: Tensor, middle: Tensor, angles: Tensor, antisymmetric: bool, ridge: float) -> Tensor:
    """argmin over L of sum_b |u_b - theta_b L m_b|^2."""
    scaled = angles[:, None] * middle
    values, vectors = torch.linalg.eigh(scaled.T @ scaled)
    values = values.clamp(min=0) + ridge * values.mean()
    product = vectors.T @ (left.T @ scaled) @ vectors
    if antisymmetric:  # A S + S A = C - C^T
        solution = (product - product.T) / (values[:, None] + values)
    else:
        solution = product / values
    return vectors @ solution @ vectors.T


def _size(matrix: Tensor, mass: Tensor) -> float:
    return float(((matrix @ mass) * matrix).sum().clamp(min=0).sqrt())


def check_pairs(x: Tensor, y: Tensor) -> None:
    """Raise `DataError` where functions before and after, `(B, d)` both, cannot be pairs."""
    if x.ndim != 2 or x.shape != y.shape or not x.is_floating_point():
        raise DataError(f"pairs are two tensors (B, d) of real numbers, got {tuple(x.shape)} and {tuple(y.shape)}")
    if not (torch.isfinite(x).all() and torch.isfinite(y).all()):
        raise DataError("pairs hold NaN or infinity")
    if len(x) < 2:
        raise DataError("a generator needs two pairs at least, and about as many as there are coordinates")
    if torch.equal(x, y):
        raise DataError("x and y are equal in all pairs: nothing is transformed, so there is no generator to find")
