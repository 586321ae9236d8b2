"""Discoverers: each finds the symmetry of pairs (x, y) and hands it over as `.symmetry`."""

from __future__ import annotations

METHODS: dict[str, str] = {
    "liegan": "zoo.discoverers.liegan:LieGAN",
    "augerino": "zoo.discoverers.augerino:Augerino",
    "symmetrygan": "zoo.discoverers.symmetrygan:SymmetryGAN",
}

__all__ = ["METHODS"]
