"""How the features of an equivariant network lie in memory: blocks of copies, one kind of feature a block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor

SCALAR = 0


@dataclass(frozen=True)
class Block:
    """`multiplicity` copies of one kind of feature, `size` numbers each.

    Parameters
    ----------
    kind : int
        0 is the invariant scalar on every backend. The tensor backend numbers its kinds by tensor rank, and
        -1 is the dual of the vectors; the irrep backend numbers them by angular momentum.
    multiplicity : int
    size : int
        Numbers in one copy.
    """

    kind: int
    multiplicity: int
    size: int

    @property
    def dim(self) -> int:
        """Numbers in the whole block."""
        return self.multiplicity * self.size


@dataclass(frozen=True)
class Layout:
    """Blocks side by side in one flat feature vector."""

    blocks: tuple[Block, ...]

    @property
    def dim(self) -> int:
        """Length of the flat feature vector."""
        return sum(block.dim for block in self.blocks)

    @property
    def dims(self) -> list[int]:
        """Length of each block."""
        return [block.dim for block in self.blocks]

    def __add__(self, other: Layout) -> Layout:
        return Layout(self.blocks + other.blocks)

    def count(self, kind: int) -> int:
        """Copies of one kind, over all blocks."""
        return sum(block.multiplicity for block in self.blocks if block.kind == kind)

    def split(self, x: Tensor) -> Iterator[tuple[Block, Tensor]]:
        """Each block with its features `(..., multiplicity, size)`, cut from `(..., dim)`."""
        for block, piece in zip(self.blocks, x.split(self.dims, dim=-1), strict=True):
            yield block, piece.reshape(*piece.shape[:-1], block.multiplicity, block.size)


def merged(layout: Layout) -> Layout:
    """The same features with one block a kind, in ascending order of kind."""
    sizes = {block.kind: block.size for block in layout.blocks}
    return Layout(tuple(Block(kind, layout.count(kind), sizes[kind]) for kind in sorted(sizes)))
