"""Algebras with a name, in their canonical bases."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any, TypeVar

import numpy as np

from ..errors import SymmetryError
from .coefficients import Coefficients, Integer
from .span import Array

T = TypeVar("T", bound="NamedAlgebras")


def unit_matrix(k: int, row: int, column: int) -> Array:
    """The matrix with a single 1."""
    matrix = np.zeros((k, k))
    matrix[row, column] = 1.0
    return matrix


def so_basis(p: int, q: int = 0) -> Array:
    """Generators of SO(p, q), which keeps diag(1 p times, -1 q times): antisymmetric rotations, symmetric boosts."""
    k = p + q
    metric = np.diag([1.0] * p + [-1.0] * q)
    pairs = [unit_matrix(k, j, i) - unit_matrix(k, i, j) for i, j in combinations(range(k), 2)]
    return np.array([pair @ metric for pair in pairs]).reshape(-1, k, k)


def lorentz_basis() -> Array:
    """Three boosts along x, y, z, then three rotations about x, y, z, on (E, px, py, pz)."""
    boosts = [unit_matrix(4, 0, i) + unit_matrix(4, i, 0) for i in (1, 2, 3)]
    rotations = [unit_matrix(4, j, i) - unit_matrix(4, i, j) for i, j in ((2, 3), (3, 1), (1, 2))]
    return np.array(boosts + rotations)


def gl_basis(n: int) -> Array:
    """All n x n matrices."""
    return np.eye(n * n).reshape(n * n, n, n)


def sl_basis(n: int) -> Array:
    """All n x n matrices of trace zero."""
    off = [unit_matrix(n, i, j) for i in range(n) for j in range(n) if i != j]
    diagonal = [unit_matrix(n, i, i) - unit_matrix(n, i + 1, i + 1) for i in range(n - 1)]
    return np.array(off + diagonal).reshape(-1, n, n)


def affine_basis(n: int) -> Array:
    """All affine maps of R^n on (x, 1): matrices on R^(n + 1) whose last row is zero."""
    return np.array([unit_matrix(n + 1, i, j) for i in range(n) for j in range(n + 1)])


def translations_basis(n: int) -> Array:
    """Translations of R^n on (x, 1)."""
    return np.array([unit_matrix(n + 1, i, n) for i in range(n)])


def galilei_basis() -> Array:
    """Shifts of x and of t, and the boost t d_x + d_u, on (x, t, u, 1)."""
    shifts = [unit_matrix(4, 0, 3), unit_matrix(4, 1, 3)]
    return np.array([*shifts, unit_matrix(4, 0, 1) + unit_matrix(4, 2, 3)])


def rotation_of_planes(frequencies: Sequence[float], trivial: int = 0) -> Array:
    """Block-diagonal generator: plane a turns (x, y) -> (-y, x) with frequency a; `trivial` more axes stay."""
    k = 2 * len(frequencies) + trivial
    matrix = np.zeros((k, k))
    for index, frequency in enumerate(frequencies):
        x, y = 2 * index, 2 * index + 1
        matrix[y, x], matrix[x, y] = frequency, -frequency
    return matrix


class NamedAlgebras:
    """The named constructors of `LieAlgebra`."""

    def __init__(self, basis: Any, coefficients: Coefficients | None = None) -> None:
        raise NotImplementedError

    @classmethod
    def so(cls: type[T], p: int, q: int = 0) -> T:
        """so(n) or so(p, q): what keeps diag(1 p times, -1 q times)."""
        _at_least(2, "so(p, q) needs p + q", p + q)
        return cls(so_basis(p, q))

    @classmethod
    def lorentz(cls: type[T]) -> T:
        """so(1, 3) on (E, px, py, pz), metric diag(1, -1, -1, -1): three boosts, three rotations."""
        return cls(lorentz_basis())

    @classmethod
    def so2(cls: type[T], frequencies: int | Sequence[float] = 1, trivial: int = 0) -> T:
        """One generator that turns several planes at once, with the same frequency (give a number of planes) or with
        one each; `trivial` more axes stay fixed."""
        if isinstance(frequencies, int):
            frequencies = (1.0,) * frequencies
        _at_least(1, "so2 needs a number of planes", len(frequencies))
        return cls(rotation_of_planes(frequencies, trivial)[None])

    @classmethod
    def cyclic(cls: type[T], order: int, trivial: int = 0) -> T:
        """The n-fold rotations of a plane: the generator of the turn by 2 pi / n with integer coefficients."""
        _at_least(1, "a cyclic group needs an order", order)
        return cls(rotation_of_planes((2 * np.pi / order,), trivial)[None], Integer(0, order - 1))

    @classmethod
    def gl(cls: type[T], n: int) -> T:
        """All linear maps of R^n."""
        _at_least(1, "gl(n) needs n", n)
        return cls(gl_basis(n))

    @classmethod
    def sl(cls: type[T], n: int) -> T:
        """Volume-preserving linear maps of R^n."""
        _at_least(2, "sl(n) needs n", n)
        return cls(sl_basis(n))

    @classmethod
    def affine(cls: type[T], n: int) -> T:
        """Affine maps of R^n, acting on (x, 1) in R^(n + 1)."""
        _at_least(1, "affine(n) needs n", n)
        return cls(affine_basis(n))

    @classmethod
    def affine2d(cls: type[T]) -> T:
        """Affine maps of the plane, acting on (x, y, 1)."""
        return cls(affine_basis(2))

    @classmethod
    def translations(cls: type[T], n: int) -> T:
        """Translations of R^n, acting on (x, 1) in R^(n + 1)."""
        _at_least(1, "translations(n) needs n", n)
        return cls(translations_basis(n))

    @classmethod
    def galilei(cls: type[T]) -> T:
        """Galilei's algebra of one dimension on (x, t, u, 1), u a velocity: shifts of x and of t, and the boost
        t d_x + d_u. Symmetries of the equations of Burgers, Korteweg and de Vries, Kuramoto and Sivashinsky."""
        return cls(galilei_basis())

    @classmethod
    def scaling(cls: type[T], n: int) -> T:
        """Multiples of the identity of R^n."""
        _at_least(1, "scaling(n) needs n", n)
        return cls(np.eye(n)[None])

    @classmethod
    def random(cls: type[T], c: int, k: int, seed: int = 0) -> T:
        """c Gaussian matrices: a null case, almost surely closed under nothing."""
        return cls(np.random.default_rng(seed).standard_normal((c, k, k)))


def _at_least(least: int, what: str, value: int) -> None:
    if value < least:
        raise SymmetryError(f"{what} of at least {least}, got {value}")
