"""Augmentation of images by a symmetry of their plane: content moves along its fields, labels stay."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from ..errors import SymmetryError
from .algebra import LieAlgebra
from .coefficients import Uniform
from .field import GeneratorField
from .grid import Grid
from .grid.fields import vectors
from .grid.warp import warp
from .tabulated import TabulatedField

REACH = 0.2  # of fields that say nothing of their coefficients
_BEYOND = 1.5  # half of that side: places that flow off the image are looked up, too
_NODES = 48  # of the table, along each axis: learned fields, flown for 0.4, are off by 0.02 pixels at most
_FEWEST_STEPS = 2
_FURTHEST = 10.0  # times as far as along the least valid field, where all are to change an image as much


class ImageAugmentation:
    """Images moved by random elements exp(sum_i a_i V_i), a fresh one for each.

    Parameters
    ----------
    symmetry : LieAlgebra or GeneratorField
        On the plane (x to the right, y downwards, the edges of the longest side at -1 and 1): 2 x 2 matrices, matrices
        on (x, y, 1), or any vector fields.
    shape : tuple of int
        `(H, W)`.
    reach : float, optional
        Coefficients a are uniform between -reach and reach; by default those of the algebra's own distribution, and of
        fields 0.2.
    evenly : bool
        Go along each field as far as costs the same validity: reach is that of the most valid field, and others, whose
        flows violate more of what the discoverer asked for (see `SomeFields.violation`), have a shorter one in
        proportion.
    step : float
        Longest step of the flow of a field, for coefficients of total size 1.
    flip : bool
        Reflect half of the images left to right first, which no flow does.
    cubic : bool
        Interpolate moved images by cubics, which blur less than lines do.
    share : float
        Of the images that are moved; the others stay where they are.

    Raises
    ------
    SymmetryError
        If the symmetry does not act on a plane, reach is not positive, share is no share, or fields are to be gone
        along evenly of which nobody has said how valid they are.

    Notes
    -----
    Fields that are no matrices are looked up in a table of 48 x 48 places, by linear interpolation: a network would be
    asked 4,000 times for every image.
    """

    def __init__(
        self,
        symmetry: LieAlgebra | GeneratorField,
        shape: tuple[int, int],
        *,
        reach: float | None = None,
        evenly: bool = False,
        step: float = 0.25,
        flip: bool = False,
        cubic: bool = False,
        share: float = 1.0,
    ) -> None:
        if reach is not None and not reach > 0:
            raise SymmetryError(f"reach is the largest coefficient and positive, got {reach}")
        if not 0 < share <= 1:
            raise SymmetryError(f"share, of the images that are moved, is above 0 and at most 1, got {share}")
        self.symmetry, self.step, self.flip = symmetry, float(step), bool(flip)
        self.cubic, self.share = bool(cubic), float(share)
        self.points = Grid(shape).points.float()
        at_pixels = vectors(symmetry, self.points.double())
        self.c = at_pixels.shape[2]
        box = [-_BEYOND] * 2, [_BEYOND] * 2
        self.table = None if isinstance(symmetry, LieAlgebra) else TabulatedField(symmetry, *box, nodes=_NODES).table
        if isinstance(symmetry, LieAlgebra) and reach is None:
            self.coefficients = symmetry.coefficients
        else:
            reach = REACH if reach is None else float(reach)
            self.coefficients = Uniform(-reach, reach)
        self.relative = _even(symmetry) if evenly else torch.ones(self.c, dtype=torch.float64)

    def __call__(self, x: Tensor, y: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Images `(B, C, H, W)` moved, and what belongs to them as it is; draws from a generator on their device."""
        a = self.coefficients.sample(len(x), self.c, generator)
        a = a * self.relative.to(a)
        if self.flip:
            reflected = torch.rand(len(x), 1, 1, 1, generator=generator, device=generator.device) < 0.5
            x = torch.where(reflected, x.flip(3), x)
        if self.share < 1:
            a = a * (torch.rand(len(x), 1, generator=generator, device=generator.device) < self.share)
        return warp(x, self.places(a).to(x), cubic=self.cubic), y

    def places(self, a: Tensor) -> Tensor:
        """Where what is at each pixel afterwards was before, for coefficients `(B, c)`: `(B, H W, 2)`."""
        if self.table is None:
            return self._by_matrices(a)
        from torchdiffeq import odeint

        steps = max(_FEWEST_STEPS, math.ceil(float(a.abs().sum(1).max()) / self.step))
        each = self.table.to(a.device).view(self.c, 2, *self.table.shape[2:])
        back = torch.einsum("bc,cdyx->bdyx", -a.to(each), each)  # one field an image
        start, ends = self.points.to(back).expand(len(a), -1, -1), torch.tensor([0.0, 1.0], device=back.device)
        flown = odeint(lambda _, at: _looked_up(back, at), start, ends, method="rk4", options={"step_size": 1 / steps})
        return flown[1]

    def _by_matrices(self, a: Tensor) -> Tensor:
        basis = self.symmetry.basis.to(a)  # type: ignore[union-attr]
        back = torch.linalg.matrix_exp(-torch.einsum("bc,cij->bij", a, basis))
        at = self.points.to(a) @ back[:, :2, :2].mT
        return at if basis.shape[1] == 2 else at + back[:, None, :2, 2]


def _even(symmetry: LieAlgebra | GeneratorField) -> Tensor:
    """How far to go along each field, in units of the most valid one."""
    violation = getattr(symmetry, "violation", None)
    if not violation:
        raise SymmetryError(
            "evenly is for fields that a discoverer has found and knows to be more or less valid; "
            f"a {type(symmetry).__name__} says nothing of that, so leave evenly out"
        )
    found = torch.tensor(violation, dtype=torch.float64)
    found = found.clamp_min(float(found.max()) / _FURTHEST)
    return found.min() / found if float(found.max()) > 0 else torch.ones_like(found)


def _looked_up(fields: Tensor, places: Tensor) -> Tensor:
    """Fields `(B, 2, N, N)` at places `(B, P, 2)`."""
    found = functional.grid_sample(fields, places[:, None] / _BEYOND, padding_mode="border", align_corners=True)
    return found[:, :, 0].mT
