"""Direct sums of tensor representations: how a symmetry of R^k acts on features built from R^k.

A representation is written like ``"16x0 + 8x1 + 2x2"``: sixteen scalars, eight vectors and two rank-two
tensors. The features of one term lie side by side, copy after copy, each tensor in row-major order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import SymmetryError

_TERM = re.compile(r"^\s*(?:(\d+)\s*x\s*)?(\d+)\s*$")


@dataclass(frozen=True)
class Term:
    """`multiplicity` copies of the tensor power V^(x rank)."""

    multiplicity: int
    rank: int

    def __post_init__(self) -> None:
        if self.multiplicity < 0 or self.rank < 0:
            raise SymmetryError(f"copies and tensor ranks are not negative, got {self.multiplicity}x{self.rank}")

    def __str__(self) -> str:
        return f"{self.multiplicity}x{self.rank}"


@dataclass(frozen=True)
class Rep:
    """A direct sum of tensor powers of the vector representation V = R^k.

    Parameters
    ----------
    terms : tuple of Term
        In the order in which their features are laid out.
    k : int
        Dimension of V.
    """

    terms: tuple[Term, ...]
    k: int

    @classmethod
    def parse(cls, text: str, k: int) -> Rep:
        """Read ``"5x1"`` or ``"16x0 + 8x1"``.

        Raises
        ------
        SymmetryError
            If the text is not of that form.
        """
        if k < 1:
            raise SymmetryError(f"the dimension of the vectors must be at least 1, got {k}")
        terms = []
        for piece in text.split("+"):
            match = _TERM.match(piece)
            if match is None:
                raise SymmetryError(
                    f"cannot read the representation {text!r} at {piece.strip()!r}: "
                    'expected terms such as "16x0 + 8x1 + 2x2" (copies x tensor rank)'
                )
            terms.append(Term(int(match[1] or 1), int(match[2])))
        return cls(tuple(term for term in terms if term.multiplicity), k)

    def __str__(self) -> str:
        return " + ".join(map(str, self.terms)) or "0x0"

    def __add__(self, other: Rep) -> Rep:
        if self.k != other.k:
            raise SymmetryError(f"cannot add representations on R^{self.k} and R^{other.k}")
        return Rep(self.terms + other.terms, self.k)

    @property
    def dim(self) -> int:
        """Number of real features."""
        return sum(term.multiplicity * self.k**term.rank for term in self.terms)

    def blocks(self) -> Iterator[tuple[slice, Term]]:
        """Where each term's features lie in the flat feature vector."""
        start = 0
        for term in self.terms:
            stop = start + term.multiplicity * self.k**term.rank
            yield slice(start, stop), term
            start = stop

    def count(self, rank: int) -> int:
        """Copies of V^(x rank), over all terms."""
        return sum(term.multiplicity for term in self.terms if term.rank == rank)

    def act(self, g: Tensor, x: Tensor) -> Tensor:
        """Transform features: rho(g) x.

        Parameters
        ----------
        g : Tensor
            Group elements, `(k, k)` for all samples or `(B, k, k)` for one each; taken to the dtype and device of x.
        x : Tensor
            Features `(B, ...)`, `dim` numbers a sample.

        Returns
        -------
        Tensor
            Of the shape of `x`.

        Raises
        ------
        SymmetryError
            If the numbers of features, or of samples, do not fit.
        """
        flat, g = self._flatten(x), self._matrices(g, x)
        pieces = [flat[:, :0]]
        for where, term in self.blocks():
            tensors = self._tensors(flat[:, where], term)
            for slot in range(term.rank):
                tensors = _apply(g, tensors, slot + 2)
            pieces.append(tensors.flatten(1))
        return torch.cat(pieces, dim=1).reshape(x.shape)

    def act_infinitesimally(self, generator: Tensor, x: Tensor) -> Tensor:
        """d/dt rho(exp(t L)) x at t = 0, for L of shape `(k, k)` or `(B, k, k)`."""
        flat, generator = self._flatten(x), self._matrices(generator, x)
        pieces = [flat[:, :0]]
        for where, term in self.blocks():
            tensors = self._tensors(flat[:, where], term)
            total = torch.zeros_like(tensors)
            for slot in range(term.rank):
                total = total + _apply(generator, tensors, slot + 2)
            pieces.append(total.flatten(1))
        return torch.cat(pieces, dim=1).reshape(x.shape)

    def matrix(self, g: Tensor) -> Tensor:
        """rho(g) as a dense `(dim, dim)` matrix, for one g of shape `(k, k)`."""
        identity = torch.eye(self.dim, dtype=g.dtype, device=g.device)
        return self.act(g, identity).T

    def generator_matrix(self, generator: Tensor) -> Tensor:
        """d rho(L) as a dense `(dim, dim)` matrix, for one L of shape `(k, k)`."""
        identity = torch.eye(self.dim, dtype=generator.dtype, device=generator.device)
        return self.act_infinitesimally(generator, identity).T

    def _flatten(self, x: Tensor) -> Tensor:
        flat = x.flatten(1) if x.ndim > 1 else x.reshape(-1, 1)  # (B,) is one scalar for each of B samples
        if flat.shape[1] != self.dim:
            raise SymmetryError(
                f"features of shape {tuple(x.shape)} hold {flat.shape[1]} numbers a sample, but the "
                f"representation {self} on R^{self.k} has {self.dim}"
            )
        return flat

    def _matrices(self, matrices: Tensor, x: Tensor) -> Tensor:
        fits = matrices.shape[-2:] == (self.k, self.k) and (matrices.ndim == 2 or matrices.shape[:-2] == x.shape[:1])
        if not fits:
            raise SymmetryError(
                f"expected one ({self.k}, {self.k}) matrix or one for each of the {len(x)} samples, "
                f"got shape {tuple(matrices.shape)}"
            )
        return matrices.to(x)

    def _tensors(self, features: Tensor, term: Term) -> Tensor:
        """`(B, multiplicity, k, ..., k)`."""
        return features.reshape((len(features), term.multiplicity) + (self.k,) * term.rank)


def _apply(matrices: Tensor, tensors: Tensor, axis: int) -> Tensor:
    """Multiply axis `axis` of `(B, ...)` tensors by one `(k, k)` matrix, or by one for each sample."""
    moved = tensors.movedim(axis, -1)
    if matrices.ndim == 2:
        return (moved @ matrices.T).movedim(-1, axis)
    return (moved.flatten(1, -2) @ matrices.transpose(1, 2)).reshape(moved.shape).movedim(-1, axis)
