"""Discovery of generators from pairs (x, g x), of which every g may be another: the L-conv paper's problem."""

from .half_way import left_over
from .module import LConvPairs
from .pairs import PairFit, fit_pairs
from .scores import correlation, moments

__all__ = ["LConvPairs", "PairFit", "correlation", "fit_pairs", "left_over", "moments"]
