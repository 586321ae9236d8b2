"""How nearly images that are moved are the same to a network: the validity of a symmetry of images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from ...errors import DataError
from ...symmetries.grid import Grid
from ...symmetries.grid.warp import warp
from .field import NeuralField
from .flows import own_flows
from .regularisers import lipschitz, orthogonality, roughness

Features = Callable[[Tensor], Tensor]
_PARALLEL = 1e-6  # arccos has no derivative at 1
_TOGETHER = 256  # images that a network sees at once


@dataclass(frozen=True, eq=False)
class FeatureValidity:
    """Fields on the plane of an image whose flows leave the features of a frozen network alone (section 4).

    Coordinates are those of `zoo.symmetries.Grid`: x to the right and y downwards, the edges of the longest side at
    -1 and 1.

    Attributes
    ----------
    features : callable
        Of images `(B, C, H, W)`, `(B, F)`; its parameters are left alone.
    shape : tuple of int
        `(H, W)`.
    weight : Tensor, optional
        How much each pixel counts in norms and products of fields, `(H W,)`; see `sensitivity`.
    middle : Tensor, optional
        The mean of the features over images, `(F,)`, from which angles between them are seen: what all images have in
        common would make all of them alike.
    step : float
        Of the flows, the longest.
    least : float
        Of the angle between features in units of that between different images.
    apart, smooth, slope : float
        Weights of `orthogonality` and `lipschitz`, and the bound of the latter, in units of the fields' own scale.
    """

    roughest: ClassVar[float] = 1.5  # half way between linear fields and the next
    beside: ClassVar[bool] = True

    features: Features
    shape: tuple[int, int]
    weight: Tensor | None = None
    middle: Tensor | None = None
    step: float = 0.1
    least: float = 0.05
    apart: float = 1.0
    smooth: float = 10.0
    slope: float = 1.0

    def points(self, images: Tensor) -> Tensor:
        """The pixels `(H W, 2)`.

        Raises
        ------
        DataError
            If the images have another shape.
        """
        if images.ndim != 4 or tuple(images.shape[2:]) != self.shape:
            raise DataError(f"images are (N, C, {self.shape[0]}, {self.shape[1]}), got {tuple(images.shape)}")
        return Grid(self.shape).points.to(images)

    def draw(self, images: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """The images themselves."""
        return images

    def validity(
        self, field: NeuralField, images: Tensor, times: Tensor, signs: Tensor, size: Tensor | None = None
    ) -> Tensor:
        """log of the mean angle between the features of images before and after each flow, `(c,)`.

        The angle is in units of that between different images of the batch.
        """
        points = self.points(images)
        flown = own_flows(field, points, times, step=self.step, size=size, signs=signs)  # (T, c, P, 2)
        moved = sampled(images, flown.flatten(0, 1))
        with torch.no_grad():
            before = self._seen(images)
            others = _angles(before, before.roll(1, 0)).mean()
        after = self._seen(moved.flatten(0, 1)).unflatten(0, (-1, len(images)))
        angle = _angles(after, before).unflatten(0, flown.shape[:2]).mean((0, 2))
        return (angle / others.clamp_min(_PARALLEL) + self.least).log()

    def tolerated(self, images: Tensor) -> tuple[float, float]:
        """The mean angle to the nearest other image, twice: features are never exactly the same.

        What moves images further than that makes others of them. The unit is that of `validity`.
        """
        seen = functional.normalize(in_parts(self._seen, images), dim=1)
        angles = _arccos(seen @ seen.T)
        other = ~torch.eye(len(seen), dtype=torch.bool, device=seen.device)
        nearest = angles.where(other, torch.inf).min(1).values.mean()
        least = float(nearest / angles[other].mean().clamp_min(_PARALLEL))
        return least, least

    def _seen(self, images: Tensor) -> Tensor:
        features = self.features(images)
        return features if self.middle is None else features - self.middle.to(features)

    @torch.no_grad()
    def roughness(self, field: NeuralField) -> Tensor:
        """See `zoo.discoverers.flow.regularisers.roughness`."""
        points = Grid(self.shape).points.to(field.centre)
        unit = field.unit(points) / field.norms(points, self.weight)
        edges = _edges(self.shape).to(points.device)
        return roughness(unit, (points - field.centre) / field.scale, edges, self.weight)

    def finished(self, field: NeuralField, data: Tensor) -> None:
        """As they were trained."""

    def __call__(
        self, field: NeuralField, images: Tensor, times: Tensor, signs: Tensor, progress: float = 0.0
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss, and its parts by name."""
        points = self.points(images)
        weight = None if self.weight is None else self.weight.to(points)
        size = field.norms(points, weight)
        unit = field.unit(points) / size
        places = (points - field.centre) / field.scale
        parts = {
            "validity": self.validity(field, images, times, signs, size).mean(),
            "apart": orthogonality(unit, weight),
            "smooth": lipschitz(unit, places, _edges(self.shape).to(points.device), self.slope),
        }
        return parts["validity"] + self.apart * parts["apart"] + self.smooth * parts["smooth"], parts


