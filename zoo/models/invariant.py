"""An invariant network for a cyclic group: pool a network over the orbit of its input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import ConfigError, SymmetryError
from ..symmetries import LieAlgebra, Rep
from ..symmetries.coefficients import Integer
from .arguments import one_of, positive, refuse_unknown, shape_of
from .perceptron import ACTIVATIONS, perceptron

# |g^n - 1| relative to |1| below which n is the order of g: rounding of float64 after some dozens of products.
ORDER_TOLERANCE = 1e-10


class Invariant(nn.Module):
    """head(mean over n of phi(g^n x)), for the cyclic group of g = exp(L).

    Parameters
    ----------
    symmetry : LieAlgebra
        One generator with integer coefficients: the discrete subgroup of the powers of exp(L).
    rep_in : str
        Representation of a sample's input, like "1x1".
    rep_out : str
        Scalars only, like "1x0".
    input_shape, output_shape : sequence of int
        Shapes of one sample; `()` is a single number.
    hidden : sequence of int
        Widths of the hidden layers of phi.
    head : sequence of int
        Widths of the hidden layers behind the pooling.
    activation : str
        "relu", "swish" or "tanh".
    max_order : int
        The largest order of the group that is looked for.

    Attributes
    ----------
    symmetry, discovered : LieAlgebra
        The algebra whose exp(L) has finite order, and the one that was given.
    order : int
        Order of the group.

    Raises
    ------
    SymmetryError
        If exp(L) is near no element of finite order.
    """

    family = "invariant"
    head_names = ("head", "output")
    promises_equivariance = True

    def __init__(
        self,
        symmetry: LieAlgebra,
        *,
        rep_in: str,
        rep_out: str,
        input_shape: Sequence[int],
        output_shape: Sequence[int] = (),
        hidden: Sequence[int] = (128, 128),
        head: Sequence[int] = (128,),
        activation: str = "swish",
        max_order: int = 64,
        **unknown: Any,
    ) -> None:
        super().__init__()
        refuse_unknown(Invariant, unknown)
        one_of("activation", activation, tuple(ACTIVATIONS))
        _require_cyclic(symmetry)
        self.rep_in, self.rep_out = Rep.parse(rep_in, symmetry.k), Rep.parse(rep_out, symmetry.k)
        if any(term.rank for term in self.rep_out.terms):
            raise ConfigError(f'an invariant network gives scalars, but rep_out is "{rep_out}"; use family "emlp"')
        self.input_shape = shape_of("input_shape", input_shape, self.rep_in)
        self.output_shape = shape_of("output_shape", output_shape, self.rep_out)
        self.discovered = symmetry
        with torch.device("cpu"):
            nearest = symmetry.regular()
            self.symmetry, self.distance = nearest.algebra, float(nearest.distance)
            self._elements = cyclic_group(self.symmetry, positive("max_order", max_order))
        widths = [positive("hidden", width) for width in hidden]
        tops = [positive("head", width) for width in head]
        self.phi = perceptron([self.rep_in.dim, *widths], activation)
        self.head = perceptron([widths[-1], *tops], activation)
        self.output = nn.Linear([*widths, *tops][-1], self.rep_out.dim)
        self.config: dict[str, Any] = {
            "rep_in": rep_in,
            "rep_out": rep_out,
            "input_shape": list(self.input_shape),
            "output_shape": list(self.output_shape),
            "hidden": widths,
            "head": tops,
            "activation": activation,
            "max_order": max_order,
        }

    @property
    def order(self) -> int:
        """Order of the group."""
        return len(self._elements)

    def forward(self, x: Tensor) -> Tensor:
        """Map `(B, *input_shape)` to `(B, *output_shape)`."""
        orbit = [self.rep_in.act(g, x).reshape(len(x), -1) for g in self._elements.to(x)]
        features = self.phi(torch.stack(orbit)).mean(0)
        return self.output(self.head(features)).reshape(len(x), *self.output_shape)


def cyclic_group(algebra: LieAlgebra, max_order: int = 64) -> Tensor:
    """The powers of g = exp(L) up to its order, `(order, k, k)` in float64.

    Raises
    ------
    SymmetryError
        If no power up to `max_order` is the identity.
    """
    identity = torch.eye(algebra.k, dtype=torch.float64)
    powers = algebra.exp(torch.arange(max_order + 1, dtype=torch.float64).unsqueeze(-1))
    distance = torch.linalg.matrix_norm(powers[1:] - identity) / algebra.k**0.5
    found = torch.nonzero(distance <= ORDER_TOLERANCE)
    if not len(found):
        raise SymmetryError(
            f"no power of exp(L) up to {max_order} is the identity (the nearest is {float(distance.min()):.1e} away), "
            "so that its orbits cannot be pooled; take LieAlgebra.nearest_cyclic(order=...) or raise max_order"
        )
    return powers[: int(found[0]) + 1]


def _require_cyclic(symmetry: object) -> None:
    if not isinstance(symmetry, LieAlgebra) or symmetry.c != 1 or not isinstance(symmetry.coefficients, Integer):
        raise SymmetryError(
            f"the family invariant pools over the powers of one exp(L): it needs a LieAlgebra with one generator and "
            f"integer coefficients, but got {symmetry!r}"
        )
