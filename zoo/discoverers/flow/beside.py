"""Random fields at right angles to learned ones: what is left for a slot once those before it are taken."""

from __future__ import annotations

import torch
from torch import Tensor

from ...symmetries.affine_part import normalised
from .field import NeuralField


class RandomBeside:
    """Fields R_k of a random network less their parts along the learned V_i, i < k; of norm 1.

    A random network is mostly a shift, which the first slots have found already. What a further slot must beat are
    random fields that hold none of that.

    Parameters
    ----------
    random, learned : NeuralField
        Of equal numbers of fields; both with their sizes on the points.
    points : Tensor
        `(P, n)`, where products are taken.
    weight : Tensor, optional
        Of the points.
    """

    def __init__(self, random: NeuralField, learned: NeuralField, points: Tensor, weight: Tensor | None = None) -> None:
        self.random, self.learned, self.c = random, learned, learned.c
        self.size = torch.ones_like(learned.size)
        ours, theirs = (field.unit(points) / field.size for field in (learned, random))
        shares = normalised(weight, len(points)).to(ours)
        gram = torch.einsum("p,pni,pnk->ik", shares, ours, ours)
        along = torch.einsum("p,pni,pnk->ik", shares, ours, theirs)
        self.parts = torch.zeros_like(gram)
        for k in range(1, self.c):
            self.parts[:k, k] = torch.linalg.lstsq(gram[:k, :k], along[:k, k : k + 1]).solution[:, 0]
        rest = theirs - ours @ self.parts
        self.size = torch.einsum("p,pnk->k", shares, rest.square()).sqrt()

    def own(self, points: Tensor, size: Tensor | None = None) -> Tensor:
        """As `NeuralField.own`."""
        others = self.learned(points.flatten(0, 1)).unflatten(0, points.shape[:2])  # (c, P, n, c)
        rest = self.random.own(points) - torch.einsum("kpni,ik->kpn", others, self.parts)
        return rest / (self.size if size is None else size)[:, None, None]
