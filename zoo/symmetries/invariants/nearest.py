"""The invariant form of generators that are too noisy, or too many, to have an exact one."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ...errors import SymmetryError
from .. import span
from ..algebra import LieAlgebra
from ..recognise.classical import nearest_form as _nearest_form
from .functions import orientations


@dataclass(frozen=True)
class NearestForm:
    """A bilinear form that generators come nearest to leaving unchanged.

    Attributes
    ----------
    form : Tensor
        `(k, k)`, float64, symmetric of norm 1, oriented as in `invariant_forms`.
    residual : float
        sqrt(mean_i |L_i^T J + J L_i|^2) over an orthonormal basis: 0 where J is invariant, at most 2.
    """

    form: Tensor
    residual: float


def nearest_form(algebra: LieAlgebra) -> NearestForm:
    """J by least squares from L_i^T J + J L_i = 0 over all generators (LieGAN, proposition on inner products).

    The smallest singular direction of these equations stacked, for an orthonormal basis of the span, which the result
    depends on alone. A scaling among the generators changes every J alike (by a multiple of itself), so it adds to
    the residual and leaves J where it is.

    Raises
    ------
    SymmetryError
        If there are no generators, or the group is a discrete one.
    """
    if algebra.is_discrete:
        raise SymmetryError("a discrete group keeps a form as g^T J g = J: see invariant_forms")
    unit = span.orthonormal(algebra.basis.numpy())
    if not len(unit):
        raise SymmetryError("without generators every form is invariant")
    form = torch.from_numpy(_nearest_form(unit, symmetric=True).copy())
    form = form * orientations(form[None])[0]
    basis = torch.from_numpy(unit)
    change = basis.mT @ form + form @ basis
    residual = float(change.square().sum((1, 2)).mean().sqrt())
    return NearestForm(form, residual)
