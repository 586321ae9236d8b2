"""A network as the map that a symmetry is asked about, and the part of a symmetry that fixed vectors leave.

Most networks say with `rep_in` and `rep_out` how a symmetry acts on what goes in and comes out. A network that takes a
varying number of vectors, or further vectors that belong to the laboratory (the beams of a collider), says it for
given inputs, with methods:

- ``posed(x) -> Posed``: everything that the symmetry moves in one tensor, so that the promise can be tested;
- ``held(x) -> Held | None``: the same inputs while the vectors of the laboratory stay where they are.

A network that keeps a symmetry in parts alone, because what stands between them (a relu on a grid) keeps it
approximately, names those parts: ``posed_parts(x) -> dict[str, Posed]``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import ConfigError
from .algebra import LieAlgebra
from .representation import Rep

# Singular values below this, relative to |L| |v|, are rounding: an element that moves the vectors by less keeps them.
_KEEPS = 1e-9


@dataclass(frozen=True, eq=False)
class Posed:
    """A map between representations, and inputs to try it on.

    Attributes
    ----------
    function : callable
        `(B, ...) -> (B, ...)`.
    rep_in, rep_out : Rep
        How a symmetry acts on its input and output.
    x : Tensor
        Inputs `(B, ...)`.
    lift : callable, optional
        From a symmetry, generator by generator, to what it is on the space of the representations: of coordinates to
        functions on a grid of them, say. By default it acts there itself.
    """

    function: Callable[[Tensor], Tensor]
    rep_in: Rep
    rep_out: Rep
    x: Tensor
    lift: Callable[[LieAlgebra], LieAlgebra] | None = field(default=None, kw_only=True)


@dataclass(frozen=True, eq=False)
class Held(Posed):
    """The map while some vectors are held fixed in the laboratory.

    Attributes
    ----------
    what : str
        What these vectors are, such as "beams".
    vectors : Tensor
        `(m, k)`.
    """

    what: str
    vectors: Tensor


def posed(module: nn.Module, x: Tensor) -> Posed:
    """What `module` says of itself for inputs `x`: its own `posed(x)`, or its `rep_in` and `rep_out`.

    Raises
    ------
    ConfigError
        If it says nothing.
    """
    own: Any = getattr(module, "posed", None)
    if own is not None:
        return own(x)
    return Posed(module, *reps(module), x)


def held(module: nn.Module, x: Tensor) -> Held | None:
    """What `module` says of inputs whose laboratory stays fixed; None where it has no such vectors."""
    own: Any = getattr(module, "held", None)
    return None if own is None else own(x)


def parts(module: nn.Module, x: Tensor) -> dict[str, Posed]:
    """The maps within `module` that it says a symmetry commutes with by themselves; most have none."""
    own: Any = getattr(module, "posed_parts", None)
    return {} if own is None else own(x)


def reps(module: nn.Module) -> tuple[Rep, Rep]:
    """`rep_in` and `rep_out` of a module.

    Raises
    ------
    ConfigError
        If one is missing.
    """
    rep_in, rep_out = getattr(module, "rep_in", None), getattr(module, "rep_out", None)
    if not isinstance(rep_in, Rep) or not isinstance(rep_out, Rep):
        raise ConfigError(
            f"cannot certify a {type(module).__name__}: it does not say how a symmetry acts on its inputs and outputs; "
            'set module.rep_in and module.rep_out, for instance zoo.Rep.parse("5x1", k=8)'
        )
    return rep_in, rep_out


def stabiliser(algebra: LieAlgebra, vectors: Any) -> LieAlgebra:
    """The elements of an algebra that keep vectors `(m, k)` where they are: all L in the span with L v = 0.

    Of a discrete group, those generators with exp(L) v = v.
    """
    vectors = torch.as_tensor(vectors).detach().to("cpu", torch.float64)
    if algebra.is_discrete:
        moved = torch.linalg.matrix_exp(algebra.basis) @ vectors.T - vectors.T
        kept = moved.abs().amax((1, 2)) <= _KEEPS * vectors.abs().max()
        return LieAlgebra(algebra.basis[kept], algebra.coefficients)
    unit = algebra.orthonormal()
    moved = (unit.basis @ vectors.T).flatten(1)  # (c, k m)
    left, values, _ = torch.linalg.svd(moved)
    small = torch.ones(unit.c, dtype=torch.bool)
    small[: len(values)] = values <= _KEEPS * torch.linalg.vector_norm(vectors)
    return LieAlgebra(torch.einsum("ci,cab->iab", left[:, small], unit.basis), algebra.coefficients)
