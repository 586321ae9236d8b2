"""The currency of zoo: symmetries that discoverers make and builders spend."""

from .affine_part import AffinePart
from .algebra import LieAlgebra, Nearest, StructureConstants
from .coefficients import Coefficients, Integer, Normal, Uniform
from .field import FunctionField, GeneratorField, LinearField
from .flow import Flow
from .invariants import equivariant_maps, invariant_forms, invariant_tensors, map_space, nearest_form
from .posed import Held, Posed, stabiliser
from .recognise import Recognition
from .representation import Rep, Term
from .traceless import scaling_angle, traceless

__all__ = [
    "AffinePart",
    "Coefficients",
    "Flow",
    "FunctionField",
    "GeneratorField",
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
    "invariant_forms",
    "invariant_tensors",
    "map_space",
    "nearest_form",
    "scaling_angle",
    "stabiliser",
    "traceless",
]
