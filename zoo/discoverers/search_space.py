"""Search spaces: which entries of a generator may differ from zero."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..errors import ConfigError

NAMES = ("free", "2x2", "4x4", "affine")

SearchSpace = str | Sequence[Sequence[int]]


def mask(space: SearchSpace, k: int) -> Tensor:
    """The `(k, k)` pattern of entries that are searched.

    Parameters
    ----------
    space : str or sequence of index groups
        - ``"free"``: every entry.
        - ``"2x2"``: one 2x2 block for every position and every momentum vector of a plane (LieGAN, trajectories).
        - ``"4x4"``: positions mix with positions and momenta with momenta, for coordinates in the order
          (x, y, px, py) of the first body, then of the second, and so on. For two bodies the blocks are 4x4.
        - ``"affine"``: every entry but the last row, for points in homogeneous coordinates.
        - groups such as ``[[0, 1], [2, 3, 4]]``: coordinates of one group mix with each other; coordinates that
          are named nowhere stay fixed.
    k : int
        Dimension of the space that is acted on.

    Raises
    ------
    ConfigError
        If there is no such search space, or it does not divide R^k.
    """
    if not isinstance(space, str):
        return _blocks(_checked(space, k), k)
    if space == "free":
        return torch.ones(k, k, dtype=torch.bool, device="cpu")
    if space == "affine":
        pattern = torch.ones(k, k, dtype=torch.bool, device="cpu")
        pattern[-1] = False
        return pattern
    if space not in NAMES:
        raise ConfigError(
            f"no search space {space!r}: choose one of {', '.join(NAMES)}, or give groups of coordinates that mix, "
            "such as [[0, 1], [2, 3]]"
        )
    size = int(space[0])
    if k % size:
        raise ConfigError(f'the search space "{space}" needs k to be a multiple of {size}, got k = {k}')
    if space == "2x2":
        return _blocks([(i, i + 1) for i in range(0, k, 2)], k)
    return _blocks([[i for i in range(k) if i % 4 // 2 == half] for half in (0, 1)], k)


def _blocks(groups: Sequence[Sequence[int]], k: int) -> Tensor:
    pattern = torch.zeros(k, k, dtype=torch.bool, device="cpu")
    for group in groups:
        index = torch.tensor(list(group), device="cpu")
        pattern[index[:, None], index] = True
    return pattern


def _checked(groups: Sequence[Sequence[int]], k: int) -> Sequence[Sequence[int]]:
    try:
        named = [int(i) for group in groups for i in group]
    except TypeError:
        raise ConfigError(f"groups of coordinates look like [[0, 1], [2, 3]], got {groups!r}") from None
    if not named or len(set(named)) != len(named) or not set(named) <= set(range(k)):
        raise ConfigError(
            f"groups of coordinates name each of 0, ..., {k - 1} at most once and at least one of them, got {groups!r}"
        )
    return groups
