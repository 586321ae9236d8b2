"""What the nodes of an L-conv network are, and which operators live on them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from ...errors import ConfigError, SymmetryError
from ...symmetries import LieAlgebra
from ...symmetries.field import GeneratorField
from ...symmetries.grid import Grid, generators_on_points, lattice_edges, nearest_edges
from ...symmetries.grid.fields import vectors
from .neighbours import Neighbours, Sparse, columns_in_use
from .operators import Dense, Kept, LowRank, Operators, Skew, Unknown

Form = Literal["symmetry", "dense", "low_rank", "skew", "neighbours"]
FORMS: tuple[Form, ...] = ("symmetry", "dense", "low_rank", "skew", "neighbours")
INTERPOLATIONS = ("shannon", "linear", "points")
_SPARSE = 16  # gathering a column costs as much as multiplying so many: where sparse matrices begin to pay


@dataclass(frozen=True, eq=False)
class Choice:
    """Which operators a network is asked to have.

    Attributes
    ----------
    form : str
        "symmetry": those of a symmetry. "dense", "low_rank", "skew", "neighbours": learned ones.
    symmetry : LieAlgebra or GeneratorField or None
    count, rank : int
        Of learned ones.
    frozen : bool
        Keep the random numbers that learned ones start from.
    interpolation : str
        Of a symmetry of the coordinates of a grid.
    degree : int
        Of the polynomials whose derivatives are exact on points.
    """

    form: Form
    symmetry: LieAlgebra | GeneratorField | None
    count: int
    rank: int
    frozen: bool
    interpolation: str
    degree: int

    @property
    def kept(self) -> Kept:
        """What happens to numbers that are drawn."""
        return "frozen" if self.frozen else "learned"


@dataclass(frozen=True, eq=False)
class Space:
    """d nodes: of a grid, or points with edges, or nothing but a number.

    Attributes
    ----------
    d : int
    grid : Grid or None
    points : Tensor or None
        `(d, n)`.
    edges : Tensor or None
        `(2, E)`.
    blocks : Tensor or None
        For points that are left of more: the nodes among those that are nearest to each of them, `(d, k)`.
    """

    d: int
    grid: Grid | None = None
    points: Tensor | None = None
    edges: Tensor | None = None
    blocks: Tensor | None = None

    @property
    def n(self) -> int:
        """Number of coordinates; 1 where there are none."""
        return self.grid.n if self.grid is not None else 1 if self.points is None else self.points.shape[1]

    def operators(self, choice: Choice) -> Operators:
        """New operators; none on nodes that are not known yet.

        Raises
        ------
        SymmetryError
            If the symmetry does not act on these nodes.
        ConfigError
            If learned neighbours are asked for where nodes have none.
        """
        if not self.d:
            return Unknown(choice.symmetry.c)  # type: ignore[union-attr]
        if choice.form == "dense":
            return Dense.random(choice.count, self.d, choice.kept)
        if choice.form in ("low_rank", "skew"):
            kind = LowRank if choice.form == "low_rank" else Skew
            return kind.random(choice.count, self.d, choice.rank, choice.kept)
        if choice.form == "neighbours":
            return Neighbours.random(choice.count, self._edges(), self.d, choice.kept)
        return self._of_symmetry(choice)

    def generators(
        self, symmetry: LieAlgebra | GeneratorField, interpolation: str = "shannon", degree: int = 2
    ) -> Tensor:
        """The matrices of a symmetry of the coordinates, or of the nodes themselves, `(c, d, d)` float64."""
        if isinstance(symmetry, LieAlgebra) and self._is_of_nodes(symmetry):
            return symmetry.basis
        if self.grid is not None and interpolation != "points":
            return self.grid.generators(symmetry, interpolation)  # type: ignore[arg-type]
        if self.grid is not None:
            return self._as_points()._on_points(symmetry, degree).matrices()
        if self.points is None:
            known = f"matrices of {self.d} nodes"
            raise SymmetryError(f"the nodes have no coordinates, so the symmetry must be {known}; got {symmetry!r}")
        return self._on_points(symmetry, degree).matrices()

    def _of_symmetry(self, choice: Choice) -> Operators:
        symmetry = choice.symmetry
        if symmetry is None:
            others = ", ".join(f'"{form}"' for form in FORMS[1:])
            raise SymmetryError(f'generators="symmetry" needs a symmetry; give one, or learn generators: {others}')
        if self.grid is None and self.points is not None:
            return self._on_points(symmetry, choice.degree)
        if self.grid is not None and choice.interpolation == "points" and not self._is_of_nodes(symmetry):
            return self._as_points()._on_points(symmetry, choice.degree)
        matrices = self.generators(symmetry, choice.interpolation)
        unit = _to_unit(matrices)
        few = _SPARSE * columns_in_use(matrices) <= self.d
        operators = Sparse(matrices * unit) if few else Dense(matrices * unit, "given")
        if self.grid is not None and not self._is_of_nodes(symmetry):
            operators.fields = vectors(symmetry, self.grid.points) * unit.flatten()
        return operators

    def _on_points(self, symmetry: LieAlgebra | GeneratorField, degree: int) -> Neighbours:
        assert self.points is not None
        edges = self._edges()
        weights = generators_on_points(symmetry, self.points, edges, degree)
        unit = _to_unit(Neighbours(edges, weights, self.d, "given").matrices())
        operators = Neighbours(edges, weights * unit[:, :, 0], self.d, "given")
        operators.fields = vectors(symmetry, self.points) * unit.flatten()
        return operators

    def _as_points(self) -> Space:
        """The nodes of a lattice as any other points."""
        assert self.grid is not None
        if self.grid.periodic:
            raise ConfigError(
                'interpolation="points" knows no way round a periodic lattice; take "shannon" or "linear"'
            )
        return Space(self.d, None, self.grid.points, self._edges())

    def _edges(self) -> Tensor:
        if self.edges is not None:
            return self.edges
        if self.grid is not None:
            return lattice_edges(self.grid, diagonals=True)
        raise ConfigError("neighbours of nodes without coordinates are not known: give edges, or points")

    def _is_of_nodes(self, symmetry: LieAlgebra | GeneratorField) -> bool:
        """Whether it is matrices of the nodes: where it could be of the coordinates as well, it is of these."""
        n = self.grid.n if self.grid is not None else -1 if self.points is None else self.points.shape[1]
        return isinstance(symmetry, LieAlgebra) and symmetry.k == self.d and symmetry.k not in (n, n + 1)


def space_of(
    shape: tuple[Any, ...], grid: Sequence[int] | None, points: Any, edges: Any, neighbours: int, periodic: bool
) -> Space:
    """The nodes of inputs `(C, H, W)` or `(d, m)`.

    Raises
    ------
    ConfigError
        If grid, points or edges do not fit the shape.
    """
    if len(shape) == 3:
        if grid is not None or points is not None:
            raise ConfigError("images are on a grid already; leave grid and points out, or give inputs as (d, m)")
        return Space(shape[1] * shape[2], Grid(shape[1:], periodic=periodic), None, _edges(edges))
    d = shape[0]
    if d is None:
        return Space(0)  # each graph brings its own nodes
    if grid is not None:
        if points is not None or math.prod(grid) != d:
            raise ConfigError(f"the grid {list(grid)} has {math.prod(grid)} nodes, inputs have {d}; and give no points")
        return Space(d, Grid(tuple(grid), periodic=periodic), None, _edges(edges))
    if points is None:
        return Space(d, edges=_edges(edges))
    places = torch.as_tensor(points, dtype=torch.float64, device="cpu")
    if places.ndim != 2 or len(places) != d:
        raise ConfigError(f"points must be ({d}, n), one for each node of the inputs; got {tuple(places.shape)}")
    return among(places, neighbours) if edges is None else Space(d, None, places, _edges(edges))


def among(points: Tensor, neighbours: int) -> Space:
    """Points `(d, n)` with edges to the nearest others."""
    return Space(len(points), None, points, nearest_edges(points, neighbours))


def _edges(edges: Any) -> Tensor | None:
    return None if edges is None else torch.as_tensor(edges, dtype=torch.int64, device="cpu")


def _to_unit(matrices: Tensor) -> Tensor:
    """Factors `(c, 1, 1)` that make L f about as large as f; what a generator's length is, the weights decide."""
    size = torch.linalg.matrix_norm(matrices, keepdim=True)
    return torch.where(size > 0, math.sqrt(matrices.shape[-1]) / size, 1.0)
