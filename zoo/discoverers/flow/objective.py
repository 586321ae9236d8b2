"""What a learned field is trained on: validity of its flows, and what keeps its parts apart and smooth."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import torch
from torch import Tensor

from ...errors import DataError
from .deformed import TIMES, Stencil
from .field import NeuralField
from .finish import finish
from .flows import own_flows
from .regularisers import lipschitz, orthogonality, sobolev
from .validity import FLOOR, log_residual, residuals, stencil_for

_MOST_POINTS = 2**15
_SCATTERED = 1024
_ROUND = 32
_TOLERATED, _EXACT = 0.15, 0.03
_QUIET = 1e-3  # of the largest typical size: where hardly anything changes, errors count as little


@dataclass(frozen=True)
class Patch:
    """Parts of the grids of a batch of solutions, at whose inner points the residual is looked at.

    Attributes
    ----------
    points : Tensor
        (x, t, u), `(B, T, X, 3)`: of every solution another part.
    typical : Tensor
        Size of u_t at the inner times, `(B, T')`.
    round : Tensor
        All places x at times and values of the solutions, (x, t, u) `(B, X, 3)`.
    scattered : Tensor
        Points of the solutions at all times and places, (x, t, u) `(S, 3)`: norms and products are those of the whole
        space. On a patch a boost is hardly another field than a shift.
    """

    points: Tensor
    typical: Tensor
    round: Tensor
    scattered: Tensor

    def to(self, *args: Any, **kwargs: Any) -> Patch:
        """On another device, or in another precision."""
        parts = (self.points, self.typical, self.round, self.scattered)
        return Patch(*(each.to(*args, **kwargs) for each in parts))


@dataclass(frozen=True, eq=False)
class SolutionValidity:
    """Symmetries of a differential equation, in solutions `(B, T, X)` on a grid that is periodic in x.

    Attributes
    ----------
    residual : callable
        See `stencil_for`.
    x, t : Tensor
        Coordinates of the grid, `(X,)` and `(T,)`.
    typical : Tensor
        Size of u_t at each time, `(T,)`, by which the residual is divided; see `of`.
    inner : tuple of int
        Times and places of a patch at which the residual is taken; stencils reach beyond them.
    times : int
        To either side, from which derivatives are taken.
    step : float
        Of the flows, the longest.
    first_floor, last_floor : float
        Of the residual over the typical size of u_t, at the beginning of the training and at its end. Below the floor a
        field that is valid already has no gradient by which it would drown those of the others.
    sinking : float
        Share of the training after which the floor is at its last.
    apart, smooth, slope : float
        Weights of `orthogonality` and `lipschitz`, and the bound of the latter.
    rough, late : float
        Weight of `sobolev` along x, and the last share of the training, in which it counts.
    finish : bool
        Solve for the last layer of each head at the end, by the linearised equation, see `zoo.discoverers.flow.finish`.
    adjoint : bool, optional
        See `own_flows`.
    """

    roughest: ClassVar[float] = math.inf
    beside: ClassVar[bool] = False

    residual: Callable[..., Tensor]
    x: Tensor
    t: Tensor
    typical: Tensor
    inner: tuple[int, int] = (4, 8)
    times: int = TIMES
    step: float = 0.5
    first_floor: float = 0.3
    last_floor: float = FLOOR
    sinking: float = 1.0
    apart: float = 3.0
    smooth: float = 10.0
    slope: float = 0.9
    rough: float = 0.1
    late: float = 0.4
    finish: bool = False
    adjoint: bool | None = None

    @property
    def weight(self) -> None:
        """All points count the same."""

    @property
    def stencil(self) -> Stencil:
        """That of the residual."""
        return stencil_for(self.residual, self.times)

    @classmethod
    def of(cls, residual: Callable[..., Tensor], u: Tensor, x: Tensor, t: Tensor, **settings: Any) -> SolutionValidity:
        """With the typical size of u_t at each time in solutions `(N, T, X)`."""
        slopes = torch.gradient(u.double(), spacing=float(t[1] - t[0]), dim=1)[0]
        typical = slopes.square().mean((0, 2)).sqrt()
        return cls(residual, x, t, typical.clamp_min(_QUIET * float(typical.max())), **settings)

    def points(self, u: Tensor) -> Tensor:
        """See `points_of`."""
        return points_of(u, self.x, self.t)

    @property
    def patch(self) -> tuple[int, int]:
        """Times and places of a patch."""
        rows, columns = self.stencil.reach
        return self.inner[0] + 2 * rows, self.inner[1] + 2 * columns

    def draw(self, u: Tensor, generator: torch.Generator | None = None) -> Patch:
        """A patch at a random place of each of the solutions `(B, T, X)`.

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

        def below(most: int, count: int) -> Tensor:
            where = "cpu" if generator is None else generator.device
            return torch.randint(most, (count,), generator=generator, device=where).cpu()

        count, around = len(u), len(self.x)
        rows = below(len(self.t) - height + 1, count)[:, None] + torch.arange(height)
        columns = below(around, count)[:, None] + torch.arange(width)
        x = self.x[0] + float(self.x[1] - self.x[0]) * columns  # goes on where the period ends
        values = u[torch.arange(count)[:, None, None], rows[:, :, None], columns[:, None] % around]
        parts = [x[:, None].expand_as(values), self.t[rows][:, :, None].expand_as(values), values]
        points = torch.stack([part.to(u) for part in parts], dim=3)
        scattered = _at(u, self.x, self.t, below(u.numel(), _SCATTERED))
        round_ = scattered[:count, None].repeat(1, _ROUND, 1)
        round_[..., 0] = self.x[0] + self._period * torch.arange(_ROUND) / _ROUND
        inner = rows[:, self.stencil.reach[0] : height - self.stencil.reach[0]]
        return Patch(points, self.typical[inner], round_, scattered)

    @property
    def _period(self) -> float:
        return float(self.x[1] - self.x[0]) * len(self.x)

    def validity(
        self,
        field: NeuralField,
        patch: Patch,
        times: Tensor,
        signs: Tensor,
        size: Tensor | None = None,
        floor: float | None = None,
    ) -> Tensor:
        """log residual of the solutions that each field makes of the patch, `(c,)`: the lower, the more valid."""
        points = patch.points.flatten(0, 2)
        flown = own_flows(field, points, times, step=self.step, size=size, signs=signs, adjoint=self.adjoint)
        return self.of_moved(flown.unflatten(2, patch.points.shape[:3]), patch, floor).mean(0)

    def of_moved(self, moved: Tensor, patch: Patch, floor: float | None = None) -> Tensor:
        """log residual of a patch whose points were moved by anything, `(..., B, T, X, 3)` to `(...)`."""
        off = residuals(self.residual, moved, self.stencil) / patch.typical[:, :, None]
        return log_residual(off.flatten(-3), self.last_floor if floor is None else floor)

    def tolerated(self, u: Tensor) -> tuple[float, float]:
        """Of the typical size of u_t; most fields of exact symmetries are learned to the second."""
        return _TOLERATED, _EXACT

    def roughness(self, field: NeuralField) -> None:
        """None: the equation decides."""
        return None

    def finished(self, field: NeuralField, u: Tensor) -> None:
        """See `zoo.discoverers.flow.finish`; only if `finish` asks for it."""
        if self.finish:
            finish(field, self.residual, self.points(u), u, self.x, self.t)

    def __call__(
        self, field: NeuralField, patch: Patch, times: Tensor, signs: Tensor, progress: float = 0.0
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss after a share of the training, and its parts by name."""
        points = patch.points.flatten(0, 2)
        everywhere = field.unit(patch.scattered)
        size = everywhere.square().sum(1).mean(0).sqrt()
        sunk = min(1.0, progress / self.sinking)
        floor = self.first_floor ** (1 - sunk) * self.last_floor**sunk
        validity = self.validity(field, patch, times, signs, size, floor)
        places = (points.to(field.centre) - field.centre) / field.scale
        parts = {
            "validity": validity.mean(),
            "apart": orthogonality(everywhere / size),
            "smooth": lipschitz(field.unit(points) / size, places, self._edges(patch), self.slope),
        }
        loss = parts["validity"] + self.apart * parts["apart"] + self.smooth * parts["smooth"]
        if self.rough and progress >= 1 - self.late:
            around = field.unit(patch.round.flatten(0, 1)) / size
            parts["rough"] = sobolev(around.unflatten(0, patch.round.shape[:2]), 1)
            loss = loss + self.rough * parts["rough"]
        return loss, parts

    @staticmethod
    def _edges(patch: Patch) -> Tensor:
        """Between neighbours along x and t of each solution's patch."""
        index = torch.arange(patch.points.shape[:3].numel(), device=patch.points.device).view(patch.points.shape[:3])
        along_x = torch.stack([index[:, :, :-1].flatten(), index[:, :, 1:].flatten()])
        along_t = torch.stack([index[:, :-1].flatten(), index[:, 1:].flatten()])
        return torch.cat([along_x, along_t], dim=1)


SETTINGS = tuple(each.name for each in fields(SolutionValidity) if each.name not in ("residual", "x", "t", "typical"))
"""What may be set of it beside the equation and the grid."""


def points_of(u: Tensor, x: Tensor, t: Tensor) -> Tensor:
    """(x, t, u) of solutions `(B, T, X)`, `(P, 3)`: all of them, or some where there are very many."""
    count = u.numel()
    return _at(u, x, t, torch.arange(count) if count <= _MOST_POINTS else _spread(count, _MOST_POINTS))


def _at(u: Tensor, x: Tensor, t: Tensor, numbers: Tensor) -> Tensor:
    """(x, t, u) `(P, 3)` of points of solutions by their numbers, in the precision of the solutions."""
    places, times = x[numbers % len(x)], t[numbers // len(x) % len(t)]
    return torch.stack([places.to(u), times.to(u), u.flatten()[numbers]], dim=1)


def _spread(count: int, most: int) -> Tensor:
    """Numbers below `count`, at random but always the same."""
    return torch.randint(count, (most,), generator=torch.Generator().manual_seed(0))
