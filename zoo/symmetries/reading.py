"""Vector fields in words: formulas of their affine parts, how affine they are, how far brackets leave their span."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import SymmetryError
from . import affine_part, field_span
from .algebra import LieAlgebra
from .field import AFFINE_TOLERANCE, GeneratorField, coordinate_names
from .recognise import angle

_LEAST = 0.03  # terms of less than this part of a field are left out of its formula
_FAR = 0.5  # half-widths between 0 and the middle of the box, from which on coordinates are counted from there


@dataclass(frozen=True)
class FieldReading:
    """Vector fields in words. Coordinates and components count in units of their spread in the field's `box`.

    Attributes
    ----------
    coordinates : tuple of str
    formulas : tuple of str
        The terms of the affine part of each field that are no less than 3 % of the field.
    affineness : Tensor
        Norm of the affine part over that of the field, `(c,)`: 1 is affine.
    left_out : Tensor
        Norm of what the formula leaves out over that of the field, `(c,)`.
    leaving : float
        The largest part of a bracket [V_i, V_j] that is outside the span, over |V_i| |V_j|: 0 if the span closes.
    algebra : LieAlgebra
        The matrices that generate the affine parts, in these units; `to_algebra` of the field has them in its own,
        and refuses fields that are not affine.
    """

    coordinates: tuple[str, ...]
    formulas: tuple[str, ...]
    affineness: Tensor
    left_out: Tensor
    leaving: float
    algebra: LieAlgebra

    def __repr__(self) -> str:
        count = len(self.formulas)
        lines = [f"{count} vector field{'s' * (count != 1)} on ({', '.join(self.coordinates)})"]
        width = max(map(len, self.formulas), default=0)
        for number, formula in enumerate(self.formulas):
            lines.append(
                f"  V{number + 1}   {formula:<{width}}   affine measure {self.affineness[number]:.4f}, "
                f"{self.left_out[number]:.2g} of it left out"
            )
        if count > 1:
            lines.append(f"  brackets leave the span by {self.leaving:.2g} at most")
        named = self.algebra.recognise()
        lines.append(f"  nearest algebra of their affine parts: {named.name}, {angle(named.residual)}")
        return "\n".join(lines)


def read_fields(field: GeneratorField) -> FieldReading:
    """Read the fields at even numbers in their box.

    Raises
    ------
    SymmetryError
        If there are no fields, or one is zero.
    """
    if not field.c:
        raise SymmetryError("there are no fields here, so there is nothing to read")
    points = field.typical_points()
    middle, half = (each.to("cpu", torch.float64) for each in field.box())
    spread = half / 3**0.5
    origin = torch.where(middle.abs() > _FAR * half, middle, 0.0)
    places = (points.to("cpu", torch.float64) - origin) / spread
    values = field(points).detach().to("cpu", torch.float64) / spread[:, None]
    part = affine_part.fit(places, values)
    terms = torch.cat([part.offsets[..., None], part.matrices], dim=2)  # (c, n, 1 + n): of 1, then of each coordinate
    columns = torch.cat([torch.ones(len(places), 1, dtype=torch.float64), places], dim=1)
    sizes = values.square().sum(1).mean(0).sqrt()
    shares = terms.abs() * columns.square().mean(0).sqrt() / sizes[:, None, None]
    kept = torch.where(shares >= _LEAST, terms, 0.0)
    rest = values - torch.einsum("pj,cij->pic", columns, kept)
    names = coordinate_names(field)
    measures = torch.cat([torch.ones(1, dtype=torch.float64), spread])
    physical = kept * spread[:, None] / measures
    return FieldReading(
        coordinates=names,
        formulas=tuple(_formula(each, names, origin.tolist()) for each in physical.tolist()),
        affineness=part.affineness,
        left_out=rest.square().sum(1).mean(0).sqrt() / sizes,
        leaving=float(field_span.closing(field, points, scale=spread).max()) if field.c > 1 else 0.0,
        algebra=part.to_algebra(AFFINE_TOLERANCE),
    )


def _formula(terms: list[list[float]], names: tuple[str, ...], origin: list[float]) -> str:
    """Such as "1.3 ∂_x - 0.2 (t - 72.1) ∂_u" of the factors of 1 and of each coordinate, for each component."""
    around = [
        name if not at else f"({name} {'-' if at > 0 else '+'} {abs(at):.3g})"
        for name, at in zip(names, origin, strict=True)
    ]
    written = ""
    for name, row in zip(names, terms, strict=True):
        for factor, what in zip(row, ["", *around], strict=True):
            if factor:
                sign = ("- " if factor < 0 else "+ ") if written else "-" * (factor < 0)
                parts = [f"{abs(factor):.3g}", what, f"∂_{name}"]
                written += " " * bool(written) + sign + " ".join(part for part in parts if part)
    return written or "no affine term"


def in_words(symmetry: LieAlgebra | GeneratorField) -> str:
    """What is to be said of a symmetry, whichever it is."""
    if isinstance(symmetry, GeneratorField) and symmetry.c:
        return repr(read_fields(symmetry))
    return repr(symmetry)
