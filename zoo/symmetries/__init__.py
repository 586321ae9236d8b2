"""The currency of zoo: symmetries that discoverers make and builders spend."""

from .affine_part import AffinePart
from .algebra import LieAlgebra, Nearest, StructureConstants
from .coefficients import Coefficients, Integer, Normal, Uniform
from .field import FunctionField, GeneratorField, LinearField
from .flow import Flow
from .grid import (
    Grid,
    finite,
    from_incidence,
    generators_on_points,
    incidence,
    lattice_edges,
    nearest_edges,
    to_incidence,
)
from .invariants import equivariant_maps, invariant_forms, invariant_tensors, map_space, nearest_form
from .posed import Held, Posed, stabiliser
from .reading import FieldReading, read_fields
from .recognise import Recognition
from .representation import Rep, Term
from .traceless import scaling_angle, traceless

__all__ = [
    "AffinePart",
    "Coefficients",
    "FieldReading",
    "Flow",
    "FunctionField",
    "GeneratorField",
    "Grid",
    "Held",
    "Integer",
    "LieAlgebra",
    "LinearField",
    "Nearest",
    "Normal",
    "Posed",
    "Recognition",
    "Rep",
    "StructureConstants",
    "Term",
    "Uniform",
    "equivariant_maps",
    "finite",
    "from_incidence",
    "generators_on_points",
    "incidence",
    "invariant_forms",
    "invariant_tensors",
    "lattice_edges",
    "map_space",
    "nearest_edges",
    "nearest_form",
    "read_fields",
    "scaling_angle",
    "stabiliser",
    "to_incidence",
    "traceless",
]
