"""Continuous symmetries on points that are no grid: on a surface, say, or wherever a detector has its cells."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor

from ...errors import SymmetryError
from ..algebra import LieAlgebra
from ..field import GeneratorField
from .fields import vectors
from .incidence import check_edges

# Singular values of the monomials of a neighbourhood scaled to size 1: below this it does not extend in a direction
# (off a plane), or there is no weight left to choose.
_FLAT = 1e-6
# A field leaves the surface on which points lie if differences do not make it: if more than this fraction is missing
# where the surface is flat; or where it is curved, if they make it of curvature alone. Differences over a distance of
# at most r make a field V along the surface with second moments |sum_a l_a (x_nu - x_mu)^2| <= r |V|, even at a
# border; one across a surface of the radius of curvature R has 2 R |V|.
_MISSING = 0.3
_SECOND_MOMENT = 2.0


def generators_on_points(
    symmetry: LieAlgebra | GeneratorField, points: Tensor, edges: Tensor, degree: int = 2
) -> Tensor:
    """L_i = -V_i . grad as weighted differences along edges, in incidence form.

    At every point, the smallest weights with sum_a l_a p(x_nu - x_mu) = -V_i . grad p (0) for all polynomials p up to
    the degree; with too few neighbours for that, those that miss the highest degrees by the least squares. Where the
    points lie on a surface and the fields along it, as rotations of a sphere, this is the generator on functions on
    that surface.

    Parameters
    ----------
    symmetry : LieAlgebra or GeneratorField
        As for `Grid.generators`.
    points : Tensor
        `(d, n)`.
    edges : Tensor
        `(2, E)` such as `nearest_edges(points, k)`, with k at least the number of monomials: n (n + 3) / 2 for
        degree 2.
    degree : int
        1 or more: the error falls with the distance of neighbours to this power.

    Returns
    -------
    Tensor
        Weights `(c, E)`, float64; `from_incidence(weights, edges, d)` makes matrices of them.

    Raises
    ------
    SymmetryError
        If the symmetry acts on another space, or moves a point where it has no neighbours: off the surface, or a point
        without edges.
    """
    if points.ndim != 2 or degree < 1:
        raise SymmetryError(f"points are (d, n) and the degree at least 1: got {tuple(points.shape)} and {degree}")
    points = points.detach().to("cpu", torch.float64)
    edges = edges.cpu()
    check_edges(edges, len(points))
    fields = vectors(symmetry, points)
    weights = torch.zeros(fields.shape[2], edges.shape[1], dtype=torch.float64, device="cpu")
    degrees = torch.bincount(edges[0], minlength=len(points))
    lonely = (degrees == 0) & (fields.flatten(1).abs().amax(dim=1) > 0)
    if bool(lonely.any()):
        raise SymmetryError(f"{int(lonely.sum())} points are moved, but have no edge that leaves them")
    order = torch.argsort(edges[0], stable=True)
    starts = degrees.cumsum(0) - degrees
    for count in torch.unique(degrees[degrees > 0]).tolist():
        nodes = torch.nonzero(degrees == count).flatten()
        mine = order[starts[nodes, None] + torch.arange(count, device="cpu")]
        away = points[edges[1, mine]] - points[nodes, None]
        weights[:, mine] = _weights(away, -fields[nodes], degree).permute(2, 0, 1)
    return weights


def _weights(away: Tensor, wanted: Tensor, degree: int) -> Tensor:
    """`(P, k, c)` for neighbours at `(P, k, n)` and -V `(P, n, c)`."""
    scale = away.norm(dim=2).amax(dim=1)[:, None, None].clamp(min=1e-300)
    unit = away / scale
    count, n = unit.shape[1:]
    found = torch.zeros(len(unit), count, wanted.shape[2], dtype=torch.float64, device="cpu")
    free = torch.eye(count, dtype=torch.float64, device="cpu").expand(len(unit), -1, -1)
    for power in range(1, degree + 1):
        # Lower degrees come first: what is left to choose once they are met is the range of the projector `free`.
        powers = list(itertools.combinations_with_replacement(range(n), power))
        monomials = torch.stack([unit[:, :, list(factors)].prod(dim=2) for factors in powers], dim=1)
        target = wanted / scale if power == 1 else 0.0
        inverse = torch.linalg.pinv(monomials @ free, atol=_FLAT, rtol=0.0)
        found = found + inverse @ (target - monomials @ found)
        free = free - inverse @ (monomials @ free)
    speed = wanted.norm(dim=1)
    missed = (unit.transpose(1, 2) @ found * scale - wanted).norm(dim=1) / _MISSING
    curved = (unit.square().sum(dim=2)[:, None] @ found)[:, 0].abs() * scale[:, 0] / _SECOND_MOMENT
    missed = torch.maximum(missed, curved)
    if bool((missed > speed + 1e-12).any()):
        worst = int((missed - speed).amax(dim=1).argmax())
        raise SymmetryError(
            f"a field moves points where they have no neighbours (off the surface on which they lie?): the field is "
            f"{[round(x, 4) for x in (-wanted[worst, :, int(missed[worst].argmax())]).tolist()]} there. "
            "Give more neighbours, or a symmetry that keeps the points together"
        )
    return found
