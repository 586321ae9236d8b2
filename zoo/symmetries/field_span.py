"""Spans of vector fields: how much of a reference lies in them, the angles between two, how far one is from closing."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import SymmetryError
from . import affine_part
from .field import GeneratorField

_RANK = 1e-8  # singular values below this part of the largest are those of fields that depend on the others


@dataclass(frozen=True)
class SpanAgreement:
    """Two spans of fields at the same points, under the norm |V|^2 = mean of w |V|^2.

    Attributes
    ----------
    explained : Tensor
        R^2 of every reference field projected on the span of the fields, `(r,)`: 1 lies in it, 0 is orthogonal.
    angles : Tensor
        Principal angles between the spans in radians, the smallest first, `(min(c, r),)`.
    products : Tensor
        Inner products of the fields with the reference fields, all of norm 1, `(c, r)`.
    """

    explained: Tensor
    angles: Tensor
    products: Tensor


def compare(
    fields: GeneratorField,
    reference: GeneratorField,
    points: Tensor,
    *,
    scale: Tensor | None = None,
    weight: Tensor | None = None,
) -> SpanAgreement:
    """How the span of `fields` agrees with that of `reference` at points `(P, n)`.

    Parameters
    ----------
    fields, reference : GeneratorField
    points : Tensor
    scale : Tensor, optional
        `(n,)`, by which components are divided: coordinates of different units cannot be compared else.
    weight : Tensor, optional
        `(P,)`, not negative.

    Raises
    ------
    SymmetryError
        If the fields live on different spaces, or a field is zero.
    """
    if fields.n != reference.n or points.ndim != 2 or points.shape[1] != fields.n:
        raise SymmetryError(
            f"fields on R^{fields.n} and R^{reference.n} cannot be compared at points {tuple(points.shape)}"
        )
    ours, true = (_flat(each, points, scale, weight) for each in (fields, reference))
    basis, other = _orthonormal(ours), _orthonormal(true)
    explained = (basis.T @ true).square().sum(0)
    angles = torch.arccos(torch.linalg.svdvals(basis.T @ other).clamp(max=1))
    return SpanAgreement(explained, angles, ours.T @ true)


def closing(
    fields: GeneratorField, points: Tensor, *, scale: Tensor | None = None, weight: Tensor | None = None
) -> Tensor:
    """For all i < j, the part of [V_i, V_j] outside the span over |V_i| |V_j|, `(c (c - 1) / 2,)`: 0 if it closes."""
    values = fields(points).detach()
    sizes = _norms(values, scale, weight)
    rows, columns = torch.triu_indices(fields.c, fields.c, offset=1)
    brackets = fields.bracket(points).detach()[:, :, rows, columns] / (sizes[rows] * sizes[columns])
    basis = _orthonormal(_rooted(values / sizes, scale, weight))
    outside = _rooted(brackets, scale, weight)
    return (outside - basis @ (basis.T @ outside)).norm(dim=0)


def _flat(field: GeneratorField, points: Tensor, scale: Tensor | None, weight: Tensor | None) -> Tensor:
    """Fields as columns of norm 1, `(P n, c)`."""
    flat = _rooted(field(points).detach(), scale, weight)
    norms = flat.norm(dim=0)
    if bool((norms == 0).any()):
        raise SymmetryError(f"field {int(norms.argmin())} is zero at all points: it generates nothing")
    return flat / norms


def _rooted(values: Tensor, scale: Tensor | None, weight: Tensor | None) -> Tensor:
    values = values.to("cpu", torch.float64)
    if scale is not None:
        values = values / scale.to(values)[:, None]
    weights = affine_part.normalised(weight, len(values))
    return (weights.sqrt()[:, None, None] * values).flatten(0, 1)


def _norms(values: Tensor, scale: Tensor | None, weight: Tensor | None) -> Tensor:
    return _rooted(values, scale, weight).norm(dim=0).to(values)


def _orthonormal(columns: Tensor) -> Tensor:
    left, sizes, _ = torch.linalg.svd(columns, full_matrices=False)
    return left[:, sizes > _RANK * sizes[0]]
