"""Generator fields: symmetries as learned vector fields (Ko, Kim, Lee 2024, arXiv 2410.21853)."""

from .field import NeuralField
from .flows import own_flows
from .module import Flow
from .objective import SolutionValidity

__all__ = ["Flow", "NeuralField", "SolutionValidity", "own_flows"]
