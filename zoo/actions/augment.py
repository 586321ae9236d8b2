"""Augment: the user's data with a fresh element of a symmetry for each sample, for any torch model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from os import PathLike
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import Dataset

from ..discoverers.flow import NeuralField
from ..discoverers.flow.objective import points_of
from ..errors import ConfigError, DataError, SymmetryError
from ..factory import symmetry as as_symmetry
from ..symmetries import LieAlgebra, Rep
from ..symmetries.augment import Augmentation
from ..symmetries.coefficients import Uniform
from ..symmetries.field import GeneratorField
from ..symmetries.image_augment import ImageAugmentation
from ..symmetries.some_fields import SomeFields
from ..tasks.arrays import as_numbers
from .discovery_data import pairs_with_shapes
from .moved_data import moved_or_kept, tabulated
from .solution_fields import Residual, SolutionsOnGrid, residual_of, solutions_of

_REACH = 0.1  # of solutions

Transform = Callable[[tuple[Tensor, ...], torch.Generator], tuple[Tensor, ...]]


class Augmented(Dataset[tuple[Tensor, ...]]):
    """Samples, each moved by an element of its own every time that it is taken.

    Elements are drawn from torch's own generator: they repeat after `torch.manual_seed`, and differ from worker to
    worker of a `DataLoader`.

    Attributes
    ----------
    tensors : tuple of Tensor
        As they were given.
    share : float
        Of the samples that are moved; the others stay as they are.
    """

    def __init__(self, tensors: Sequence[Tensor], transform: Transform, share: float) -> None:
        if not 0 < share <= 1:
            raise ConfigError(f"share is the part of the samples that are moved, above 0 and at most 1, got {share}")
        self.tensors, self.share, self._transform = tuple(tensors), float(share), transform

    def __len__(self) -> int:
        return len(self.tensors[0])

    def __getitem__(self, number: int) -> tuple[Tensor, ...]:
        return self.__getitems__([number])[0]

    def __getitems__(self, numbers: Sequence[int]) -> list[tuple[Tensor, ...]]:
        """A batch, moved at once: `DataLoader` asks for these."""
        given = tuple(tensor[torch.as_tensor(numbers)] for tensor in self.tensors)
        seed = int(torch.empty((), dtype=torch.int64, device="cpu").random_())
        moved = self._transform(given, torch.Generator("cpu").manual_seed(seed))
        chosen = torch.rand(len(numbers), device="cpu") < self.share
        parts = []
        for old, new in zip(given, moved, strict=True):
            parts.append(torch.where(chosen.view(-1, *[1] * (old.ndim - 1)), new.to(old.dtype), old))
        return list(zip(*parts, strict=True))


def augment(
    data: Any,
    symmetry: Any,
    *,
    reach: float | None = None,
    evenly: bool = False,
    equation: Any = None,
    share: float | None = None,
    rep_in: str | None = None,
    rep_out: str | None = None,
) -> Augmented:
    """Data that a symmetry makes more of: a torch `Dataset` whose samples are moved afresh whenever they are taken.

    Parameters
    ----------
    data : (x, y), (u, x, t) or path
        Vectors x `(N, ..., k)` with y, as in `zoo.discover`; images `(N, C, H, W)` with anything that belongs to them;
        or solutions ``(u (N, T, X), x (X,), t (T,))`` of an evolution equation on an even grid of a periodic interval,
        also the path of an HDF5 file of them.
    symmetry : object
        Whatever `zoo.symmetry` takes. Matrices of vectors transform x and y; matrices or fields of the plane move the
        content of images and leave y alone; fields on (x, t, u) move solutions.
    reach : float, optional
        Coefficients of the generators are uniform between -reach and reach. By default they have the algebra's own
        distribution; of fields, reach is 1 for vectors, .2 for images and .1 for solutions. Learned fields have norm 1
        in units of the spread of the data.
    evenly : bool
        Of images and discovered fields: go along each field as far as costs the same validity, and as far as reach
        along the most valid one.
    equation : str, Equation or callable, optional
        Of solutions, or its residual, as `score` in `zoo.discover`: they are interpolated in time with the u_t that it
        gives. By cubics, without, what turns by an eighth from one time to the next is off by a hundredth.
    share : float, optional
        Of the samples that are moved each time: by default all, and half of solutions.
    rep_in, rep_out : str, optional
        How x and y transform, where their shapes leave it unclear.

    Returns
    -------
    Augmented
        Samples `(x, y)`; of solutions `(u, known)`: `(T, X)` and `(T,)` booleans, the times at which u is known (zero
        at the others). One that is known at fewer than 60 times, or than half of them if that is less, is given as it
        was.

    Raises
    ------
    ConfigError
        If it is not clear what the data are, or an option is out of range or not for such data.
    DataError
        If the arrays cannot be used.
    SymmetryError
        If the symmetry does not act on such data, or does not say how valid its fields are where that is needed.
    """
    found = as_symmetry(symmetry)
    if isinstance(data, str | PathLike) or (isinstance(data, Sequence) and len(data) == 3):
        _refuse(evenly)
        residual = None if equation is None else residual_of(equation)
        reach, share = _REACH if reach is None else reach, 0.5 if share is None else share
        return _solutions(solutions_of(data), found, reach, share, residual)
    if equation is not None:
        raise ConfigError("equation is that of solutions (u, x, t); leave it out")
    try:
        x, y = data
    except (TypeError, ValueError) as error:
        raise ConfigError(
            "data are pairs (x, y), solutions (u, x, t) or the path of an HDF5 file of solutions, "
            f"got a {type(data).__name__}"
        ) from error
    share = 1.0 if share is None else share
    if rep_in is None and _moves_images(found, tuple(getattr(x, "shape", ()))):
        return _images(x, y, found, share, reach=reach, evenly=evenly)
    _refuse(evenly)
    return _vectors((x, y), found, reach, share, {"rep_in": rep_in, "rep_out": rep_out})


def _refuse(evenly: bool) -> None:
    if evenly:
        raise ConfigError("evenly is for images (N, C, H, W) that fields of their plane move; leave it out")


def _moves_images(symmetry: LieAlgebra | GeneratorField, shape: tuple[int, ...]) -> bool:
    """Whether `(N, C, H, W)` are images to a symmetry, and not vectors along the last axis."""
    if len(shape) != 4:
        return False
    return symmetry.k in (2, 3) and shape[-1] != symmetry.k if isinstance(symmetry, LieAlgebra) else symmetry.n == 2


def _images(x: Any, y: Any, symmetry: LieAlgebra | GeneratorField, share: float, **how_far: Any) -> Augmented:
    images = as_numbers(x, "x", (None, None, None, None), dtype=torch.float32, axes="images")
    labels = torch.as_tensor(y)
    if labels.ndim == 0 or len(labels) != len(images):
        raise DataError(f"there are {len(images)} images and y {tuple(labels.shape)}: give one y for each image")
    moving = ImageAugmentation(symmetry, (images.shape[2], images.shape[3]), **how_far)
    return Augmented((images, labels), lambda given, stream: moving(given[0], given[1], stream), share)


def _vectors(
    data: tuple[Any, Any],
    symmetry: LieAlgebra | GeneratorField,
    reach: float | None,
    share: float,
    reps: dict[str, str | None],
) -> Augmented:
    algebra = symmetry if isinstance(symmetry, LieAlgebra) else symmetry.to_algebra()
    if reach is not None or not isinstance(symmetry, LieAlgebra):
        reach = 1.0 if reach is None else reach
        algebra = algebra.with_coefficients(Uniform(-reach, reach))
    x, y, shapes = pairs_with_shapes(data, {"k": algebra.k, **reps}, fewest=1)
    rep_in, rep_out = Rep.parse(shapes["rep_in"], algebra.k), Rep.parse(shapes["rep_out"], algebra.k)
    moving = Augmentation(algebra, rep_in, rep_out)
    labelled = "classes" in shapes

    def transform(given: tuple[Tensor, ...], stream: torch.Generator) -> tuple[Tensor, ...]:
        g = moving.elements(len(given[0]), stream)
        return rep_in.act(g, given[0]), given[1] if labelled else rep_out.act(g, given[1])

    return Augmented((x, y), transform, share)


def _solutions(
    solutions: SolutionsOnGrid,
    field: LieAlgebra | GeneratorField,
    reach: float,
    share: float,
    residual: Residual | None,
) -> Augmented:
    if isinstance(field, LieAlgebra) or field.n != 3:
        raise SymmetryError(f"solutions are moved by fields on (x, t, u), got {field!r}")
    coefficients, field = Uniform(-reach, reach), _quick(field, solutions)

    def transform(given: tuple[Tensor, ...], stream: torch.Generator) -> tuple[Tensor, ...]:
        a = coefficients.sample(len(given[0]), field.c, stream)
        moved = moved_or_kept(field, a, SolutionsOnGrid(given[0], solutions.x, solutions.t), residual)
        return torch.nan_to_num(moved.u), moved.known

    return Augmented((solutions.u, torch.ones(solutions.u.shape[:2], dtype=torch.bool)), transform, share)


def _quick(field: GeneratorField, solutions: SolutionsOnGrid) -> GeneratorField:
    """Networks of fields are looked up; the user's functions are taken at their word."""
    if isinstance(field, SomeFields | NeuralField):
        return tabulated(field, points_of(solutions.u, solutions.x, solutions.t).double(), solutions)
    return field
