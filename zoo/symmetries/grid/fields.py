"""Any symmetry as vector fields at points: what a grid, or a cloud of points, needs of it."""

from __future__ import annotations

import torch
from torch import Tensor

from ...errors import SymmetryError
from ..algebra import LieAlgebra
from ..field import GeneratorField

# The last row of a generator on (x, 1) is zero; relative to its norm, more than this is no rounding.
_HOMOGENEOUS = 1e-9


def vectors(symmetry: LieAlgebra | GeneratorField, points: Tensor) -> Tensor:
    """V_i at points of R^n, float64 on the CPU.

    Parameters
    ----------
    symmetry : LieAlgebra or GeneratorField
        An algebra on R^n; one on (x, 1) in R^(n + 1), as affine transformations and translations are; or fields on R^n.
    points : Tensor
        `(P, n)`, float64.

    Returns
    -------
    Tensor
        `(P, n, c)`.

    Raises
    ------
    SymmetryError
        If it acts on another space, or a field is not finite at a point.
    """
    n = points.shape[1]
    if isinstance(symmetry, LieAlgebra):
        return _of_algebra(symmetry, points)
    if not isinstance(symmetry, GeneratorField):
        raise SymmetryError(
            f"a symmetry of coordinates is a LieAlgebra or a GeneratorField, got {type(symmetry).__name__}; "
            "zoo.symmetry makes one from arrays, files and functions"
        )
    if symmetry.n != n:
        raise SymmetryError(
            f"fields on R^{symmetry.n} do not act on points with {n} coordinate{'s' * (n > 1)}: "
            f"give fields on R^{n}, a function from (P, {n}) to (P, {n}, c)"
        )
    with torch.no_grad():
        values = symmetry(points.to(symmetry.dtype)).detach().to("cpu", torch.float64)
    bad = ~torch.isfinite(values).flatten(1).all(dim=1)
    if bool(bad.any()):
        raise SymmetryError(
            f"a field is not finite at {int(bad.sum())} of {len(points)} points, "
            f"the first at {[round(x, 4) for x in points[bad][0].tolist()]}"
        )
    return values


def _of_algebra(algebra: LieAlgebra, points: Tensor) -> Tensor:
    n = points.shape[1]
    basis = algebra.basis
    if algebra.k == n:
        return torch.einsum("cij,pj->pic", basis, points)
    if algebra.k != n + 1:
        raise SymmetryError(
            f"an algebra on R^{algebra.k} does not act on points with {n} coordinate{'s' * (n > 1)}: give one on "
            f"R^{n}, or on (x, 1) in R^{n + 1} for affine transformations. {algebra!r}"
        )
    size = torch.linalg.matrix_norm(basis)
    last = basis[:, n].norm(dim=1)
    if bool((last > _HOMOGENEOUS * size).any()):
        worst = int((last / size.clamp(min=1e-300)).argmax())
        raise SymmetryError(
            f"generator {worst} acts on R^{n + 1}, not on (x, 1) of points with {n} coordinate{'s' * (n > 1)}: its "
            f"last row {[round(x, 4) for x in basis[worst, n].tolist()]} would have to be zero. {algebra!r}"
        )
    return torch.einsum("cij,pj->pic", basis[:, :n, :n], points) + basis[:, :n, n].T
