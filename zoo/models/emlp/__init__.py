"""The equivariant multilayer perceptron, for any matrix Lie algebra and any sum of its tensor representations."""

from .linear import EquivariantLinear
from .network import EMLP, linear_dimension

__all__ = ["EMLP", "EquivariantLinear", "linear_dimension"]
