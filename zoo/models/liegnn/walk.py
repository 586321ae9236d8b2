"""The chunked walk in PyTorch, with its derivative written out; the formulas are in `messages`."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from .clouds import Clouds, Group

_relu_backward = torch.ops.aten.threshold_backward.grad_input


class Weights(NamedTuple):
    """What a layer applies to every pair; the last three are None where points stay."""

    features: Tensor  # (F, H): W, acting on u and v
    hidden: Tensor  # (H, H): W2
    hidden_bias: Tensor  # (H,)
    gate: Tensor  # (H,): w_m
    gate_bias: Tensor  # (1,)
    move: Tensor | None = None  # (H, H): W_x
    move_bias: Tensor | None = None  # (H,)
    weigh: Tensor | None = None  # (H,): w_o


class ChunkedMessages(torch.autograd.Function):
    """S and q of all groups, chunk by chunk."""

    @staticmethod
    def forward(ctx, clouds, a, b, groups, *tensors):  # type: ignore[override]
        features, w = tensors[:groups], Weights(*tensors[groups:])
        ctx.clouds, ctx.groups = clouds, groups
        ctx.save_for_backward(a, b, *tensors)
        space = _Workspace(clouds, a, "zey")
        summed = torch.empty_like(a)
        weighed = []
        for group, f in zip(clouds.groups, features, strict=True):
            s, q = _forward_group(group, group.padded(a), group.padded(b), f, w, space)
            summed[group.nodes] = group.flat(s)
            weighed += [] if q is None else [q]
        return summed, *weighed

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, d_summed, *d_weighed):  # type: ignore[override]
        a, b, *tensors = ctx.saved_tensors
        features, w = tensors[: ctx.groups], Weights(*tensors[ctx.groups :])
        space = _Workspace(ctx.clouds, a, "zey" if w.move is None else "zeypuv")
        totals = [None if weight is None else torch.zeros_like(weight) for weight in w]
        totals[0] = a.new_zeros(w.features.shape[0] + 1, a.shape[1])  # the first row belongs to the feature 1
        d_a, d_b, d_features = torch.empty_like(a), torch.empty_like(b), []
        for number, (group, f) in enumerate(zip(ctx.clouds.groups, features, strict=True)):
            d_q = d_weighed[number] * group.pairs if d_weighed else None
            d_f = torch.zeros_like(f) if ctx.needs_input_grad[4 + number] else None
            one = _Backward(group.padded(a), group.padded(b), f, group.padded(d_summed), d_q, d_f, group.pairs)
            d_receivers, d_senders = _backward_group(one, w, Weights(*totals), space)  # type: ignore[arg-type]
            d_a[group.nodes], d_b[group.nodes] = group.flat(d_receivers), group.flat(d_senders)
            d_features.append(d_f)
        totals[0] = totals[0][1:]
        return None, d_a, d_b, None, *d_features, *totals


class _Workspace:
    """Buffers of one shape, allocated once for all chunks, and how large chunks are."""

    def __init__(self, clouds: Clouds, like: Tensor, names: str) -> None:
        self.most = clouds.most
        size = max(max(group.count * rows * group.n for group, rows in self._rows(clouds)), 1)
        self._buffers = dict(zip(names, like.new_empty(len(names), size, like.shape[-1]), strict=True))

    def rows(self, n: int, clouds: int) -> int:
        """How many receivers of each of so many clouds with n points go into a chunk."""
        return n if clouds * n * n <= self.most else max(1, self.most // (clouds * n))

    def _rows(self, clouds: Clouds) -> list[tuple[Group, int]]:
        return [(group, self.rows(group.n, group.count)) for group in clouds.groups]

    def __call__(self, name: str, size: int) -> Tensor:
        return self._buffers[name][:size]


def _forward_group(
    group: Group, a: Tensor, b: Tensor, f: Tensor, w: Weights, space: _Workspace
) -> tuple[Tensor, Tensor | None]:
    """S `(g, n, H)` and q `(g, n, n)` of one group."""
    clouds, n, width = a.shape
    step = space.rows(n, clouds)
    summed = torch.empty_like(a)
    weighed = None if w.move is None else torch.empty_like(group.pairs, memory_format=torch.contiguous_format)
    for start in range(0, n, step):
        rows = slice(start, min(start + step, n))
        e, g, _ = _pairwise(a[:, rows], b, f[:, rows], group.pairs[:, rows], w, space)
        s = torch.bmm(g.view(-1, 1, n), e.view(-1, n, width))
        summed[:, rows] = s.view(clouds, -1, width)
        if weighed is not None and w.weigh is not None:
            p = _moving(e, g, w, space("y", len(e)))[1]
            weighed[:, rows] = torch.mv(p, w.weigh).view(clouds, -1, n)
    return summed, None if weighed is None else weighed.mul_(group.pairs)


def _pairwise(
    a: Tensor, b: Tensor, f: Tensor, pairs: Tensor, w: Weights, space: _Workspace
) -> tuple[Tensor, Tensor, Tensor]:
    """e `(E, H)`, g `(E,)` and z `(E, H)` of receivers a `(g, r, H)` and senders b `(g, n, H)`, E = g r n."""
    clouds, n, width = b.shape
    rows = a.shape[1] * clouds
    # one small product a receiver: (1, u, v) times (a_i; W)
    left = f.reshape(rows, n, -1)
    right = torch.cat([a.reshape(rows, 1, width), w.features.expand(rows, -1, -1)], dim=1)
    z = space("z", rows * n)
    if clouds == 1:
        torch.baddbmm(b.expand(rows, n, width), left, right, out=z.view(rows, n, width))
    else:
        torch.bmm(left, right, out=z.view(rows, n, width))
        z.view(clouds, -1, n, width).add_(b[:, None])
    z.relu_()
    e = torch.addmm(w.hidden_bias, z, w.hidden.T, out=space("e", rows * n)).relu_()
    g = torch.addmv(w.gate_bias, e, w.gate).sigmoid_()
    return e, g.mul_(pairs.reshape(-1)), z


def _moving(e: Tensor, g: Tensor, w: Weights, out: Tensor, product: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """W_x e and relu(g W_x e + b_x); both in the same memory where `product` is not given."""
    product = out if product is None else product
    torch.mm(e, w.move.T, out=product)  # type: ignore[union-attr]
    torch.addcmul(w.move_bias, product, g[:, None], out=out)
    return product, out.relu_()


class _Backward(NamedTuple):
    """What backward of a group goes by: its inputs, and the derivatives by its outputs; `d_f` is written."""

    a: Tensor
    b: Tensor
    f: Tensor
    d_summed: Tensor
    d_weighed: Tensor | None
    d_f: Tensor | None
    pairs: Tensor


def _backward_group(one: _Backward, w: Weights, totals: Weights, space: _Workspace) -> tuple[Tensor, Tensor]:
    """Derivatives by a and b, `(g, n, H)` each; those by the weights are added to `totals`."""
    clouds, n, width = one.a.shape
    step = space.rows(n, clouds)
    d_a, d_b = torch.empty_like(one.a), None
    for start in range(0, n, step):
        rows = slice(start, min(start + step, n))
        d_z = _backward_pairs(one, rows, w, totals, space).view(clouds, -1, n, width)
        torch.sum(d_z, 2, out=d_a) if step == n else d_a[:, rows].copy_(d_z.sum(2))
        d_b = d_z.sum(1) if d_b is None else d_b.add_(d_z.sum(1))
    return d_a, d_b  # type: ignore[return-value]


def _backward_pairs(one: _Backward, rows: slice, w: Weights, totals: Weights, space: _Workspace) -> Tensor:
    """The derivative by a_i + b_j + W f_ij, `(E, H)`, of some receivers of every cloud."""
    n, width = one.b.shape[1:]
    f = one.f[:, rows]
    e, g, z = _pairwise(one.a[:, rows], one.b, f, one.pairs[:, rows], w, space)
    d_s = one.d_summed[:, rows].reshape(-1, width, 1)
    d_g = torch.bmm(e.view(-1, n, width), d_s).view(-1)
    # what reaches e through q
    d_e = None
    if one.d_weighed is not None:
        d_e = _backward_moving(one.d_weighed[:, rows].reshape(-1), e, g, d_g, w, totals, space)
    d_t = d_g.mul_(g).mul_(1 - g)
    totals.gate.addmv_(e.T, d_t)
    totals.gate_bias.add_(d_t.sum())
    # and g_ij dS_i + dt_ij w_m, as one small product a receiver
    left = torch.stack([g, d_t], dim=1).view(-1, n, 2)
    right = torch.cat([d_s.mT, w.gate.expand(len(d_s), 1, width)], dim=1)
    if d_e is None:
        d_e = space("y", len(e))
        torch.bmm(left, right, out=d_e.view(-1, n, width))
    else:
        d_e.view(-1, n, width).baddbmm_(left, right)
    _relu_backward(d_e, e, 0, grad_input=d_e)
    totals.hidden.addmm_(d_e.T, z)
    totals.hidden_bias.add_(d_e.sum(0))
    d_z = torch.mm(d_e, w.hidden, out=e)
    _relu_backward(d_z, z, 0, grad_input=d_z)
    totals.features.addmm_(f.reshape(len(d_z), -1).T, d_z)
    if one.d_f is not None:
        part = one.d_f[:, rows, :, 1:]
        part.copy_(torch.mm(d_z, w.features.T).view(part.shape))
    return d_z


def _backward_moving(
    d_q: Tensor, e: Tensor, g: Tensor, d_g: Tensor, w: Weights, totals: Weights, space: _Workspace
) -> Tensor:
    """The derivative of q by e, `(E, H)`; that by g is added to `d_g`."""
    assert w.weigh is not None and w.move is not None
    assert totals.weigh is not None and totals.move is not None and totals.move_bias is not None
    y, p = _moving(e, g, w, space("p", len(e)), space("y", len(e)))
    totals.weigh.addmv_(p.T, d_q)
    d_p = torch.outer(d_q, w.weigh, out=space("u", len(e)))
    _relu_backward(d_p, p, 0, grad_input=d_p)
    totals.move_bias.add_(d_p.sum(0))
    d_g.add_(torch.mul(d_p, y, out=space("v", len(e))).sum(1))
    d_p.mul_(g[:, None])
    totals.move.addmm_(d_p.T, e)
    return torch.mm(d_p, w.move, out=space("v", len(e)))
