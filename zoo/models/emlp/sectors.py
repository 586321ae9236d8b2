"""Which blocks of features equivariant maps connect at all."""

from __future__ import annotations

from dataclasses import dataclass

from .bases import Bases
from .layout import Layout


@dataclass(frozen=True)
class Sector:
    """Blocks that maps connect, directly or not, by their places in the source and target layouts.

    A dense matrix is zero between two sectors (even and odd tensors of SO(2), say), so that each is multiplied alone.
    """

    sources: tuple[int, ...]
    targets: tuple[int, ...]


def sectors(bases: Bases, source: Layout, target: Layout) -> tuple[Sector, ...]:
    """The sectors in the order of their first target; a target that no map reaches is a sector without sources."""
    found: list[tuple[set[int], set[int]]] = []
    for j, out in enumerate(target.blocks):
        reached = {i for i, block in enumerate(source.blocks) if len(bases.maps(block.kind, out.kind))}
        joined = [part for part in found if part[0] & reached]
        found = [part for part in found if not part[0] & reached]
        found.append((reached.union(*(p[0] for p in joined)), {j}.union(*(p[1] for p in joined))))
    parts = [Sector(tuple(sorted(ins)), tuple(sorted(outs))) for ins, outs in found]
    return tuple(sorted(parts, key=lambda sector: sector.targets[0]))
