"""The logarithm of every pair's own transformation: c_b with y_b = exp(sum_k c_bk L_k) x_b.

From half way between the two (see `zoo.discoverers.lconv.half_way`) the residual u = y' - x' is sum_k dc_k L_k m to
first order, m = (x' + y') / 2, without a bias of first order in c: least squares in as many unknowns as there are
fields, six in the plane, for each pair by itself (Gauss-Newton). At the solution u vanishes, or is orthogonal to all
L_k m where the pairs hold more than a motion.

Details turn by more than half a circle before the whole does, so that steps start on blurred functions, which show a
motion of several pixels, and end on the functions themselves. At the edge of an image content comes in that nothing is
known of, and always as if it were smaller: compared there, shifts look like stretches as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ..lconv.half_way import half_way
from .fields import AffineFields

_BLURRED = (0.4, 4)  # of the Nyquist frequency, and the number of steps
_LONGEST = 0.5  # pixels that a step moves the nodes, root mean square
_BLOCKS = 16  # of nodes, whose agreement is the error of a logarithm
_AT_ONCE = 2**23  # numbers of L_k m in memory


@dataclass(frozen=True, eq=False)
class Logarithms:
    """Transformations of pairs.

    Attributes
    ----------
    coefficients : Tensor
        c, `(B, K)`, in pixels.
    errors : Tensor
        Covariance of each c_b, `(B, K, K)`, by the jackknife over blocks of nodes: what is left of a pair is no white
        noise (content that came in at an edge, a blur), and least squares would call it too sure.
    left, whole : Tensor
        |u|^2 at the solution and |y - x|^2, `(B,)`, of functions whose mean square is 1.
    converged : Tensor
        `(B,)` bool.
    """

    coefficients: Tensor
    errors: Tensor
    left: Tensor
    whole: Tensor
    converged: Tensor

    @property
    def trusted(self) -> Tensor:
        """Rows that a span is made of: those that converged, or all where none did."""
        return self.converged if bool(self.converged.any()) else torch.ones_like(self.converged)

    @property
    def left_over(self) -> float:
        """|u| / |y - x| of all pairs: 0 is exact, 1 explains nothing."""
        # no motion at all is among the answers: where steps went astray, nothing is explained
        left = torch.minimum(self.left, self.whole).sum()
        return float((left / self.whole.sum().clamp(min=1e-300)).sqrt())


def logarithms(
    fields: AffineFields,
    x: Tensor,
    y: Tensor,
    *,
    margin: int = 1,
    ridge: float = 1e-6,
    iterations: int = 30,
    tolerance: float = 1e-3,
    advance: Callable[[int], object] | None = None,
) -> Logarithms:
    """Find c_b for every pair by itself.

    Parameters
    ----------
    fields : AffineFields
        K fields that may move them.
    x, y : Tensor
        `(B, C, *shape)`; the C channels of a pair move together.
    margin : int
        Nodes at every edge that are not compared; of no account on a ring or torus.
    ridge : float
        Relative to functions of one unit a pixel of slope: motions that a pair does not show stay zero.
    iterations : int
        At most.
    tolerance : float
        Pixels, root mean square, that the last step of a pair moves its nodes at most.
    advance : callable, optional
        Called with the number of steps done.
    """
    size = (x.flatten(1).square() + y.flatten(1).square()).mean(dim=1)
    scale = (size / 2).sqrt().where(size > 0, 1.0).reshape(-1, *[1] * (x.ndim - 1))
    x, y = x / scale, y / scale
    inside = _inside(fields, margin, channels=x.shape[1])
    each = max(1, _AT_ONCE // (fields.count * x[0].numel()))
    pieces = []
    for i in range(0, len(x), each):
        part = _Piece(fields, x[i : i + each], y[i : i + each], inside, ridge * len(inside))
        start, _ = part.blurred(_BLURRED[0]).solved(None, _BLURRED[1], tolerance, advance)
        pieces.append(part.answer(*part.solved(start, iterations, tolerance, advance)))
    return Logarithms(*(torch.cat([getattr(one, name) for one in pieces]) for name in Logarithms.__annotations__))


@dataclass(frozen=True, eq=False)
class _Piece:
    """Some pairs, whose L_k m fit into the memory."""

    fields: AffineFields
    x: Tensor
    y: Tensor
    inside: Tensor
    ridge: float

    def blurred(self, fraction: float) -> _Piece:
        """The same without high frequencies."""
        x, y = (self.fields.grid.band_limited(values, fraction) for values in (self.x, self.y))
        return replace(self, x=x, y=y)

    def solved(
        self, start: Tensor | None, iterations: int, tolerance: float, advance: Callable[[int], object] | None
    ) -> tuple[Tensor, Tensor]:
        """Coefficients, and which have converged; a pair that has is left alone."""
        coefficients = self.x.new_zeros(len(self.x), self.fields.count) if start is None else start.clone()
        moving = torch.arange(len(self.x), device=self.x.device)
        for _ in range(iterations):
            slopes, left = self.linearised(coefficients[moving], moving)
            step = self._solve(slopes.mT @ slopes, (slopes.mT @ left[:, :, None])[:, :, 0])
            length = step.norm(dim=1, keepdim=True)
            coefficients[moving] += step * (_LONGEST / length.clamp(min=_LONGEST))
            moving = moving[length[:, 0] > tolerance]
            if advance is not None:
                advance(1)
            if not len(moving):
                break
        converged = torch.ones(len(self.x), dtype=torch.bool, device=self.x.device)
        converged[moving] = False
        return coefficients, converged

    def linearised(self, coefficients: Tensor, rows: Tensor | slice) -> tuple[Tensor, Tensor]:
        """L_k m `(B, P, K)` and u `(B, P)` of some of the pairs, at the nodes that are compared."""

        def part(values: Tensor, k: int) -> Tensor:
            return self.fields.moved(coefficients / (2 * k), values)

        left, middle = half_way(part, self.x[rows], self.y[rows])
        return self.fields.slopes(middle)[:, self.inside], left.flatten(1)[:, self.inside]

    def answer(self, coefficients: Tensor, converged: Tensor) -> Logarithms:
        """With errors, and what is left."""
        slopes, left = self.linearised(coefficients, slice(None))
        whole = (self.y - self.x).flatten(1)[:, self.inside].square().sum(dim=1)
        return Logarithms(coefficients, self._jackknife(slopes, left), left.square().sum(dim=1), whole, converged)

    def _jackknife(self, slopes: Tensor, left: Tensor) -> Tensor:
        """Covariance of a least-squares answer, from how it changes without one block of nodes or another."""
        owner = _blocks(self.fields.grid.shape).repeat(self.x.shape[1])[self.inside.cpu()].to(slopes.device)
        count = int(owner.max()) + 1
        parts = [(slopes[:, owner == block], left[:, owner == block]) for block in range(count)]
        grams = torch.stack([a.mT @ a for a, _ in parts], dim=1)
        moments = torch.stack([(a.mT @ u[:, :, None])[:, :, 0] for a, u in parts], dim=1)
        without = self._solve(grams.sum(1, keepdim=True) - grams, moments.sum(1, keepdim=True) - moments)
        apart = without - without.mean(dim=1, keepdim=True)
        return (count - 1) / count * apart.mT @ apart

    def _solve(self, gram: Tensor, moment: Tensor) -> Tensor:
        eye = torch.eye(gram.shape[-1], dtype=gram.dtype, device=gram.device)
        return torch.linalg.solve(gram + self.ridge * eye, moment)


def _inside(fields: AffineFields, margin: int, channels: int) -> Tensor:
    """Indices of the nodes that are compared, among the `C d` of all channels."""
    compared = torch.zeros(channels, *fields.grid.shape, dtype=torch.bool)
    margin = 0 if fields.grid.periodic else margin
    compared[(slice(None), *(slice(margin, size - margin) for size in fields.grid.shape))] = True
    return compared.flatten().nonzero()[:, 0].to(fields.values.device)


def _blocks(shape: tuple[int, ...]) -> Tensor:
    """To which of about sixteen equal boxes each node belongs, `(d,)`."""
    along = round(_BLOCKS ** (1 / len(shape)))
    owner = torch.zeros((), dtype=torch.long)
    for size in shape:
        boxes = min(along, size)
        owner = owner[..., None] * boxes + torch.arange(size) * boxes // size
    return owner.flatten()
