"""What a learned field is trained on: validity of its flows, and what keeps its parts apart and smooth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ...errors import DataError
from .deformed import Stencils
from .field import NeuralField
from .flows import own_flows
from .regularisers import lipschitz, orthogonality, sobolev
from .validity import FLOOR, inner_points, log_residual, residuals, stencils_for


@dataclass(frozen=True)
class Patch:
    """Part of the grid of a batch of solutions, with the points at which their residual is looked at.

    Attributes
    ----------
    points : Tensor
        (x, t, u), `(B, T, X, 3)`.
    rows, columns : Tensor
        `(P,)`.
    round : Tensor
        Whole solutions at one time, (x, t, u) `(B, X, 3)`.
    """

    points: Tensor
    rows: Tensor
    columns: Tensor
    round: Tensor

    def to(self, *args: Any, **kwargs: Any) -> Patch:
        """On another device, or in another precision."""
        points, whole = self.points.to(*args, **kwargs), self.round.to(*args, **kwargs)
        return Patch(points, self.rows.to(points.device), self.columns.to(points.device), whole)


@dataclass(frozen=True, eq=False)
class SolutionValidity:
    """Symmetries of a differential equation, in solutions `(B, T, X)` on a grid that is periodic in x.

    Attributes
    ----------
    residual : callable
        See `stencils_for`.
    x, t : Tensor
        Coordinates of the grid, `(X,)` and `(T,)`.
    patch : tuple of int
        Times and places of a patch.
    looked_at : int
        Points of a patch at which the residual is taken.
    step : float
        Of the flows.
    floor : float
        Of the residual over the typical size of u_t.
    apart, smooth, slope : float
        Weights of `orthogonality` and `lipschitz`, and the bound of the latter.
    rough : float
        Weight of `sobolev` along x; the paper has it in the last part of the training.
    adjoint : bool
        See `own_flows`.
    """

    residual: Callable[..., Tensor]
    x: Tensor
    t: Tensor
    patch: tuple[int, int] = (12, 24)
    looked_at: int = 32
    step: float = 0.2
    floor: float = FLOOR
    apart: float = 3.0
    smooth: float = 1.0
    slope: float = 3.0
    rough: float = 0.0
    adjoint: bool = False

    @property
    def stencils(self) -> Stencils:
        """Those of the residual."""
        return stencils_for(self.residual)

    def draw(self, u: Tensor, generator: torch.Generator | None = None) -> Patch:
        """A patch at a random place of solutions `(B, T, X)`, the same for all of them.

        Raises
        ------
        DataError
            If the solutions are on another grid, or smaller than a patch.
        """
        height, width = self.patch
        if u.ndim != 3 or u.shape[1:] != (len(self.t), len(self.x)) or height > len(self.t) or width > len(self.x):
            raise DataError(
                f"solutions are (B, {len(self.t)}, {len(self.x)}), no smaller than a patch {height} x {width}; got "
                f"{tuple(u.shape)}"
            )

        def below(most: int, count: int = 1) -> Tensor:
            return torch.randint(most, (count,), generator=generator)

        first, left = int(below(len(self.t) - height + 1)), int(below(len(self.x)))
        columns = left + torch.arange(width)
        x = self.x[0] + float(self.x[1] - self.x[0]) * columns  # goes on where the period ends
        rows = torch.arange(first, first + height)
        points = _placed(u[:, rows][:, :, columns % len(self.x)], x, self.t[rows])
        inner = inner_points(points, self.stencils)
        chosen = below(len(inner[0]), self.looked_at)
        middle = rows[height // 2, None]
        return Patch(points, inner[0][chosen], inner[1][chosen], _placed(u[:, middle], self.x, self.t[middle])[:, 0])

    def validity(
        self, field: NeuralField, patch: Patch, times: Tensor, signs: Tensor, size: Tensor | None = None
    ) -> Tensor:
        """log residual of the solutions that each field makes of the patch, `(c,)`: the lower, the more valid."""
        points = patch.points.flatten(0, 2)
        flown = own_flows(field, points, times, step=self.step, size=size, signs=signs, adjoint=self.adjoint)
        flown = flown.unflatten(2, patch.points.shape[:3])
        by = self.stencils
        typical = residuals(_slope, patch.points, patch.rows, patch.columns, by).square().mean().sqrt()
        off = residuals(self.residual, flown, patch.rows, patch.columns, by) / typical
        return log_residual(off, self.floor).mean((0, 2))

    def __call__(
        self, field: NeuralField, patch: Patch, times: Tensor, signs: Tensor
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss, and its parts by name."""
        points = patch.points.flatten(0, 2)
        size = field.norms(points)
        validity = self.validity(field, patch, times, signs, size)
        unit = field.unit(points) / size
        places = (points.to(field.centre) - field.centre) / field.scale
        parts = {
            "validity": validity.mean(),
            "apart": orthogonality(unit),
            "smooth": lipschitz(unit, places, self._edges(patch), self.slope),
        }
        loss = parts["validity"] + self.apart * parts["apart"] + self.smooth * parts["smooth"]
        if self.rough:
            whole = field.unit(patch.round.flatten(0, 1)) / size
            parts["rough"] = sobolev(whole.unflatten(0, patch.round.shape[:2]), 1)
            loss = loss + self.rough * parts["rough"]
        return loss, parts

    @staticmethod
    def _edges(patch: Patch) -> Tensor:
        """Between neighbours along x and t of each solution's patch."""
        index = torch.arange(patch.points.shape[:3].numel(), device=patch.points.device).view(patch.points.shape[:3])
        along_x = torch.stack([index[:, :, :-1].flatten(), index[:, :, 1:].flatten()])
        along_t = torch.stack([index[:, :-1].flatten(), index[:, 1:].flatten()])
        return torch.cat([along_x, along_t], dim=1)


def _placed(u: Tensor, x: Tensor, t: Tensor) -> Tensor:
    """(x, t, u) `(B, T, X, 3)`."""
    t, x = torch.meshgrid(t.to(u), x.to(u), indexing="ij")
    return torch.stack([x.expand_as(u), t.expand_as(u), u], dim=-1)


def _slope(u_t: Tensor, u_x: Tensor) -> Tensor:
    return u_t
