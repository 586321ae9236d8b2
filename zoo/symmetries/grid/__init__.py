"""Symmetries of sampled spaces: coordinates' algebras and fields as d x d matrices on the values at d nodes.

On a lattice by Shannon-Whittaker interpolation (`Grid`), on any points by differences along edges
(`generators_on_points`), and every such matrix in incidence form L = l B (`from_incidence`, `to_incidence`). Where the
places of the nodes are not known, `find_layout` finds them in functions on them.
"""

from .cloud import generators_on_points
from .edges import lattice_edges, nearest_edges
from .finite import finite
from .grid import Grid
from .incidence import from_incidence, incidence, to_incidence
from .layout import find_layout, layout_errors

__all__ = [
    "Grid",
    "find_layout",
    "finite",
    "from_incidence",
    "generators_on_points",
    "incidence",
    "lattice_edges",
    "layout_errors",
    "nearest_edges",
    "to_incidence",
]
