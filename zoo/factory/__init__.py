"""From a family's name, a symmetry and a configuration to a module; from a name to a module with its weights."""

from .building import build
from .loading import load
from .meaning import symmetry
from .providers import builder, families
from .saving import save

__all__ = ["build", "builder", "families", "load", "save", "symmetry"]