IMAGE_SETTINGS = tuple(
    each.name for each in fields(FeatureValidity) if each.name not in ("features", "shape", "weight", "middle")
)
"""What may be set of it beside the features and the images."""


@torch.no_grad()
def in_parts(features: Features, images: Tensor) -> Tensor:
    """Features of any number of images, `(N, F)`, of some at once."""
    return torch.cat([features(part) for part in images.split(_TOGETHER)])


def _angles(one: Tensor, other: Tensor) -> Tensor:
    return _arccos(functional.cosine_similarity(one, other, dim=-1))


def _arccos(cosine: Tensor) -> Tensor:
    return torch.arccos(cosine.clamp(-1 + _PARALLEL, 1 - _PARALLEL))


def sampled(images: Tensor, places: Tensor) -> Tensor:
    """All images at the same places of their plane, see `warp`; cubic, as a blur would be taken for a change.

    Parameters
    ----------
    images : Tensor
        `(B, C, H, W)`.
    places : Tensor
        `(G, H W, 2)`, in the coordinates of `Grid`.

    Returns
    -------
    Tensor
        `(G, B, C, H, W)`.
    """
    moved = warp(images.repeat(len(places), 1, 1, 1), places.repeat_interleave(len(images), dim=0), cubic=True)
    return moved.unflatten(0, (len(places), len(images)))


def sensitivity(
    features: Features, images: Tensor, *, width: float = 0.1, draws: int = 8, generator: torch.Generator | None = None
) -> Tensor:
    """How much features change when what is near a pixel is shifted a little, `(H W,)` of mean 1.

    |J (m_p dI)|, J the Jacobian of the features, m_p a Gaussian around the pixel p, dI the slopes of an image, in root
    mean square over the images. For random r, r^T J (m_p dI) is a blurred product of gradient and slopes, at all pixels
    at once.

    Parameters
    ----------
    features : callable
    images : Tensor
        `(B, C, H, W)`.
    width : float
        Standard deviation of the Gaussian.
    draws : int
        Of random r.
    generator : torch.Generator, optional
        They are drawn from it.
    """
    height, wide = images.shape[2:]
    slopes = torch.stack(torch.gradient(functional.pad(images, (1, 1, 1, 1), mode="replicate"), dim=(3, 2)))
    slopes = slopes[..., 1:-1, 1:-1]  # (2, B, C, H, W)
    rows, columns = (_gaussian(n, width * max(height, wide) / 2).to(images) for n in (height, wide))
    total = images.new_zeros(height, wide)
    for _ in range(draws):
        given = images.detach().requires_grad_()
        seen = features(given)
        r = torch.randn(seen.shape, generator=generator).to(seen)
        (gradient,) = torch.autograd.grad((seen * r).sum(), given)
        products = (slopes * gradient).sum(2)  # (2, B, H, W)
        total += torch.einsum("yp,dbpq,xq->dbyx", rows, products, columns).square().mean(1).sum(0).detach()
    weight = total.flatten().sqrt()
    return weight / weight.mean().clamp_min(torch.finfo(weight.dtype).tiny)


def _gaussian(n: int, deviation: float) -> Tensor:
    """A matrix that blurs along an axis, `(n, n)`."""
    return torch.exp(-0.5 * ((torch.arange(n)[:, None] - torch.arange(n)) / deviation).square())


def _edges(shape: tuple[int, int]) -> Tensor:
    """Between neighbouring pixels, `(2, E)`."""
    index = torch.arange(shape[0] * shape[1]).view(shape)
    across = torch.stack([index[:, :-1].flatten(), index[:, 1:].flatten()])
    down = torch.stack([index[:-1].flatten(), index[1:].flatten()])
    return torch.cat([across, down], dim=1)
