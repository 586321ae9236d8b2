"""L-conv: convolution over a Lie algebra, given or learned (Dehmamy et al. 2021)."""

from .layer import LConv
from .neighbours import Neighbours, Sparse
from .network import LConvNet
from .operators import Dense, LowRank, Operators, Skew

__all__ = ["Dense", "LConv", "LConvNet", "LowRank", "Neighbours", "Operators", "Skew", "Sparse"]
