"""Invariants and equivariant maps of a symmetry: the linear algebra behind every equivariant layer.

For tensor powers V^(x p) of the vectors V = R^k. A matrix group acts alike on every GL(V)-irreducible part of a power,
so the constraint is solved between such parts (`schur_weyl`), component by component (`constraint`), and its rank is
chosen by the largest gap (`rank`), since a discovered basis is noisy. Solutions are kept in memory and on disk
(`cache`).
"""

from .functions import clear_memory, equivariant_maps, invariant_forms, invariant_tensors, map_space
from .nearest import NearestForm, nearest_form
from .spaces import EquivariantMaps, InvariantForms, InvariantTensors, MapSpace, NullSpace, signature

__all__ = [
    "EquivariantMaps",
    "InvariantForms",
    "InvariantTensors",
    "MapSpace",
    "NearestForm",
    "NullSpace",
    "clear_memory",
    "equivariant_maps",
    "invariant_forms",
    "invariant_tensors",
    "map_space",
    "nearest_form",
    "signature",
]
