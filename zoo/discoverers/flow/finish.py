"""The last step of learning fields on solutions: their last layers are solved for, as all before is known."""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import Tensor

from .field import NeuralField
from .linearised import violations

_SOLUTIONS, _TIMES = 6, 10  # that are looked at
_POINTS = 4096
_LEAST = 3e-4  # of the largest singular value of the hidden units: smaller ones would need weights of too many digits


@torch.no_grad()
def finish(
    field: NeuralField, residual: Callable[..., Tensor], points: Tensor, u: Tensor, x: Tensor, t: Tensor
) -> None:
    """Give every head the last layer by which its field is most nearly a symmetry, in place.

    The linearised equation is linear in the last layer, so that of all fields of norm 1 the one that leaves least of it
    is an eigenvector. Slot by slot, each at right angles to those before, as they are trained: what training has to
    find are hidden units in which symmetries can be written.

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
        If the residual is not linear in u_t, or no function of derivatives in x.
    """
    exact = copy.deepcopy(field).double()
    every = max(1, len(t) // _TIMES)
    u, t = u[:_SOLUTIONS, ::every], t[::every]
    points = points.double()[:: max(1, len(points) // _POINTS)]
    before = points.new_zeros(len(points) * field.n, 0)
    for number in range(field.c):
        units = _Units(exact, number, points)
        values = (units(points) / exact.scale[:, None]).flatten(0, 1)
        free = torch.linalg.svd(before.T @ values, full_matrices=True).Vh[before.shape[1] :].T
        root = torch.linalg.inv(torch.linalg.cholesky(free.T @ values.T @ values @ free / len(points)))
        left = root @ free.T @ violations(units, residual, u, x, t) @ free @ root.T
        best = free @ root.T @ torch.linalg.eigh(left).eigenvectors[:, 0]
        before = torch.cat([before, (values @ best)[:, None]], dim=1)
        weights, bias = units.layer(best)
        field.second[number].copy_(weights)
        field.second_bias[number].copy_(bias)


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

    def __call__(self, points: Tensor) -> Tensor:
        values = self._hidden(points) @ self.combined
        parts = values[:, None, None, :] * torch.diag(self.field.scale)[:, :, None]
        return parts.flatten(2)

    def layer(self, factors: Tensor) -> tuple[Tensor, Tensor]:
        """Weights `(head, n)` and biases `(1, n)` of the field with these factors."""
        made = self.combined @ factors.view(self.field.n, -1).T
        return made[:-1], made[-1:]

    def _hidden(self, points: Tensor) -> Tensor:
        hidden = self.field.hidden(points)[self.number]
        return torch.cat([hidden, torch.ones_like(hidden[:, :1])], dim=1)
