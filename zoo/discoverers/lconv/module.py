"""`LConvPairs`: the generator of pairs (x, g x) as a discoverer, solved for instead of trained."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ...errors import ConfigError
from ...symmetries import LieAlgebra, Normal
from .half_way import left_over
from .pairs import PairFit, fit_pairs
from .scores import correlation, moments

_FALLS = 0.5  # a blur is believed where it halves what is left over
_BOTH_SIGNS = 0.1  # of the angles at least, either way, for a blur to be told from the generator
_SEEN = 1e-3  # mean square along a direction, relative to the mean over all, from which data show it
_EXPLAINED = 0.5  # what may be left over, relative to a random generator


class LConvPairs(nn.Module):
    """Generator L of a one-parameter group from pairs (x, exp(theta L) x), every theta another and unknown.

    The paper (arXiv 2109.07103, appendix C) trains one L-conv layer for it; here the same least squares are solved
    directly, see `fit_pairs`.

    Parameters
    ----------
    symmetry : None
        A discoverer is built without one.
    input_shape : sequence of int
        `(d,)`, `(H, W)` or `(C, H, W)`, whose channels count as functions of their own: the d nodes on which L acts
        are all but the channels.
    antisymmetric : bool
        Whether L = -L^T is known.
    blur : bool, optional
        Whether pairs lose sharpness with |theta|, as interpolated ones do. By default that is found out: whether it
        explains the pairs much better.
    ridge, iterations, tolerance
        See `fit_pairs`.

    Attributes
    ----------
    report : dict
        How sure the discovery is, plain numbers and a verdict; see `solve`.
    """

    family: ClassVar[str] = "lconv_pairs"
    kind: ClassVar[str] = "discoverer"
    promises_equivariance: ClassVar[bool] = False

    generator: Tensor
    spread: Tensor

    def __init__(
        self,
        symmetry: None = None,
        *,
        input_shape: Sequence[int],
        antisymmetric: bool = False,
        blur: bool | None = None,
        ridge: float = 1e-7,
        iterations: int = 50,
        tolerance: float = 1e-5,
    ) -> None:
        super().__init__()
        self.input_shape = tuple(int(size) for size in input_shape)
        if len(self.input_shape) not in (1, 2, 3) or min(self.input_shape) < 1:
            raise ConfigError(f"input_shape is (d,), (H, W) or (C, H, W), got {tuple(input_shape)}")
        if not (iterations >= 1 and ridge >= 0 and tolerance > 0):
            raise ConfigError(f"iterations >= 1, ridge >= 0 and tolerance > 0, got {iterations}, {ridge}, {tolerance}")
        self.config: dict[str, Any] = {
            "input_shape": list(self.input_shape),
            "antisymmetric": bool(antisymmetric),
            "blur": None if blur is None else bool(blur),
            "ridge": float(ridge),
            "iterations": int(iterations),
            "tolerance": float(tolerance),
        }
        self.report: dict[str, Any] = {}
        self.register_buffer("generator", torch.zeros(self.d, self.d))
        self.register_buffer("spread", torch.ones(()))

    @property
    def nodes(self) -> tuple[int, ...]:
        """Shape of the nodes, `(d,)` or `(H, W)`."""
        return self.input_shape[-2:]

    @property
    def d(self) -> int:
        """Number of nodes."""
        return math.prod(self.nodes)

    @property
    def symmetry(self) -> LieAlgebra:
        """L with |L| = 1 as a matrix on the d nodes; the coefficients are spread as the angles of the pairs were."""
        return LieAlgebra(self.generator.double().cpu(), Normal(float(self.spread)))

    def functions(self, values: Tensor) -> Tensor:
        """Samples `(N, *input_shape)` as functions `(N, d)` in float64, one for each channel."""
        return values.reshape(-1, self.d).double()

    def agreement(self, other: LConvPairs, x: Tensor) -> float:
        """|cos| between both generators in the metric of data `(N, *input_shape)`."""
        return abs(correlation(self.generator, other.generator, moments(self.functions(x))))

    def solve(
        self,
        pairs: tuple[Tensor, Tensor],
        held_out: tuple[Tensor, Tensor],
        *,
        device: torch.device | str = "cpu",
        advance: Callable[[int], object] | None = None,
    ) -> None:
        """Find L from pairs `(N, *input_shape)`, and test it on others; both end up here and in the report.

        - ``residual``: what is left of the pairs, |misfit| / |y - x|; ``held_out``, ``held_out_random``: of held-out
          pairs at the best angles, and the same with a random generator; ``verdict``: what that means.
        - ``converged``, ``iterations``; ``blur``: whether a blur was fitted beside (see the class).
        - ``angle_spread``: root mean square of theta for |L| = 1; ``angles_positive``: the share of theta > 0.
        - ``moved``: |y - x| / |x|.
        - ``pairs``: their number; ``directions``: of the d of function space, how many the pairs show. On the others
          nothing is known of L.
        """
        x, y = (self.functions(values).to(device) for values in pairs)
        fit = self._fit(x, y, advance)
        self.generator = fit.generator.to(self.generator)
        self.spread = fit.angles.square().mean().sqrt().to(self.spread)
        self.report = _report(fit, x, y, *(self.functions(values).to(device) for values in held_out))

    def _fit(self, x: Tensor, y: Tensor, advance: Callable[[int], object] | None) -> PairFit:
        options = {key: value for key, value in self.config.items() if key not in ("input_shape", "blur")}
        blur = self.config["blur"]
        if blur is not None:
            return fit_pairs(x, y, blur=blur, advance=advance, **options)
        plain, blurred = (fit_pairs(x, y, blur=each, advance=advance, **options) for each in (False, True))
        positive = _share_positive(blurred)
        believed = blurred.residual < _FALLS * plain.residual and _BOTH_SIGNS < positive < 1 - _BOTH_SIGNS
        return blurred if believed else plain


def _share_positive(fit: PairFit) -> float:
    return float((fit.angles > 0).double().mean())


def _report(fit: PairFit, x: Tensor, y: Tensor, held_x: Tensor, held_y: Tensor) -> dict[str, Any]:
    noise = torch.randn(fit.generator.shape, dtype=torch.float64, generator=torch.Generator("cpu").manual_seed(0))
    random = noise.to(fit.generator) / noise.norm()
    held_out, by_chance = left_over(fit.generator, fit.blur, held_x, held_y), left_over(random, None, held_x, held_y)
    strengths = torch.linalg.eigvalsh(fit.mass)
    report = {
        "residual": fit.residual,
        "held_out": held_out,
        "held_out_random": by_chance,
        "converged": fit.converged,
        "iterations": fit.iterations,
        "blur": fit.blur is not None,
        "angle_spread": float(fit.angles.square().mean().sqrt()),
        "angles_positive": _share_positive(fit),
        "moved": float((y - x).norm() / x.norm()),
        "pairs": len(x),
        "directions": int((strengths > _SEEN * strengths.mean()).sum()),
    }
    return {"verdict": _verdict(report, x.shape[1]), **report}


def _verdict(report: dict[str, Any], d: int) -> str:
    left = f"{report['held_out']:.3f} of g x - x is left on held-out pairs, {report['held_out_random']:.3f} with a "
    left += "random generator"
    if not report["held_out"] < _EXPLAINED * report["held_out_random"]:
        return f"no generator found: {left}; the pairs are too few, move too far, or are of no one-parameter group"
    unseen = d - report["directions"]
    rest = f"; the pairs show {report['directions']} of {d} directions, elsewhere it is a guess" if unseen else ""
    slow = "" if report["converged"] else "; it still moves, give more iterations"
    return f"a generator: {left}{rest}{slow}"
