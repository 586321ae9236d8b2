"""What keeps learned fields apart and smooth (Ko, Kim, Lee 2024, section 3)."""

from __future__ import annotations

import torch
from torch import Tensor

from ...symmetries.affine_part import normalised

_RIDGE = 1e-3  # where two of the earlier fields are parallel still
_EDGE = 1e-6  # of the squared sine: parallel fields have a gradient as well


def orthogonality(values: Tensor, weight: Tensor | None = None) -> Tensor:
    """Sum over j of -log sin of the angle between V_j and the span of all sg V_i, i < j, fields of norm 1.

    The earlier fields feel nothing of it (sg stops their gradient), so slots fill up in the order of their validity.
    The paper has the angles between pairs. A validity that is a logarithm pulls ever harder the nearer a field is to
    one that is valid already, as the residual goes with the angle between them; an angle's constant gradient gives way
    to that. And a sum of three symmetries is a symmetry, which is not near to any of the three.
    """
    weights = normalised(weight, len(values)).to(values)
    products = torch.einsum("p,pni,pnj->ij", weights, values.detach(), values)
    gram = products.detach() + _RIDGE * torch.eye(len(products), dtype=values.dtype, device=values.device)
    inside = [
        products[:j, j] @ torch.linalg.solve(gram[:j, :j], products[:j, j]) for j in range(1, len(products))
    ]  # |P V_j|^2, P the projection on the span of those before
    return -0.5 * sum(torch.log((1 - each).clamp_min(0) + _EDGE) for each in inside) if inside else products.sum() * 0


def lipschitz(values: Tensor, points: Tensor, edges: Tensor, bound: float) -> Tensor:
    """Mean over fields and edges of how much |V(z') - V(z)| / |z' - z| exceeds the bound.

    Parameters
    ----------
    values, points : Tensor
        `(P, n, c)` and `(P, n)`, in units in which they are comparable.
    edges : Tensor
        `(2, E)` between neighbouring points.
    bound : float
    """
    start, end = edges
    apart = (points[end] - points[start]).norm(dim=1).clamp_min(torch.finfo(points.dtype).tiny)
    slope = (values[end] - values[start]).norm(dim=1) / apart[:, None]
    return torch.relu(slope - bound).mean()


def roughness(values: Tensor, points: Tensor, edges: Tensor, weight: Tensor | None = None) -> Tensor:
    """Mean over the plane of sum_i |d_i V|^2, fields of norm 1 in units of the spread of the points, `(c,)`.

    0 for shifts, 1 for linear fields without a shift. What is at right angles to all of these has more: 2 at least
    where weights are those of a Gaussian (fields are Hermite polynomials then, and this is their degree), 5 where they
    are equal on an interval.

    Parameters
    ----------
    values, points, edges
        As in `lipschitz`; edges between neighbours along each coordinate, as many along all of them.
    weight : Tensor, optional
        Of the points, `(P,)`.
    """
    start, end = edges
    apart = (points[end] - points[start]).square().sum(1).clamp_min(torch.finfo(points.dtype).tiny)
    squares = (values[end] - values[start]).square().sum(1) / apart[:, None]
    shares = normalised(weight, len(points)).to(values)
    along = shares[start] + shares[end]
    return points.shape[1] * (along[:, None] * squares).sum(0) / along.sum()


def sobolev(values: Tensor, axis: int) -> Tensor:
    """Mean over the fields of log mean |F V|^2 ((1 + f^2)^2 - 1), F the Fourier transform along an axis of a grid.

    Parameters
    ----------
    values : Tensor
        `(..., n, c)` on a grid, the leading axes.
    axis : int
        Of the periodic coordinate.
    """
    modes = torch.fft.rfft(values, dim=axis, norm="forward")
    f = torch.arange(modes.shape[axis], dtype=values.dtype, device=values.device)
    weight = ((1 + f**2) ** 2 - 1).view([-1 if i == axis else 1 for i in range(values.ndim)])
    energy = (modes.abs().square() * weight).flatten(0, -2).mean(0)
    return torch.log(energy + torch.finfo(values.dtype).eps).mean()
