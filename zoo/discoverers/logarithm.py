"""The real logarithm of a matrix."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..errors import SymmetryError

# exp(log g) must give g back to this, relative: float64 rounding times the condition of the eigenvectors.
TOLERANCE = 1e-6


def real_logarithm(matrix: Tensor) -> Tensor:
    """The principal logarithm of `(k, k)`, from its eigenvectors.

    Raises
    ------
    SymmetryError
        If there is no real one: an eigenvalue is zero or negative, or the matrix is not diagonalisable.
    """
    g = matrix.double().cpu()
    values, vectors = torch.linalg.eig(g)
    size = values.abs().max()
    bad = (values.imag.abs() <= 1e-9 * size) & (values.real <= 1e-9 * size)
    if bad.any():
        raise SymmetryError(
            f"this linear map has the eigenvalue {float(values[bad][0].real):.3g} and therefore no real logarithm that "
            "could generate a group: it reflects or projects. Train again from another seed, or use the map itself "
            "(.element)"
        )
    inverse, singular = torch.linalg.inv_ex(vectors)
    result = (vectors @ torch.diag(values.log()) @ inverse).real.contiguous()
    error = math.inf if singular else float((torch.linalg.matrix_exp(result) - g).norm() / g.norm())
    if not error <= TOLERANCE:
        raise SymmetryError(
            f"the logarithm of this linear map came out wrong by {error:.1e} (allowed {TOLERANCE:.0e}): it is close to "
            "a shear, which is not diagonalisable; use the map itself (.element)"
        )
    return result
