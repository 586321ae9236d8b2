"""Discovery of a group of affine maps of the coordinates from pairs (x, g x), of which every g may be another."""

from .fields import AffineFields
from .logarithms import Logarithms, logarithms
from .module import AffinePairs
from .span import Directions, principal_directions

__all__ = ["AffineFields", "AffinePairs", "Directions", "Logarithms", "logarithms", "principal_directions"]
