"""An algebra without its scalings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ..errors import SymmetryError

if TYPE_CHECKING:
    from .algebra import LieAlgebra

# Traces of generators of norm 1 below this are rounding.
_NO_TRACE = 1e-12


def traceless(algebra: LieAlgebra) -> LieAlgebra:
    """The generators of trace zero in a span: the transformations that keep volumes.

    All brackets have trace zero, so the part is closed where the whole is. Of a semisimple algebra with the scaling
    x -> s x beside it, it is that semisimple algebra: so(1,3) of the conformal group of a light cone.

    Parameters
    ----------
    algebra : LieAlgebra
        Of c generators; it need not be closed.

    Returns
    -------
    LieAlgebra
        Of c - 1 generators, orthonormal combinations of the given ones (so that coefficients that are independent
        and normal remain so), or the algebra itself if all traces are zero already.
    """
    if algebra.is_discrete:
        raise SymmetryError("a discrete group has elements, not a span of generators that a part can be taken of")
    traces = algebra.basis.diagonal(dim1=1, dim2=2).sum(1)
    if traces.norm() <= _NO_TRACE * algebra.basis.norm():
        return algebra
    return type(algebra)(torch.einsum("ac,cij->aij", _orthogonal_to(traces), algebra.basis), algebra.coefficients)


def scaling_angle(algebra: LieAlgebra) -> float:
    """Angle in radians between the scaling, the identity matrix, and a span of generators: 0 if it is in there."""
    identity = torch.eye(algebra.k, dtype=torch.float64, device="cpu").flatten() / algebra.k**0.5
    outside = identity - algebra.projector @ identity
    return float(torch.atan2(outside.norm(), (algebra.projector @ identity).norm()))


def _orthogonal_to(vector: Tensor) -> Tensor:
    """Orthonormal rows `(c - 1, c)` orthogonal to a vector: of the reflection that takes it to an axis.

    Unlike those of a singular value decomposition they are the same on every machine.
    """
    normal = vector / vector.norm()
    place = int(normal.abs().argmax())
    normal[place] += normal[place].sign()
    reflection = torch.eye(len(vector), dtype=vector.dtype) - 2 * torch.outer(normal, normal) / normal.square().sum()
    return torch.cat([reflection[:place], reflection[place + 1 :]])
