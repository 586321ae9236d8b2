"""Generators in incidence form, L = l B: differences along edges, weighted (arXiv 2109.07103).

B is the incidence matrix of a graph, (B f)_a = f(target of a) - f(source of a), one row for each edge a. Every matrix
l B takes constants to zero, as the generator of transformations of points has to.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ...errors import SymmetryError


def incidence(edges: Tensor, d: int) -> Tensor:
    """B, `(E, d)` sparse (COO, float64): +1 at the target and -1 at the source of each edge."""
    check_edges(edges, d)
    count = edges.shape[1]
    rows = torch.arange(count, device=edges.device).repeat(2)
    ones = torch.ones(count, dtype=torch.float64, device=edges.device)
    places = torch.stack([rows, torch.cat([edges[1], edges[0]])])
    return torch.sparse_coo_tensor(places, torch.cat([ones, -ones]), (count, d), check_invariants=False).coalesce()


def from_incidence(weights: Tensor, edges: Tensor, d: int) -> Tensor:
    """L = l B.

    Parameters
    ----------
    weights : Tensor
        One number an edge, `(E,)` or `(c, E)`: the edge a = mu -> nu acts on row mu, L[mu, nu] += l_a and
        L[mu, mu] -= l_a. Or l itself, `(c, d, E)`, where every row has a weight for every edge.
    edges : Tensor
        `(2, E)`.
    d : int
        Number of nodes.

    Returns
    -------
    Tensor
        `(d, d)` for `(E,)`, else `(c, d, d)`.

    Raises
    ------
    SymmetryError
        If the shapes do not fit, or an edge ends at no node.
    """
    check_edges(edges, d)
    count = edges.shape[1]
    if weights.shape[-1:] != (count,) or weights.ndim > 3 or (weights.ndim == 3 and weights.shape[1] != d):
        raise SymmetryError(
            f"weights of {count} edges have shape ({count},), (c, {count}) or (c, {d}, {count}), "
            f"got {tuple(weights.shape)}"
        )
    source, target = edges
    if weights.ndim == 3:
        result = torch.zeros(*weights.shape[:2], d, dtype=weights.dtype, device=weights.device)
        return result.index_add(2, target, weights).index_add(2, source, -weights)
    flat = torch.zeros(*weights.shape[:-1], d * d, dtype=weights.dtype, device=weights.device)
    flat = flat.index_add(-1, source * d + target, weights).index_add(-1, source * (d + 1), -weights)
    return flat.unflatten(-1, (d, d))


def to_incidence(generators: Tensor, edges: Tensor) -> tuple[Tensor, Tensor]:
    """The weights l_a = L[source, target] of generators, and what no such weights explain.

    Parameters
    ----------
    generators : Tensor
        `(d, d)` or `(c, d, d)`.
    edges : Tensor
        `(2, E)`, every pair at most once.

    Returns
    -------
    weights : Tensor
        `(E,)` or `(c, E)`.
    residual : Tensor
        |L - l B| / |L| of each generator, `()` or `(c,)`: entries that are no edges, rows that do not sum to zero.
        Zero for L = 0.
    """
    d = generators.shape[-1]
    if generators.ndim not in (2, 3) or generators.shape[-2] != d:
        raise SymmetryError(f"generators have shape (d, d) or (c, d, d), got {tuple(generators.shape)}")
    check_edges(edges, d)
    if len(torch.unique(edges[0] * d + edges[1])) < edges.shape[1]:
        raise SymmetryError("an edge is there twice, so the weights of a matrix are not unique: see torch.unique")
    weights = generators[..., edges[0], edges[1]]
    size = torch.linalg.matrix_norm(generators)
    left = torch.linalg.matrix_norm(generators - from_incidence(weights, edges, d))
    return weights, torch.where(size > 0, left / torch.where(size > 0, size, 1.0), 0.0)


def check_edges(edges: Tensor, d: int) -> None:
    """Raise `SymmetryError` where edges are no whole numbers `(2, E)` from 0 to d - 1."""
    if edges.ndim != 2 or len(edges) != 2 or edges.is_floating_point():
        raise SymmetryError(f"edges are whole numbers (2, E), got {edges.dtype} of shape {tuple(edges.shape)}")
    if edges.numel() and (int(edges.min()) < 0 or int(edges.max()) >= d):
        raise SymmetryError(f"edges join nodes 0 to {d - 1}, got {int(edges.min())} to {int(edges.max())}")
