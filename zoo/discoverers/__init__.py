"""Discoverers: each finds the symmetry of pairs (x, y) and hands it over as `.symmetry`."""

from __future__ import annotations

METHODS: dict[str, str] = {
    "liegan": "zoo.discoverers.liegan:LieGAN",
    "augerino": "zoo.discoverers.augerino:Augerino",
    "symmetrygan": "zoo.discoverers.symmetrygan:SymmetryGAN",
    "lconv_pairs": "zoo.discoverers.lconv:LConvPairs",
    "affine_pairs": "zoo.discoverers.affine:AffinePairs",
    "flow": "zoo.discoverers.flow:Flow",
}

ALIASES: dict[str, str] = {"lconv": "lconv_pairs"}
"""What `zoo.discover` calls a method whose name is that of a family of networks."""

__all__ = ["ALIASES", "METHODS"]
