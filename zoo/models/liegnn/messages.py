"""The messages of one layer between all pairs of points, walked in chunks that stay in the cache.

For every ordered pair i != j of a cloud, with features f_ij = (1, u_ij, v_ij),

    z_ij = relu(a_i + b_j + W f_ij)      e_ij = relu(W2 z_ij + b2)      g_ij = sigmoid(w_m . e_ij + b_m)
    S_i  = sum_j g_ij e_ij               q_ij = w_o . relu(W_x g_ij e_ij + b_x)

Nothing of size pairs x width outlives a chunk: backward computes it again. Only S `(M, H)` and q `(g, n, n)` leave.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import linear

from ..plain_operations import wants_plain_operations
from .clouds import Clouds
from .native import NativeMessages, native
from .walk import ChunkedMessages, Weights


def messages(
    clouds: Clouds, a: Tensor, b: Tensor, features: Sequence[Tensor], weights: Weights, compiled: bool = False
) -> tuple[Tensor, list[Tensor]]:
    """Sums of messages, and weights of differences.

    Parameters
    ----------
    clouds : Clouds
    a, b : Tensor
        `(M, H)`, of receivers and senders.
    features : sequence of Tensor
        `(g, n, n, 1 + F)` for each group, the first feature 1.
    weights : Weights
    compiled : bool
        Walk in compiled C++ where that is possible: the same up to rounding.

    Returns
    -------
    S : Tensor
        `(M, H)`.
    q : list of Tensor
        `(g, n, n)` for each group, zero where there is no pair; empty where points stay.
    """
    if wants_plain_operations():
        return plain_messages(clouds, a, b, features, weights)
    walk = native() if compiled else None
    if walk is not None and walk.takes(a):
        summed, *weighed = NativeMessages.apply(walk, clouds, a, b, len(features), *features, *weights)
        return summed, weighed
    summed, *weighed = ChunkedMessages.apply(clouds, a, b, len(features), *features, *weights)
    return summed, weighed


def plain_messages(
    clouds: Clouds, a: Tensor, b: Tensor, features: Sequence[Tensor], weights: Weights
) -> tuple[Tensor, list[Tensor]]:
    """The same in plain operations, a whole group at once: for compilation and forward-mode derivatives."""
    found = [
        _plain(group.pairs, group.padded(a), group.padded(b), f, weights)
        for group, f in zip(clouds.groups, features, strict=True)
    ]
    summed = torch.cat([group.flat(each) for group, (each, _) in zip(clouds.groups, found, strict=True)])
    return summed, [q for _, q in found if q is not None]


def _plain(pairs: Tensor, a: Tensor, b: Tensor, f: Tensor, weights: Weights) -> tuple[Tensor, Tensor | None]:
    z = torch.relu(a[:, :, None] + b[:, None] + f[..., 1:] @ weights.features)
    e = torch.relu(linear(z, weights.hidden, weights.hidden_bias))
    m = (torch.sigmoid(e @ weights.gate + weights.gate_bias) * pairs)[..., None] * e
    if weights.move is None or weights.weigh is None:
        return m.sum(2), None
    return m.sum(2), (torch.relu(linear(m, weights.move, weights.move_bias)) @ weights.weigh) * pairs
