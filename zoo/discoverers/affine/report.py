"""How sure a discovered group of affine maps is: what it leaves of held-out pairs, beside what chance would."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from .fields import AffineFields
from .logarithms import Logarithms, logarithms
from .span import SIGNAL, Directions

_EXPLAINED = 0.8  # what may be left over, relative to pairs that have nothing to do with each other,
_WELL = 0.5  # or at all: functions that are all alike are related to each other as well
_UNRELATED, _FEW_STEPS = 100, 10  # pairs of these at most, and steps: what they have in common is found soon
_GAP = 2.0  # factor between the last generator and the next direction, below which their number is not clear


def report(
    fields: AffineFields,
    axes: Tensor,
    directions: Directions,
    logs: Logarithms,
    x: Tensor,
    y: Tensor,
    options: Mapping[str, Any],
) -> dict[str, Any]:
    """Numbers and a verdict; see `AffinePairs.solve`.

    Parameters
    ----------
    fields, directions, logs
        Of the pairs that were solved for.
    axes : Tensor
        The span that was found, `(c, K)`.
    x, y : Tensor
        Held-out pairs `(B, C, *shape)`.
    options : mapping
        Of `logarithms`.
    """
    count = len(axes)
    stream = torch.Generator("cpu").manual_seed(0)
    noise = torch.randn(fields.count, max(count, 1), dtype=torch.float64, generator=stream, device="cpu")
    random = torch.linalg.qr(noise)[0].T[:count].to(axes)
    few, briefly = slice(0, _UNRELATED), {**options, "iterations": min(options["iterations"], _FEW_STEPS)}
    strengths = [*directions.strengths.tolist(), 1.0]  # beyond the last there is noise alone
    numbers: dict[str, Any] = {
        "generators": count,
        "strengths": strengths[:-1],
        "weakest": strengths[count - 1] if count else 0.0,
        "next": strengths[count],
        "noise": directions.noise,
        "residual": logs.left_over,
        "held_out": _left(fields, axes, x, y, options),
        "held_out_random": _left(fields, random, x, y, options),
        "held_out_unrelated": logarithms(fields, x[few], y.roll(1, 0)[few], **briefly).left_over,
        "moved": float(logs.coefficients.square().sum(dim=1).mean().sqrt()),
        "converged": float(logs.converged.double().mean()),
        "pairs": len(logs.coefficients),
    }
    explained = count > 0 and numbers["held_out"] < max(_EXPLAINED * numbers["held_out_unrelated"], _WELL)
    return {"verdict": _verdict(numbers, explained), **numbers, "generators": count if explained else 0}


def _left(fields: AffineFields, axes: Tensor, x: Tensor, y: Tensor, options: Mapping[str, Any]) -> float:
    return logarithms(fields.combined(axes), x, y, **options).left_over if len(axes) else 1.0


def _verdict(numbers: Mapping[str, Any], explained: bool) -> str:
    count = numbers["generators"]
    if not count:
        return (
            f"no group found: no direction of affine motion is {SIGNAL:g} times the noise; {numbers['residual']:.3f} "
            "of g x - x is left by the best affine maps, so that the pairs differ by something else"
        )
    left = (
        f"{numbers['held_out']:.3f} of g x - x is left on held-out pairs, {numbers['held_out_random']:.3f} with random "
        f"generators, {numbers['held_out_unrelated']:.3f} if the pairs had nothing to do with each other"
    )
    if not explained:
        return f"no group found: {left}; the pairs move too far, or by no affine maps of the coordinates"
    found = f"{count} generator{'s' * (count != 1)}: {left}"
    if numbers["next"] > SIGNAL or numbers["weakest"] < _GAP * max(numbers["next"], 1.0):
        found += f"; their number is not clear: the next direction is {numbers['next']:.1f} times the noise"
    return found
