"""Clouds with their padding left in: shapes follow from shapes alone, which export and compilation need."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from .clouds import Clouds, Group, mask_of


def whole(data: Tensor, mask: Tensor | None, scale: float, added: Tensor | None, k: int) -> Clouds:
    """Padded points `(B, N, k)` as one group, for evaluation: padding is computed along, and counts for nothing.

    A cloud without points is not looked for (that would look at values), and gives the logit of an empty sum.

    Parameters
    ----------
    data, mask, k
        As for `points_of`.
    scale : float
        Factor of the points, not of the `added` ones.
    added : Tensor, optional
        `(m, k)`, points to put into each cloud.
    """
    here: Any = mask_of(data, mask, k)
    x = data.masked_fill(~here[..., None], 0) * scale
    fixed = torch.zeros_like(x[..., 0])
    if added is not None:
        some = added.repeat(x.shape[0], 1, 1)
        x, fixed = torch.cat([x, some], dim=1), torch.cat([fixed, torch.ones_like(some[..., 0])], dim=1)
        here = torch.cat([here, torch.ones_like(some[..., 0], dtype=torch.bool)], dim=1)
    count, n = x.shape[:2]
    sizes = here.sum(1)
    column = torch.arange(n, device=x.device)
    pairs = here[:, :, None] & here[:, None] & (column[:, None] != column)
    group = Group((), slice(None), None, None, pairs.to(x.dtype))  # counts are values, which nobody may look at
    owner = torch.arange(count, device=x.device)[:, None].expand(count, n).reshape(-1)
    degree = (sizes - 1).to(x.dtype)[owner]
    there = here.flatten().to(x.dtype)
    # a clone, because export cannot say what the strides of a flattened tensor of unknown length are
    flat = x.flatten(0, 1).clone(memory_format=torch.contiguous_format)
    return Clouds(flat, fixed.flatten(), owner, degree, sizes.clamp_min(1), (group,), 0, there)
