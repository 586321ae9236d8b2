"""The last step of learning fields on solutions: their last layers are solved for, as all before is known."""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import Tensor

from ...errors import ConfigError
from .field import NeuralField
from .linearised import violations

_SOLUTIONS, _TIMES = 6, 10  # that are looked at
_POINTS = 4096
_LEAST = 3e-4  # of the largest singular value of the hidden units: smaller ones would need weights of too many digits


@torch.no_grad()
def finish(
    field: NeuralField, residual: Callable[..., Tensor], points: Tensor, u: Tensor, x: Tensor, t: Tensor
) -> None:
    """Give every head the hidden units and the last layer by which its field is most nearly a symmetry, in place.

    The linearised equation is linear in the last layer, so that of all fields of norm 1 the one that leaves least of it
    is an eigenvector. Slot by slot, each at right angles to those before, as they are trained, and in the hidden units
    of that head in which it leaves least: what training has to find is one set of units in which symmetries can be
    written.

    Parameters
    ----------
    field : NeuralField
        Trained.
    residual : callable
        As in `zoo.discoverers.flow.rate.rate`.
    points : Tensor
        `(P, 3)` of solutions, for norms and products.
    u, x, t : Tensor
        Solutions `(N, T, X)`, and their grid; a few of them are looked at.

    Raises
    ------
    ConfigError
        If the residual is not linear in u_t, or no function of derivatives in x; if the hidden units of no head hold
        as many fields.
    """
    exact = copy.deepcopy(field).double()
    every = max(1, len(t) // _TIMES)
    u, t = u[:_SOLUTIONS, ::every], t[::every]
    points = points.double()[:: max(1, len(points) // _POINTS)]
    heads = [_Units(exact, number, points) for number in range(field.c)]
    left = [violations(units, residual, u, x, t) for units in heads]
    before = points.new_zeros(len(points) * field.n, 0)
    for number in range(field.c):
        able = [pair for pair in zip(heads, left, strict=True) if pair[0].values.shape[1] > number]
        if not able:
            raise ConfigError(
                f"the hidden units of {field.c} fields hold {number} at right angles to each other, none for another: "
                "finish asks for wider heads, or fewer fields"
            )
        solved = [(*_least(units.values, products, before), units) for units, products in able]
        _, best, units = min(solved, key=lambda found: found[0])
        before = torch.cat([before, (units.values @ best)[:, None]], dim=1)
        units.give(field, number, best)


def _least(values: Tensor, products: Tensor, before: Tensor) -> tuple[float, Tensor]:
    """What the combination of norm 1 at right angles to those before leaves that leaves least, and its factors."""
    free = torch.linalg.svd(before.T @ values, full_matrices=True).Vh[before.shape[1] :].T
    left, factors = torch.linalg.eigh(free.T @ products @ free)
    return float(left[0]), free @ factors[:, 0]


class _Units:
    """Fields each of which is one combination of a head's hidden units in one coordinate, `(P, 3)` to `(P, 3, c)`.

    The combinations are those whose values at the points are orthonormal; what hardly varies beside the rest is left
    out.
    """

    def __init__(self, field: NeuralField, number: int, points: Tensor) -> None:
        self.field, self.number = field, number
        hidden = self._hidden(points)
        _, sizes, directions = torch.linalg.svd(hidden / len(points) ** 0.5, full_matrices=False)
        kept = sizes > _LEAST * sizes[0]
        self.combined = directions[kept].T / sizes[kept]
        self.values = (self(points) / field.scale[:, None]).flatten(0, 1) / len(points) ** 0.5  # (P n, c), orthonormal

    def __call__(self, points: Tensor) -> Tensor:
        values = self._hidden(points) @ self.combined
        parts = values[:, None, None, :] * torch.diag(self.field.scale)[:, :, None]
        return parts.flatten(2)

    def give(self, field: NeuralField, number: int, factors: Tensor) -> None:
        """Make a head of `field`, whose trunk is this one, that of the field with these factors."""
        made = self.combined @ factors.view(field.n, -1).T
        field.first[number].copy_(self.field.first[self.number])
        field.first_bias[number].copy_(self.field.first_bias[self.number])
        field.second[number].copy_(made[:-1])
        field.second_bias[number].copy_(made[-1:])

    def _hidden(self, points: Tensor) -> Tensor:
        hidden = self.field.hidden(points)[self.number]
        return torch.cat([hidden, torch.ones_like(hidden[:, :1])], dim=1)
