"""Learned equivariant products: invariants of pairs of features, outer products and contractions."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from .bases import DUAL, Bases, Product
from .layout import Block, Layout


class Products(nn.Module):
    """Multiply left operands with as many right operands, for each product that the backend knows.

    The operands come from an equivariant linear map in front of this layer, so that a product is bilinear in two
    learned projections of the features: a quadratic equivariant layer. This module itself has no parameters.

    Parameters
    ----------
    bases : Bases
        Gives the products' tensors.
    hidden : Layout
        Features of the network; products go from them to them, or to scalars.
    pairs : int
        Most copies of one product. It is taken no more often than there are copies of its factors and result.
    """

    def __init__(self, bases: Bases, hidden: Layout, pairs: int) -> None:
        super().__init__()
        self.bases = bases
        self.products = bases.products(tuple(block.kind for block in hidden.blocks))
        operands, results = [], []
        for product in self.products:
            count = _count(product, hidden, pairs)
            operands += [Block(kind, count, bases.size(kind)) for kind in (product.left, product.right)]
            results.append(Block(product.target, count, bases.size(product.target)))
        self.operands = Layout(tuple(operands))
        self.results = Layout(tuple(results))

    def forward(self, x: Tensor) -> Tensor:
        """Map operands `(B, operands.dim)` to products `(B, results.dim)`."""
        pieces = [piece for _, piece in self.operands.split(x)]
        factors = zip(self.products, pieces[::2], pieces[1::2], strict=True)
        return torch.cat([self._multiply(*each).flatten(1) for each in factors], dim=-1)

    def _multiply(self, product: Product, left: Tensor, right: Tensor) -> Tensor:
        if product.tensor is None and product.right == DUAL:
            size = right.shape[-1]
            slots = left.reshape(*left.shape[:-1], -1, size)
            return (slots * right.unsqueeze(-2)).sum(-1) / math.sqrt(size)
        outer = (left.unsqueeze(-1) * right.unsqueeze(-2)).flatten(-2)
        if product.tensor is None:
            return outer
        name = ("product", product.left, product.right, product.target)
        return outer @ self.bases.cast(name, product.tensor, left).flatten(1).T


def _count(product: Product, hidden: Layout, pairs: int) -> int:
    # a scalar result is not held back by few scalars, and a dual is as frequent as its vector
    kinds = (product.left, product.right, product.target) if product.target else (product.left,)
    return min([pairs, *(n for n in map(hidden.count, kinds) if n)])
