"""Weights files: safetensors that stand alone, and say clearly when they cannot be used.

A file holds the parameters (``model.*``), the symmetry's basis (``symmetry.basis``) and a `Header` with all that is
needed to build the module around them. Reading a header needs no torch.
"""

from .files import FileHash, file_hash, read_header, read_weights, save_weights
from .header import Header

__all__ = ["FileHash", "Header", "file_hash", "read_header", "read_weights", "save_weights"]
