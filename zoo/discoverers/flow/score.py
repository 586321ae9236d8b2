"""`Score`: what a learner of fields must know of the data that their flows transform."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol

import torch
from torch import Tensor

from .field import NeuralField


class Score(Protocol):
    """How valid data are after the flow of a field, and what its training minimises.

    Attributes
    ----------
    roughest : float
        Largest roughness of a symmetry.
    beside : bool
        Whether random fields, which symmetries must beat, are taken at right angles to the slots before.
    weight : Tensor or None
        Of the points in norms and products of fields.
    """

    roughest: ClassVar[float]
    beside: ClassVar[bool]

    @property
    def weight(self) -> Tensor | None: ...

    def points(self, data: Tensor, /) -> Tensor:
        """Points `(P, n)` at which the fields live."""
        ...

    def draw(self, data: Tensor, /, generator: torch.Generator | None = None) -> Any:
        """Part of some data, as the other two take it."""
        ...

    def validity(
        self, field: NeuralField, drawn: Any, /, times: Tensor, signs: Tensor, size: Tensor | None = None
    ) -> Tensor:
        """Logarithm of how invalid the data are after the flow of each field, `(c,)`."""
        ...

    def tolerated(self, held_out: Tensor, /) -> tuple[float, float]:
        """Largest violation of a symmetry, see `Appraisal`, and of one that may be exact."""
        ...

    def roughness(self, field: NeuralField) -> Tensor | None:
        """How steep fields of norm 1 are, `(c,)`, see `zoo.discoverers.flow.regularisers.roughness`.

        None where validity alone decides.
        """
        ...

    def finished(self, field: NeuralField, data: Tensor, /) -> None:
        """Change trained fields for the better, in place, where more can be said of them than training finds."""
        ...

    def __call__(
        self, field: NeuralField, drawn: Any, /, times: Tensor, signs: Tensor, progress: float = 0.0
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss after that share of the training, and its parts by name."""
        ...
