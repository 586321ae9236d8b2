"""Which of the learned fields are symmetries: their validity on held-out data beside that of random fields."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from .beside import RandomBeside
from .field import NeuralField
from .score import Score

_STILL = 1e-6  # of the reach: a flow that leaves everything where it is


@dataclass(frozen=True)
class Appraisal:
    """How valid fields are on held-out data, at half the reach and all of it, forwards and backwards.

    Attributes
    ----------
    validity : Tensor
        Of each field, `(c,)`.
    null : Tensor
        Of random fields of the same architecture, what is not a symmetry of these data: `(N,)`, or `(N, c)` where each
        slot has its own.
    still : float
        Of the data as they are: no field does better but by chance.
    tolerated, exact : float
        Largest violation of a symmetry, and of one that may be exact.
    roughness : Tensor, optional
        Of each field, `(c,)`, where it decides as well.
    roughest : float
        Largest roughness of a symmetry.
    """

    validity: Tensor
    null: Tensor
    still: float
    tolerated: float
    exact: float
    roughness: Tensor | None = None
    roughest: float = math.inf

    @property
    def violation(self) -> Tensor:
        """What each field adds to how invalid data are that are left alone, `(c,)`: 0 if it is a symmetry.

        Of solutions that is the residual, in units of the typical size of u_t; of images the angle between features
        before and after, in units of that between different images.
        """
        return self.validity.exp() - math.exp(self.still)

    @property
    def beaten(self) -> Tensor:
        """The share of random fields that each field is more valid than, `(c,)`."""
        null = self.null if self.null.ndim == 2 else self.null[:, None]
        return (self.validity < null).double().mean(0)

    @property
    def real(self) -> Tensor:
        """Which fields are symmetries, `(c,)`: more valid than all random fields, and of little violation.

        To beat them would not be enough: what is left over for a spare slot is trained, too, and finds something like
        a symmetry that varies slowly from place to place. Of images, that is told by its roughness: as valid as a
        stretch is a field that stretches here and shrinks there, but it is not as smooth.
        """
        valid = (self.violation < self.tolerated) & (self.beaten == 1)
        return valid if self.roughness is None else valid & (self.roughness < self.roughest)

    @property
    def approximate(self) -> Tensor:
        """Which symmetries are only nearly ones, `(c,)`: they add more to the residual than learning mostly leaves."""
        return self.real & (self.violation >= self.exact)

    def report(self) -> dict[str, Any]:
        """Plain numbers and a verdict."""
        count, slots = int(self.real.sum()), len(self.real)
        ours, rest = self.violation[self.real & ~self.approximate], self.violation[~self.real]
        nearly = self.violation[self.approximate]
        words = f"{count} of {slots} fields are symmetries"
        if len(nearly):
            words += f", {len(nearly)} of them only approximately (violation {float(nearly.min()):.3f} or more)"
        if len(ours):
            words += f", {'the others ' if len(nearly) else ''}with a violation of {float(ours.max()):.3f} at most"
        words += f"; {self.tolerated:.2f} is tolerated"
        words += f", {float(rest.min()):.2f} is the least of the rest" if len(rest) else ", none is spare: try more"
        random = self.null.exp() - math.exp(self.still)
        words += f", and {float(random.min()):.2f} of {random.numel()} random fields"
        if self.roughness is not None:
            smooth, rough = self.roughness[self.real], self.roughness[~self.real]
            words += f"; their roughness is {float(smooth.max()):.2f} at most" if count else ""
            words += f"; {float(rough.min()):.2f} is the least of the rest's" if count < slots else ""
        report = {} if self.roughness is None else {"roughness": self.roughness.tolist()}
        return {
            "verdict": words,
            "symmetries": count,
            "approximate": int(self.approximate.sum()),
            "spare": slots - count,
            "validity": self.validity.tolist(),
            "violation": self.violation.tolist(),
            "beaten": self.beaten.tolist(),
            "null": [float(self.null.mean()), float(self.null.std())],
            "still": self.still,
            "tolerated": self.tolerated,
            **report,
        }


@torch.no_grad()
def appraise(
    field: NeuralField,
    score: Score,
    held_out: Tensor,
    *,
    reach: float,
    seed: int = 0,
    draws: int = 8,
    networks: int = 8,
) -> Appraisal:
    """Score fields and random ones on the same draws of held-out data.

    Parameters
    ----------
    field : NeuralField
        With its size on the data.
    score : Score
    held_out : Tensor
    reach : float
        Longest time of a flow.
    seed : int
        Of the draws and of the random fields.
    draws : int
        Parts of the held-out data on which fields are scored.
    networks : int
        Networks of random fields.
    """
    points = score.points(held_out).to(field.centre)
    parts = torch.tensor_split(held_out, min(draws, len(held_out)))
    validity = _validity(field, score, parts, reach, seed)
    still = _validity(field, score, parts, reach * _STILL, seed)
    null = []
    for number in range(networks):
        other = random_like(field, seed=1000 * (seed + 1) + number)
        other.normalise(points, score.weight)
        if score.beside:
            other = RandomBeside(other, field, points, score.weight)
        null.append(_validity(other, score, parts, reach, seed))
    rough = score.roughness(field)
    rough = None if rough is None else rough.double().cpu()
    tolerated, exact = score.tolerated(held_out)
    decisive = {"tolerated": tolerated, "exact": exact, "roughness": rough, "roughest": score.roughest}
    null = torch.stack(null) if score.beside else torch.cat(null)
    return Appraisal(validity, null, float(still.mean()), **decisive)


def random_like(field: NeuralField, seed: int) -> NeuralField:
    """A field of the same architecture, with the weights that a training would start from."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        other = field.untrained()
    return other.to(field.centre.device)


def _validity(field: Any, score: Score, parts: Sequence[Tensor], reach: float, seed: int) -> Tensor:
    stream = torch.Generator().manual_seed(seed)
    times = reach * torch.tensor([0.5, 1.0], device=field.size.device)
    each = []
    for number, part in enumerate(parts):
        signs = torch.full((field.c,), 1.0 if number % 2 else -1.0, device=field.size.device)
        each.append(score.validity(field, score.draw(part, stream), times, signs))
    return torch.stack(each).mean(0).double().cpu()
