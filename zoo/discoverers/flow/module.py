"""`Flow`: infinitesimal generators as neural vector fields, as a discoverer (Ko, Kim, Lee 2024, arXiv 2410.21853)."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ...symmetries.some_fields import SomeFields
from ..discoverer import arguments
from .appraisal import appraise, random_like
from .field import NeuralField
from .images import IMAGE_SETTINGS
from .learner import FieldLearner
from .objective import SETTINGS
from .score import Score


class Flow(nn.Module):
    """Vector fields whose flows leave data as valid as they were.

    Parameters
    ----------
    symmetry : None
        A discoverer is built without one.
    coordinates, trunk, head, periodic
        See `NeuralField`.
    count : int
        Slots for fields; one more at least than there are symmetries, so that a spare one shows that none is missing.

    Attributes
    ----------
    field : NeuralField
        All slots.
    report : dict
        How sure the discovery is; see `conclude`.

    Raises
    ------
    ConfigError
        If an option is out of range.
    """

    family: ClassVar[str] = "flow"
    kind: ClassVar[str] = "discoverer"
    promises_equivariance: ClassVar[bool] = False

    real: Tensor

    def __init__(
        self,
        symmetry: None = None,
        *,
        coordinates: Sequence[str],
        count: int = 4,
        trunk: Sequence[int] = (64, 64),
        head: int = 32,
        periodic: Mapping[str, float] | None = None,
    ) -> None:
        config = arguments(locals())
        super().__init__()
        self.config: dict[str, Any] = config
        self.report: dict[str, Any] = {}
        self.field = NeuralField(coordinates, count, trunk=trunk, head=head, periodic=periodic)
        self.register_buffer("real", torch.zeros(count, dtype=torch.bool))

    @property
    def symmetry(self) -> SomeFields:
        """The slots that were found to hold symmetries; the spare ones are left out."""
        numbers = self.real.nonzero().flatten().tolist()
        violation = self.report.get("violation")
        return SomeFields(self.field, numbers, None if violation is None else [violation[number] for number in numbers])

    def random(self, points: Tensor, seed: int = 0) -> SomeFields:
        """As many random fields as there are symmetries, of the same architecture and of norm 1 at the points."""
        other = random_like(self.field, seed)
        other.normalise(points.to(other.centre))
        return SomeFields(other, range(self.symmetry.c))

    @property
    def fingerprint(self) -> str:
        """Of the fields: they are the same where all numbers that define them are."""
        digest = hashlib.blake2b(digest_size=8)
        for name, tensor in sorted(self.state_dict().items()):
            digest.update(name.encode() + tensor.detach().cpu().contiguous().numpy().tobytes())
        return f"field{self.field.n}-{digest.hexdigest()}"

    @classmethod
    def learner_options(cls) -> list[str]:
        """Names of what `learner` takes beside score and data, and of the settings of scores."""
        return list(dict.fromkeys([*LEARNING, *SETTINGS, *IMAGE_SETTINGS]))

    def learner(
        self, score: Score, data: Tensor, *, lr: float = 1e-2, reach: float = 1.5, scales: int = 2, clip: float = 1.0
    ) -> FieldLearner:
        """How the fields are trained; see `FieldLearner`."""
        return FieldLearner(self.field, score, data, lr=lr, reach=reach, scales=scales, clip=clip)

    def conclude(self, score: Score, data: Tensor, held_out: Tensor, *, reach: float = 1.5, seed: int = 0) -> None:
        """Finish the fields, fix their sizes on the data, and tell symmetries from spare slots on held-out data.

        The report says of each slot, see `Appraisal`: ``validity``, the lower, the better; ``violation``, 0 if it is as
        good as no transformation; ``beaten``, the share of random fields that are worse. Also ``null``, mean and
        standard deviation of the validity of these, ``still``, the validity of data that are not transformed,
        ``tolerated``, the largest violation of a symmetry, ``symmetries`` and ``spare``, the numbers of slots, and a
        verdict.
        """
        score.finished(self.field, data)
        self.field.normalise(score.points(data).to(self.field.centre), score.weight)
        found = appraise(self.field, score, held_out, reach=reach, seed=seed)
        self.real.copy_(found.real)
        self.report = found.report()


LEARNING = tuple(inspect.signature(Flow.learner).parameters)[3:]
"""Names of what the learner takes beside score and data."""
