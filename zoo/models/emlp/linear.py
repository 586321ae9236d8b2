"""Equivariant linear maps, stored in the coordinates of the solved space of maps."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from .bases import Bases
from .kept import Kept
from .layout import SCALAR, Layout
from .sectors import Sector, sectors


class EquivariantLinear(nn.Module):
    """W x + b over all equivariant W and all invariant b.

    Each pair of blocks (p -> q) has coefficients `(m_q, m_p, r)` over the solved basis `(r, d_q, d_p)` of the
    equivariant maps between one copy of each (Finzi, Welling, Wilson 2021, section 5). The dense matrix is
    projected once and kept while the module is in evaluation mode and no gradient is asked for.

    Parameters
    ----------
    bases : Bases
        The solved spaces.
    source, target : Layout
        Layouts of the features before and after.
    bias : bool
        Whether to add a learned invariant.
    """

    def __init__(self, bases: Bases, source: Layout, target: Layout, *, bias: bool = True) -> None:
        super().__init__()
        self.bases, self.source, self.target = bases, source, target
        self.coefficients = nn.ParameterDict()
        self.bias = nn.ParameterDict()
        self._kept = Kept()
        self._sectors = sectors(bases, source, target)
        for j, out in enumerate(target.blocks):
            ranks = [bases.maps(block.kind, out.kind).shape[0] for block in source.blocks]
            fan_in = sum(b.multiplicity for b, rank in zip(source.blocks, ranks, strict=True) if rank)
            for i, (block, rank) in enumerate(zip(source.blocks, ranks, strict=True)):
                if rank and block.multiplicity and out.multiplicity:
                    # an orthonormal basis matrix has squared entries that sum to 1: keep the variance at 1
                    scale = math.sqrt(out.size / (rank * fan_in))
                    shape = (out.multiplicity, block.multiplicity, rank)
                    self.coefficients[f"{j}_{i}"] = nn.Parameter(scale * torch.randn(shape))
            rank = bases.maps(SCALAR, out.kind).shape[0]
            if bias and rank and out.multiplicity:
                self.bias[str(j)] = nn.Parameter(torch.zeros(out.multiplicity, rank))

    @property
    def dimension(self) -> int:
        """Dimension of the space of equivariant linear maps (without the bias)."""
        return sum(parameter.numel() for parameter in self.coefficients.values())

    def dense(self) -> tuple[Tensor, Tensor]:
        """The whole matrix `(D_out, D_in)` and the bias `(D_out,)` that the coefficients stand for."""
        everything = Sector(tuple(range(len(self.source.blocks))), tuple(range(len(self.target.blocks))))
        return self._project(everything, torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        """Map features `(B, D_in)` to `(B, D_out)`."""
        projected = self._kept.get(self, lambda: [self._project(sector, x) for sector in self._sectors])
        if len(self._sectors) == 1 and len(self._sectors[0].sources) == len(self.source.blocks):
            return nn.functional.linear(x, *projected[0])
        pieces = x.split(self.source.dims, dim=-1)
        results: dict[int, Tensor] = {}
        for sector, (weight, bias) in zip(self._sectors, projected, strict=True):
            if sector.sources:
                y = nn.functional.linear(torch.cat([pieces[i] for i in sector.sources], dim=-1), weight, bias)
            else:
                y = bias.expand(len(x), -1)
            parts = y.split([self.target.blocks[j].dim for j in sector.targets], dim=-1)
            results.update(zip(sector.targets, parts, strict=True))
        return torch.cat([results[j] for j in range(len(self.target.blocks))], dim=-1)

    def _project(self, sector: Sector, x: Tensor) -> tuple[Tensor, Tensor]:
        like = next(self.parameters(), x)
        blocks = [[self._block(j, i, like) for i in sector.sources] for j in sector.targets]
        weight = torch.cat([torch.cat(row, dim=1) for row in blocks]) if sector.sources else like.new_zeros(0)
        return weight, torch.cat([self._shift(j, like) for j in sector.targets])

    def _block(self, j: int, i: int, like: Tensor) -> Tensor:
        out, block = self.target.blocks[j], self.source.blocks[i]
        if f"{j}_{i}" not in self.coefficients:
            return like.new_zeros(out.dim, block.dim)
        coefficients = self.coefficients[f"{j}_{i}"]
        if out.kind == block.kind == SCALAR:
            return coefficients.squeeze(-1)
        basis = self.bases.maps_like(block.kind, out.kind, coefficients)
        dense = coefficients.flatten(0, 1) @ basis.flatten(1)
        dense = dense.view(out.multiplicity, block.multiplicity, out.size, block.size)
        return dense.transpose(1, 2).reshape(out.dim, block.dim)

    def _shift(self, j: int, like: Tensor) -> Tensor:
        out = self.target.blocks[j]
        if str(j) not in self.bias:
            return like.new_zeros(out.dim)
        bias = self.bias[str(j)]
        return (bias @ self.bases.maps_like(SCALAR, out.kind, bias).flatten(1)).reshape(-1)

    def train(self, mode: bool = True) -> EquivariantLinear:
        """Switch mode; a kept matrix is dropped."""
        self._kept.drop()
        return super().train(mode)

    def _apply(self, fn, recurse: bool = True):
        self._kept.drop()
        return super()._apply(fn, recurse)

    def _load_from_state_dict(self, *args, **kwargs) -> None:
        self._kept.drop()
        super()._load_from_state_dict(*args, **kwargs)

    def extra_repr(self) -> str:
        """Sizes, for `print(module)`."""
        return f"{self.source.dim} -> {self.target.dim}, {self.dimension} equivariant maps"
