"""The compiled walk as a differentiable function."""

from __future__ import annotations

import torch


class NativeMessages(torch.autograd.Function):
    """The same by compiled functions, which walk points side by side and need no padding."""

    @staticmethod
    def forward(ctx, walk, clouds, a, b, groups, *tensors):  # type: ignore[override]
        a, b = a.contiguous(), b.contiguous()
        tensors = [None if each is None else each.contiguous() for each in tensors]
        ctx.walk, ctx.clouds, ctx.groups = walk, clouds, groups
        ctx.save_for_backward(a, b, *tensors)
        features, w = tensors[:groups], tensors[groups:]
        pieces = zip(clouds.groups, features, strict=True)
        found = [walk.forward(group, a[group.nodes], b[group.nodes], f, w) for group, f in pieces]
        return torch.cat([summed for summed, _ in found]), *(q for _, q in found if q is not None)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, d_summed, *d_weighed):  # type: ignore[override]
        a, b, *tensors = ctx.saved_tensors
        features, w = tensors[: ctx.groups], tensors[ctx.groups :]
        totals = [None if weight is None else torch.zeros_like(weight) for weight in w]
        d_summed = d_summed.contiguous()
        d_points, d_features = [], []
        for number, (group, f) in enumerate(zip(ctx.clouds.groups, features, strict=True)):
            d_f = torch.zeros_like(f) if ctx.needs_input_grad[5 + number] else None
            d_q = d_weighed[number].contiguous() if d_weighed else None
            own = group.nodes
            d_points.append(ctx.walk.backward(group, a[own], b[own], f, w, d_summed[own], d_q, d_f, totals))
            d_features.append(d_f)
        d_a, d_b = (torch.cat(each) for each in zip(*d_points, strict=True))
        return None, None, d_a, d_b, None, *d_features, *totals
