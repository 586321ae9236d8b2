"""Which algebra is this? Names for spans of matrices, whatever the basis and the coordinates they are written in.

Candidates are proposed from what no change of basis or of coordinates alters (dimension, invariant forms and
directions, commutant, Killing form, eigenvalues) and then measured: the residual is the angle between the span and
the proposed algebra, in the coordinates that fit it best.
"""

from .describe import angle, describe
from .recognition import Recognition, nearest_named, recognise

__all__ = ["Recognition", "angle", "describe", "nearest_named", "recognise"]
