"""The nodes and operators of layer after layer, and the pooling between them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ...errors import ConfigError
from ...symmetries.grid import Grid
from . import node_first
from .operators import Operators
from .spaces import Choice, Space, among

_OVERLAP = 1.5  # nodes in a block of points, for each that there would be if blocks did not overlap


def stages(
    space: Space, choice: Choice, blocks: Sequence[int], share: bool, neighbours: int
) -> tuple[list[Space], list[Operators]]:
    """The nodes before each layer and behind the last one, and the operators of each layer.

    Parameters
    ----------
    space : Space
        The nodes of the inputs.
    choice : Choice
    blocks : sequence of int
        Side of the blocks that are pooled after each layer.
    share : bool
        Whether learned operators are the same in all layers on the same nodes; those of a symmetry always are.
    neighbours : int
        Nearest points that have an edge, among points that pooling leaves.

    Raises
    ------
    ConfigError
        If the nodes have no blocks of such a size.
    """
    spaces, found = [space], []
    operators: Operators | None = None
    for block in blocks:
        if operators is None or not (share or choice.form == "symmetry"):
            operators = spaces[-1].operators(choice)
        found.append(operators)
        if block > 1:
            operators = None
        spaces.append(coarser(spaces[-1], block, neighbours) if block > 1 else spaces[-1])
    return spaces, found


def coarser(space: Space, block: int, neighbours: int) -> Space:
    """The nodes after pooling blocks of a grid, or of points: then of block^n of them one is left.

    Raises
    ------
    ConfigError
        If there are too few nodes, or neither a grid nor coordinates.
    """
    if space.grid is not None and space.edges is None and min(space.grid.shape) >= block:
        shape = tuple(size // block for size in space.grid.shape)
        return Space(math.prod(shape), Grid(shape, periodic=space.grid.periodic))
    if space.points is None or space.d // block**space.n <= neighbours:
        raise ConfigError(
            f"pool={block} takes blocks of a grid of at least that size, without edges of its own, or leaves one of "
            f"{block**space.n} points with {neighbours} neighbours; there are {space.d} nodes"
        )
    left = space.points[_far_apart(space.points, space.d // block**space.n)]
    size = math.ceil(_OVERLAP * block**space.n)
    blocks = torch.cdist(left, space.points).topk(size, largest=False).indices
    coarse = among(left, neighbours)
    return Space(coarse.d, None, left, coarse.edges, blocks)


def pooled(f: Tensor, space: Space, behind: Space, block: int) -> Tensor:
    """The largest values in blocks of nodes, `(B, m, d)` to `(B, m, d')`."""
    if space.grid is not None:
        pool = {1: nn.functional.max_pool1d, 2: nn.functional.max_pool2d, 3: nn.functional.max_pool3d}[space.grid.n]
        if space.grid.n == 2 and node_first.lies_so(f):  # as one image whose features lie side by side, without a copy
            by_node = node_first.rows(f)
            image = by_node.flatten(1).T.unflatten(1, space.grid.shape)[None]
            return node_first.features(pool(image, block)[0].flatten(1).T.unflatten(1, by_node.shape[1:]))
        return pool(f.unflatten(2, space.grid.shape), block).flatten(2)
    assert behind.blocks is not None
    blocks = behind.blocks.to(f.device)
    around = node_first.rows(f).index_select(0, blocks.flatten()).unflatten(0, blocks.shape)
    return node_first.features(around.amax(1))


def _far_apart(points: Tensor, count: int) -> Tensor:
    """Nodes of which each is as far as possible from those before it; the first is the nearest to the middle."""
    chosen = [int((points - points.mean(0)).norm(dim=1).argmin())]
    apart = (points - points[chosen[0]]).norm(dim=1)
    while len(chosen) < count:
        chosen.append(int(apart.argmax()))
        apart = torch.minimum(apart, (points - points[chosen[-1]]).norm(dim=1))
    return torch.tensor(chosen, device="cpu")
