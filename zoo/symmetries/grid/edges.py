"""Edges mu -> nu between sampled points, `(2, E)` as (source mu, target nu), sorted by source and then by target.

A generator's row at mu reads at the targets of the edges that leave mu.
"""

from __future__ import annotations

import itertools

import torch
from torch import Tensor

from ...errors import ConfigError
from .grid import Grid

_ROWS = 1024  # points whose distances to all others are in memory at a time


def lattice_edges(grid: Grid, reach: int = 1, *, diagonals: bool = False) -> Tensor:
    """From every node to its neighbours on the lattice, round the edges where it is periodic.

    Parameters
    ----------
    grid : Grid
    reach : int
        Steps to the farthest neighbours.
    diagonals : bool
        Whether all nodes in the box of (2 reach + 1)^n are neighbours, as for a convolution; else those along the axes.
    """
    if reach < 1:
        raise ConfigError(f"neighbours are one step away or more, got reach {reach}")
    steps = range(-reach, reach + 1)
    offsets = [o for o in itertools.product(steps, repeat=grid.n) if sum(step != 0 for step in o) == 1 or diagonals]
    sizes = torch.tensor(grid.shape, device="cpu")
    nodes = torch.stack(torch.unravel_index(torch.arange(grid.d, device="cpu"), grid.shape), dim=1)
    targets = nodes[:, None] + torch.tensor(offsets, device="cpu")
    inside = ((targets >= 0) & (targets < sizes)).all(dim=2) | grid.periodic
    targets = targets % sizes
    strides = torch.tensor([*itertools.accumulate(grid.shape[:0:-1], int.__mul__, initial=1)][::-1], device="cpu")
    sources = torch.arange(grid.d, device="cpu")[:, None].expand(inside.shape)
    return _sorted(torch.stack([sources[inside], (targets * strides).sum(dim=2)[inside]]))


def nearest_edges(points: Tensor, k: int) -> Tensor:
    """From every point to the k nearest others, points `(d, n)`; directed, as nearness is not mutual."""
    if points.ndim != 2 or not 1 <= k < len(points):
        raise ConfigError(f"the {k} nearest others need points (d, n), d > {k}: got shape {tuple(points.shape)}")
    found = []
    for start in range(0, len(points), _ROWS):
        distances = torch.cdist(points[start : start + _ROWS], points, compute_mode="donot_use_mm_for_euclid_dist")
        rows = torch.arange(len(distances), device=points.device)
        distances[rows, start + rows] = torch.inf
        found.append(distances.topk(k, largest=False).indices)
    targets = torch.cat(found)
    sources = torch.arange(len(points), device=points.device)[:, None].expand_as(targets)
    return _sorted(torch.stack([sources.flatten(), targets.flatten()]))


def _sorted(edges: Tensor) -> Tensor:
    """In order, without loops and repetitions (which a short periodic axis brings)."""
    return torch.unique(edges[:, edges[0] != edges[1]], dim=1)
