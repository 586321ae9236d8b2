"""Where nodes lie whose order was lost: coordinates from how alike functions are at them."""

from __future__ import annotations

import math
import warnings

import torch
from torch import Tensor

from ...errors import ConfigError, DataError, require

_STILL = 0.02  # of the largest standard deviation: nodes at which functions vary less are dark


def find_layout(f: Tensor, n: int = 2, neighbours: int = 8) -> Tensor:
    """Coordinates of d nodes from functions on them, whatever the order of the nodes (Isomap).

    Functions that are smooth, as images are, are the more alike at two nodes the nearer these are. The distance
    sqrt(2 - 2 r) of nodes with the correlation r is taken along chains of nearest nodes (Tenenbaum, de Silva, Langford
    2000), which makes it proportional to the distance in space, and coordinates are those whose distances are nearest
    to it (classical scaling). They are found up to turns, reflections and the deformation that correlations leave.

    Parameters
    ----------
    f : Tensor
        `(B, m, d)`; every feature of every sample is a function.
    n : int
        Number of coordinates.
    neighbours : int
        Nearest nodes of each node that chains are made of.

    Returns
    -------
    Tensor
        `(d, n)` float64 around 0; a node is sqrt(n / 3) from there in the root mean square, as in a cube from -1 to 1.
        Dark nodes, at which functions do not vary, are nobody's neighbours: on a lattice beside the others.

    Raises
    ------
    ConfigError
        If n or `neighbours` is not positive.
    DataError
        If functions vary at too few nodes.
    MissingExtra
        If scikit-learn is not installed.
    """
    if n < 1 or neighbours < 1:
        raise ConfigError(f"a layout needs at least one coordinate and one neighbour, got {n} and {neighbours}")
    values = f.detach().flatten(0, 1).to("cpu", torch.float64)
    values = values - values.mean(0)
    size = values.norm(dim=0)
    light = size > _STILL * size.max()
    if int(light.sum()) <= max(n, neighbours):
        raise DataError(
            f"functions vary at {int(light.sum())} of {len(light)} nodes: too few to find coordinates by the "
            f"{neighbours} nearest of each"
        )
    values = values[:, light] / size[light]
    apart = (2 - 2 * values.T @ values).clamp(min=0).sqrt().fill_diagonal_(0.0)
    found = _isomap(apart, neighbours, n)
    found = found - found.mean(0)
    found = found * (math.sqrt(n / 3) / found.norm(dim=1).square().mean().sqrt())
    places = found.new_empty(len(light), n)
    places[light] = found
    places[~light] = _beside(found, int((~light).sum()))
    return places


def layout_errors(found: Tensor, true: Tensor) -> Tensor:
    """How far found coordinates are from the true ones, after the turn, reflection, scale and shift that fit best.

    Parameters
    ----------
    found, true : Tensor
        `(d, n)`.

    Returns
    -------
    Tensor
        Distances in units of `true`, one for each node that is not dark.
    """
    found, true = (each.detach().to("cpu", torch.float64) for each in (found, true))
    inner = found[(found < 0).any(1)].abs().max()  # dark nodes are far out where all coordinates are positive
    light = found.amin(1) < 1.5 * inner
    found, true = found[light], true[light]
    centre = true.mean(0)
    a, b = found - found.mean(0), true - centre
    left, sizes, right = torch.linalg.svd(a.T @ b)
    return (a @ left @ right * (sizes.sum() / a.square().sum()) + centre - true).norm(dim=1)


def _isomap(apart: Tensor, neighbours: int, n: int) -> Tensor:
    manifold = require("sklearn.manifold", "train")
    with warnings.catch_warnings():  # chains that do not meet are joined where they are nearest
        warnings.simplefilter("ignore")
        model = manifold.Isomap(n_neighbors=neighbours, n_components=n, metric="precomputed", eigen_solver="dense")
        return torch.from_numpy(model.fit_transform(apart.numpy())).double()


def _beside(points: Tensor, count: int) -> Tensor:
    """A lattice `(count, n)` as dense as the points, twice as far out as the farthest of them."""
    n = points.shape[1]
    reach = points.abs().max()
    side = max(3, math.ceil(count ** (1 / n)))
    spacing = 2 * reach / max(2.0, len(points) ** (1 / n))
    axes = [torch.arange(side, dtype=points.dtype, device="cpu") * spacing + 2 * reach] * n
    return torch.cartesian_prod(*axes).view(-1, n)[:count]
