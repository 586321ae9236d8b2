"""What a discriminator, or a predictor, sees of the vectors in a pair.

A perceptron on plain numbers is slow to learn that data lie on a curved surface, and data that do are the sharpest
evidence for a group there is: whatever leaves the surface is no symmetry. On a surface x^T M x = 0, such as a light
cone or a sphere around a known centre, the products x_i x_j obey a linear equation, which the whitening of the critic
makes plain. All products are given alike, without weights: which M holds, if any, is for the data to say, and in other
linear coordinates of the data the same functions are there to be combined.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..errors import ConfigError
from ..symmetries import Rep

VIEWS = ("numbers", "quadrics")
_SMALLEST = 1e-12  # length below which a vector counts as zero, and has no direction


def seen(view: str, rep: Rep, features: Tensor) -> Tensor:
    """What is seen of features `(B, rep.dim)`, `(B, width(view, rep))`.

    Parameters
    ----------
    view : str
        - ``"numbers"``: the features themselves.
        - ``"quadrics"``: of every vector v (and every row of a tensor) log |v|, the direction u = v / |v|, and the
          products u_i u_j for i <= j. Scalars stay as they are.
    rep : Rep
        Which of the features are scalars, and which the components of vectors.
    features : Tensor
        Of any unit: a common factor moves log |v| alone.
    """
    if view == "numbers":
        return features
    pieces = [features[:, :0]]
    for where, term in rep.blocks():
        block = features[:, where]
        pieces.append(_quadrics(block.unflatten(1, (-1, rep.k))).flatten(1) if term.rank else block)
    return torch.cat(pieces, dim=1)


def width(view: str, rep: Rep) -> int:
    """How many numbers are seen of one pair."""
    if view == "numbers":
        return rep.dim
    each = 1 + rep.k + rep.k * (rep.k + 1) // 2
    return sum(term.multiplicity * (each * rep.k ** (term.rank - 1) if term.rank else 1) for _, term in rep.blocks())


def checked(view: str) -> str:
    """The name of a view; ConfigError for any other."""
    if view not in VIEWS:
        raise ConfigError(f"no view {view!r}: choose one of {', '.join(VIEWS)}")
    return view


def _quadrics(vectors: Tensor) -> Tensor:
    """`(B, m, k)` to `(B, m, 1 + k + k (k + 1) / 2)`."""
    length = vectors.norm(dim=-1, keepdim=True).clamp_min(_SMALLEST)
    unit = vectors / length
    i, j = torch.triu_indices(vectors.shape[-1], vectors.shape[-1], device=vectors.device)
    return torch.cat([length.log(), unit, unit[..., i] * unit[..., j]], dim=-1)
