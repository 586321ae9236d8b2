"""Evolution equations in one dimension, their solutions and their symmetries."""

from .equations import EQUATIONS, Equation, get_equation
from .files import SolutionFile, read_solutions, write_solutions
from .production import solutions
from .solving import Solutions, solve
from .task import TASK
from .waves import initial_conditions

__all__ = [
    "EQUATIONS",
    "TASK",
    "Equation",
    "SolutionFile",
    "Solutions",
    "get_equation",
    "initial_conditions",
    "read_solutions",
    "solutions",
    "solve",
    "write_solutions",
]
