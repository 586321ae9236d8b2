"""`NeuralField`: infinitesimal generators as a neural network (Ko, Kim, Lee 2024)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from ...errors import ConfigError, SymmetryError
from ...symmetries.affine_part import normalised
from ...symmetries.field import GeneratorField

_VARIES = 1e-9  # of the largest number of a coordinate: its spread, if it is not always the same


class NeuralField(nn.Module, GeneratorField):
    """c vector fields on R^n: a shared trunk, and a small head for each.

    Coordinates go in and out as they are. What is learned sees (x - centre) / scale, or the place on a circle of a
    periodic coordinate, and fields are divided by their `size`, so that each has norm 1 in these units.

    Parameters
    ----------
    coordinates : sequence of str
        Names of the n coordinates.
    count : int
        Number c of fields.
    trunk : sequence of int
        Widths of the hidden layers that all fields share.
    head : int
        Width of the hidden layer of each field.
    periodic : mapping, optional
        Period of coordinates that are periodic, by name: the fields are periodic in them.

    Raises
    ------
    ConfigError
        If there is nothing to learn, or a periodic coordinate is unknown or its period not positive.
    """

    dtype = torch.float32
    __call__ = nn.Module.__call__  # which is there, but not where type checkers look for an abstract method
    centre: Tensor
    scale: Tensor
    size: Tensor

    def __init__(
        self,
        coordinates: Sequence[str],
        count: int,
        *,
        trunk: Sequence[int] = (256, 256),
        head: int = 32,
        periodic: Mapping[str, float] | None = None,
    ) -> None:
        super().__init__()
        self.coordinates = tuple(coordinates)
        periods = dict(periodic or {})
        unknown = sorted(set(periods) - set(self.coordinates))
        if not self.coordinates or min([count, head, *trunk]) < 1:
            raise ConfigError(
                f"a field needs coordinates, fields and layers, got {coordinates}, {count}, {trunk}, {head}"
            )
        if unknown or any(not period > 0 for period in periods.values()):
            raise ConfigError(f"periodic coordinates are some of {', '.join(self.coordinates)}, got {periods}")
        self._built = {"trunk": tuple(trunk), "head": head, "periodic": periods}
        n, widths = len(self.coordinates), [len(self.coordinates) + len(periods), *trunk]
        self.register_buffer("centre", torch.zeros(n))
        self.register_buffer("scale", torch.ones(n))
        self.register_buffer("size", torch.ones(count))
        self._turns = [(axis, 2 * math.pi / periods[name]) for axis, name in enumerate(coordinates) if name in periods]
        self._straight = [axis for axis, name in enumerate(coordinates) if name not in periods]
        layers = [(nn.Linear(a, b), nn.SiLU()) for a, b in itertools.pairwise(widths)]
        self.trunk = nn.Sequential(*itertools.chain.from_iterable(layers))
        self.first, self.first_bias = _heads(count, widths[-1], head)
        self.second, self.second_bias = _heads(count, head, n)

    @property
    def n(self) -> int:
        return len(self.coordinates)

    @property
    def c(self) -> int:
        return len(self.size)

    def forward(self, points: Tensor) -> Tensor:
        """All fields at `(P, n)` points, `(P, n, c)`."""
        return (self.unit(points) / self.size * self.scale[:, None]).to(points)

    def unit(self, points: Tensor) -> Tensor:
        """The fields in units of the scale, before they are divided by their size, `(P, n, c)`."""
        return (torch.bmm(self.hidden(points), self.second) + self.second_bias).permute(1, 2, 0)

    def hidden(self, points: Tensor) -> Tensor:
        """What the last layer of each head takes, `(c, P, head)`."""
        hidden = torch.einsum("pw,cwh->cph", self.trunk(self._seen(points)), self.first)
        return nn.functional.silu(hidden + self.first_bias)

    def own(self, points: Tensor, size: Tensor | None = None) -> Tensor:
        """Each field at points of its own: `(c, P, n)` to `(c, P, n)`, all heads in one batched product.

        Parameters
        ----------
        points : Tensor
        size : Tensor, optional
            `(c,)`, instead of the one that is kept.
        """
        hidden = self.trunk(self._seen(points))
        hidden = nn.functional.silu(torch.baddbmm(self.first_bias, hidden, self.first))
        values = torch.baddbmm(self.second_bias, hidden, self.second)
        return values / (self.size if size is None else size)[:, None, None] * self.scale

    @torch.no_grad()
    def place(self, points: Tensor, weight: Tensor | None = None) -> None:
        """Take centre and scale (standard deviation) of the coordinates from points `(P, n)`, of weights `(P,)`.

        Raises
        ------
        SymmetryError
            If a coordinate does not vary.
        """
        places, share = points.double(), normalised(weight, len(points)).to(points.device)[:, None]
        middle = (share * places).sum(0)
        scale = (share * (places - middle).square()).sum(0).sqrt()
        least = _VARIES * places.abs().amax(0)
        if not bool((scale > least).all()):
            varies = (scale > least).tolist()
            still = [name for name, does in zip(self.coordinates, varies, strict=True) if not does]
            raise SymmetryError(f"the points do not vary in {', '.join(still)}: nothing can be learned there")
        self.centre.copy_(middle)
        self.scale.copy_(scale)

    def untrained(self) -> NeuralField:
        """Another one like this, with new weights and the same centre and scale."""
        other = NeuralField(self.coordinates, self.c, **self._built)
        other.centre.copy_(self.centre)
        other.scale.copy_(self.scale)
        return other

    def norms(self, points: Tensor, weight: Tensor | None = None) -> Tensor:
        """Root of the mean of w |V_i|^2 in units of the scale, `(c,)`, differentiable: a `size` for which it is 1."""
        squares = self.unit(points).square().sum(1)
        if weight is None:
            return squares.mean(0).sqrt()
        return (weight[:, None] * squares).sum(0).div(weight.sum()).sqrt()

    @torch.no_grad()
    def normalise(self, points: Tensor, weight: Tensor | None = None) -> None:
        """Keep the norms at these points as the size."""
        self.size.copy_(self.norms(points, weight))

    def _seen(self, points: Tensor) -> Tensor:
        points = points.to(self.centre)
        places = (points - self.centre) / self.scale
        parts = [places[..., self._straight]]
        for axis, turn in self._turns:
            angle = turn * points[..., axis : axis + 1]
            parts += [angle.cos(), angle.sin()]
        return torch.cat(parts, -1)

    def box(self) -> tuple[Tensor, Tensor]:
        """Where the fields were learned: even numbers in it have the same middle and spread as the data."""
        return self.centre.cpu(), math.sqrt(3) * self.scale.cpu()

    def extra_repr(self) -> str:
        """Coordinates and fields, for `repr`."""
        return f"{self.c} fields of {', '.join(self.coordinates)}"


def _heads(count: int, inner: int, outer: int) -> tuple[nn.Parameter, nn.Parameter]:
    """Weights `(c, inner, outer)` and biases `(c, 1, outer)`, drawn as those of `nn.Linear`."""
    bound = 1 / math.sqrt(inner)
    return (
        nn.Parameter((2 * torch.rand(count, inner, outer) - 1) * bound),
        nn.Parameter((2 * torch.rand(count, 1, outer) - 1) * bound),
    )
