"""What the discoverers share: the representations of x and y, and how a group element transforms a pair."""

from __future__ import annotations

import inspect
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ..errors import ConfigError
from ..symmetries import LieAlgebra, Rep, traceless
from . import view as view_

PARTS = ("whole", "traceless")


class Discoverer(nn.Module, ABC):
    """Finds the symmetry of pairs (x, y): after training, `.symmetry` holds it.

    Parameters
    ----------
    config : mapping
        The arguments that the discoverer was built with, plain data; kept as `.config`.
    k : int
        Dimension of the vectors that the symmetry acts on.
    rep_in, rep_out : str
        Representations of x and y, such as ``"1x1"`` or ``"5x0 + 5x1"``.
    input_shape, output_shape : sequence of int, optional
        Shapes of one x and one y. By default flat vectors; ``()`` is a number.
    classes : int, optional
        Number of classes where y is a class, an integer that the symmetry leaves alone.
    view : {"numbers", "quadrics"}
        What is seen of the vectors, see `zoo.discoverers.view`.
    part : {"whole", "traceless"}
        Which part of what is found counts as the symmetry: all generators, or those of trace zero. A network that is
        built on invariants has none to build on where a scaling is among the generators.

    Attributes
    ----------
    report : dict
        How sure the discovery is, plain numbers; filled by `zoo.discover`.
    """

    family: ClassVar[str]
    kind: ClassVar[str] = "discoverer"
    promises_equivariance: ClassVar[bool] = False

    def __init__(
        self,
        config: Mapping[str, Any],
        *,
        k: int,
        rep_in: str,
        rep_out: str,
        input_shape: Sequence[int] | None,
        output_shape: Sequence[int] | None,
        classes: int | None = None,
        view: str = "numbers",
        part: str = "whole",
    ) -> None:
        super().__init__()
        self.config = dict(config)
        self.report: dict[str, Any] = {}
        self.rep_in, self.rep_out = Rep.parse(rep_in, k), Rep.parse(rep_out, k)
        self.classes, self.view, self.part = classes, view_.checked(view), part
        if part not in PARTS:
            raise ConfigError(f"no part {part!r} of a symmetry: choose one of {', '.join(PARTS)}")
        self.input_shape = _shape("input_shape", input_shape, self.rep_in)
        if classes is None:
            self.output_shape = _shape("output_shape", output_shape, self.rep_out)
        else:
            self.output_shape = ()

    @property
    @abstractmethod
    def symmetry(self) -> LieAlgebra:
        """What was discovered."""

    @property
    def found(self) -> LieAlgebra:
        """All generators that were found; `symmetry` may be a part of their span."""
        return self.symmetry

    @abstractmethod
    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """`(n, k, k)` random elements of the group, differentiable in what is learned."""

    @property
    @abstractmethod
    def search_pattern(self) -> Tensor:
        """Entries of a generator that are searched, `(k, k)` booleans."""

    @abstractmethod
    def learner(self, data: tuple[Tensor, Tensor]) -> Any:
        """How this module is trained on pairs `data`: a `zoo.engine` Learner."""

    @classmethod
    def learner_options(cls) -> list[str]:
        """Names of what `learner` takes beside the data."""
        return list(inspect.signature(cls.learner).parameters)[2:]

    def forward(self, x: Tensor, y: Tensor, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        """Pairs transformed by random group elements."""
        return self.transform(self.sample(len(x), generator), x, y)

    def transform(self, g: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """(rho_in(g) x, rho_out(g) y) for elements `(B, k, k)` or `(k, k)`."""
        return self.rep_in.act(g, x), y if self.classes is not None else self.rep_out.act(g, y)

    def features(self, x: Tensor, y: Tensor) -> Tensor:
        """What is seen of pairs, `(B, feature_count)`; of x alone where y is a class."""
        numbers = x.flatten(1) if self.classes is not None else torch.cat([x.flatten(1), y.reshape(len(y), -1)], dim=1)
        return view_.seen(self.view, self._rep_seen, numbers)

    def labels(self, y: Tensor) -> Tensor | None:
        """The classes among the targets, if they are classes."""
        return None if self.classes is None else y.reshape(-1)

    @property
    def feature_count(self) -> int:
        """How many numbers are seen of a pair."""
        return view_.width(self.view, self._rep_seen)

    @property
    def _rep_seen(self) -> Rep:
        return self.rep_in if self.classes is not None else self.rep_in + self.rep_out

    def _part(self, found: LieAlgebra) -> LieAlgebra:
        return found if self.part == "whole" else traceless(found)


def arguments(values: Mapping[str, Any]) -> dict[str, Any]:
    """The config among the local variables of a constructor, as plain data (tuples become lists)."""
    config = {name: value for name, value in values.items() if name not in ("self", "symmetry", "__class__")}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in config.items()}


def _shape(name: str, shape: Sequence[int] | None, rep: Rep) -> tuple[int, ...]:
    if shape is None:
        return (rep.dim,)
    if math.prod(shape) != rep.dim:
        raise ConfigError(
            f"{name} {tuple(shape)} holds {math.prod(shape)} numbers, and the representation {rep} on R^{rep.k} has "
            f"{rep.dim}"
        )
    return tuple(shape)
