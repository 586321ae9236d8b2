"""An algebra in a few lines."""

from __future__ import annotations

import numpy as np

from .. import closure, span
from ..coefficients import Coefficients, Integer, Normal
from ..span import Array
from .recognition import Recognition

_ROUNDING = 1e-7


def describe(basis: Array, coefficients: Coefficients, fingerprint: str, recognised: Recognition | None) -> str:
    """Name, closure, coefficients and fingerprint, one a line."""
    c, k, _ = basis.shape
    name = "large: see recognise()" if recognised is None else recognised.name
    lines = [f"LieAlgebra  {name}  ({c} generator{'s' * (c != 1)} on R^{k})"]
    if recognised is not None and recognised.name != "unrecognised":
        exact = "yes, " if recognised.residual < _ROUNDING else ""
        lines.append(f"  exactly that     {exact}{angle(recognised.residual)}")
    if c > 1:
        residual = closure.closure_residual(basis)
        lines.append("  closed           " + ("yes" if residual <= closure.CLOSED else f"up to {residual:.1e}"))
        if len(span.orthonormal(basis)) < c:
            lines.append(f"  independent      {len(span.orthonormal(basis))} of {c}")
    elif c == 1 and k <= 16:
        lines.append(f"  eigenvalues      {_eigenvalues(basis[0])}")
    what = "group elements" if isinstance(coefficients, Integer) else "coefficients"
    lines.append(f"  {what:<16} {_distribution(coefficients)}")
    lines.append(f"  fingerprint      {fingerprint}")
    return "\n".join(lines)


def angle(residual: float) -> str:
    """How far away something is that was recognised."""
    return "to rounding" if residual < _ROUNDING else f"{residual:.2g} rad away ({np.degrees(residual):.2g} degrees)"


def _eigenvalues(matrix: Array) -> str:
    values = np.linalg.eigvals(matrix)
    upper = sorted(values[values.imag > -1e-9 * np.abs(values).max(initial=0.0)].tolist(), key=lambda v: -abs(v))
    return ", ".join(_number(value) for value in upper)


def _number(value: complex) -> str:
    real = "" if abs(value.real) < 1e-9 * max(abs(value), 1e-300) or value == 0 else f"{value.real:.4g}"
    if abs(value.imag) <= 1e-9 * max(abs(value), 1e-300):
        return real or "0"
    return (f"{real} " if real else "") + f"±{value.imag:.4g}i"


def _distribution(coefficients: Coefficients) -> str:
    if isinstance(coefficients, Integer):
        return f"exp(n L), n = {coefficients.low}, ..., {coefficients.high}"
    if isinstance(coefficients, Normal):
        return f"z ~ N(0, {coefficients.scale:g}^2)"
    return f"z ~ U({coefficients.low:g}, {coefficients.high:g})"
