"""A module's answer on a fixed input, kept in its weights file.

Families solve for a basis when they are built. Where singular values coincide, another machine's linear algebra may
return another basis of the same space, and then the same parameters mean another function. The stored answer finds
that out at loading.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import WeightsError

_SAMPLES = 2
_POINTS = 8  # of an input that may have any number of them
_SHOWN = 8  # numbers that the header holds
# Relative to the size of the output: far above what the order of summation does to a deep network in that precision
# (about 1e-6 and 1e-15 per operation, some hundreds of them), far below a rotated basis (order 1).
TOLERANCE = {torch.float32: 1e-3, torch.float64: 1e-8}


def sample_input(module: nn.Module, samples: int = _SAMPLES) -> Tensor:
    """Fixed inputs `(samples, *input_shape)` of variance 1, float64, from integers: no generator, no seed, no rounding.

    The shape is `input_shape` of the module or its config (a length of None, any number of points, is eight here), else
    a flat vector of its input representation.
    """
    shape = (samples, *sample_shape(module))
    index = torch.arange(math.prod(shape), dtype=torch.int64)
    # Knuth's multiplicative hash; its upper 16 bits are spread evenly over 0 ... 65535, exact in float64.
    uniform = ((index + 1) * 2654435761 % 2**32 // 2**16).double() / 2**16
    return ((2 * uniform - 1) * math.sqrt(3)).reshape(shape)


def sample_shape(module: nn.Module) -> tuple[int, ...]:
    """The shape of one input in `sample_input`."""
    shape, rep = input_shape(module), getattr(module, "rep_in", None)
    if shape is not None:
        return tuple(_POINTS if length is None else length for length in shape)
    if rep is None:
        raise WeightsError("a module without input_shape in its config needs rep_in, to be tried out")
    return (rep.dim,)


def input_shape(module: nn.Module) -> tuple[int | None, ...] | None:
    """The shape of an input, None for any length; None where the module does not say."""
    shape = getattr(module, "config", {}).get("input_shape", getattr(module, "input_shape", None))
    return None if shape is None else tuple(shape)


def takes_images(module: nn.Module) -> bool:
    """Whether inputs are `(B, C, H, W)`."""
    return len(input_shape(module) or ()) == 3


def probe(module: nn.Module) -> dict[str, Any] | None:
    """What the header keeps: the size of the output on `sample_input`, and a few of its numbers.

    None where the module cannot be tried out (a discoverer, or another input than one tensor).
    """
    output = _answer(module)
    if output is None or not torch.isfinite(output).all():
        return None
    flat = output.flatten()
    dtype = str(_dtype(module)).removeprefix("torch.")
    return {"dtype": dtype, "scale": _rms(flat), "values": flat[_chosen(flat)].tolist()}


def check_probe(module: nn.Module, stored: dict[str, Any] | None, where: str) -> None:
    """Compare with what was stored.

    Raises
    ------
    WeightsError
        If the module answers otherwise than when its weights were saved.
    """
    if stored is None:
        return
    output = _answer(module)
    if output is None:
        raise WeightsError(f"{where}: the module does not take the input that its weights were tried out with")
    flat, expected = output.flatten(), torch.tensor(stored["values"], dtype=torch.float64)
    tolerance = max(TOLERANCE.get(_dtype(module), 1e-2), TOLERANCE.get(getattr(torch, stored["dtype"]), 1e-2))
    found = flat[_chosen(flat)]
    scale = max(stored["scale"], torch.finfo(torch.float32).tiny)
    if found.shape != expected.shape or not (error := float((found - expected).abs().max()) / scale) <= tolerance:
        off = f"off by {error:.1e} of its size" if found.shape == expected.shape else "of another shape"
        raise WeightsError(
            f"{where}: the module answers otherwise here than where it was saved ({off}, allowed {tolerance:.0e}). "
            "A basis that is derived when it is built came out differently with this version of the libraries; "
            "upgrade zoo, clear the cache of solved bases, or train it again with zoo train NAME"
        )


def _answer(module: nn.Module) -> Tensor | None:
    if getattr(module, "rep_in", None) is None or getattr(module, "rep_out", None) is None:
        return None
    parameter = next(module.parameters(), None)
    x = sample_input(module).to(dtype=_dtype(module), device=None if parameter is None else parameter.device)
    modes = {part: part.training for part in module.modules()}
    module.eval()
    try:
        with torch.no_grad():
            output = module(x)
    except Exception:  # whatever a network raises that takes another input: it can be saved all the same
        return None
    finally:
        for part, mode in modes.items():
            part.training = mode
    return output.double().cpu() if isinstance(output, Tensor) else None


def _dtype(module: nn.Module) -> torch.dtype:
    return next((p.dtype for p in module.parameters() if p.is_floating_point()), torch.float32)


def _chosen(flat: Tensor) -> Tensor:
    """Evenly spaced places, first and last among them."""
    return torch.linspace(0, max(len(flat) - 1, 0), min(_SHOWN, len(flat))).round().long()


def _rms(x: Tensor) -> float:
    return float(x.square().mean().sqrt())
