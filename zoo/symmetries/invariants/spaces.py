"""What the solves return: spaces of invariants and of equivariant maps, with how sure they are."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ...errors import SymmetryError
from ..representation import Rep

# Eigenvalues of a form below this fraction of the largest count as zero in its signature.
_DEGENERATE = 1e-6


@dataclass(frozen=True, eq=False, repr=False)
class NullSpace:
    """The null space of a symmetry's constraint.

    Singular values are in units of the generators' largest action on vectors: a violation of 0.01 moves a tensor by
    a hundredth of what a vector is moved at most.

    Attributes
    ----------
    basis : Tensor
        Orthonormal elements, along the first axis, float64. It depends on the problem alone up to rounding, not on the
        machine, so weights that multiply it can be shared. It is a copy: changing it changes nothing else.
    singular_values : Tensor
        The null ones and the next few, ascending, float64.
    gap : float
        Ratio of the first singular value left out to the last one taken (which counts as no less than 1e-16).
    residual : float
        The last singular value taken: how much the worst element violates the constraint. Rounding (below 1e-12) for
        exact generators, and about their noise for noisy ones.
    closure_residual : float
        That of the algebra, see `LieAlgebra.structure_constants`.
    exact_rank : int
        How many elements are exact up to rounding; fewer than `rank` where the generators are noisy.
    """

    basis: Tensor
    singular_values: Tensor
    gap: float
    residual: float
    closure_residual: float
    exact_rank: int

    @property
    def rank(self) -> int:
        """Dimension of the space."""
        return len(self.basis)

    def project(self, tensor: Tensor) -> Tensor:
        """The nearest element of the space, for tensors `(..., *basis.shape[1:])`."""
        flat = self.basis.flatten(1)
        rows = tensor.to(flat).reshape(-1, flat.shape[1])
        return ((rows @ flat.T) @ flat).reshape(tensor.shape)

    def __repr__(self) -> str:
        shape = "x".join(map(str, self.basis.shape[1:]))
        return (
            f"{type(self).__name__}(rank {self.rank} on {shape}, {self.exact_rank} exact, gap {self.gap:.3g}, "
            f"residual {self.residual:.2g}, closure residual {self.closure_residual:.2g})"
        )


@dataclass(frozen=True, eq=False, repr=False)
class MapSpace(NullSpace):
    """Equivariant maps V^(x p) -> V^(x q); `basis` is `(rank, k^q, k^p)`, tensors in row-major order."""

    p: int
    q: int


@dataclass(frozen=True, eq=False, repr=False)
class InvariantTensors(NullSpace):
    """Tensors t with rho(L_i) t = 0; `basis` is `(rank, k, ..., k)`."""


@dataclass(frozen=True, eq=False, repr=False)
class InvariantForms(NullSpace):
    """Bilinear forms J with L_i^T J + J L_i = 0; `basis` is `(rank, k, k)`, the symmetric forms first.

    Attributes
    ----------
    n_symmetric : int
        How many are symmetric; the others are antisymmetric. Symmetric forms are positive definite, or have no more
        positive than negative directions: that of so(1,3) is diag(1, -1, -1, -1) / 2.
    """

    n_symmetric: int

    @property
    def symmetric(self) -> Tensor:
        """Basis of the symmetric forms."""
        return self.basis[: self.n_symmetric]

    @property
    def antisymmetric(self) -> Tensor:
        """Basis of the antisymmetric forms."""
        return self.basis[self.n_symmetric :]

    @property
    def signature(self) -> tuple[int, int, int]:
        """Positive, negative and zero directions of the symmetric form.

        Raises
        ------
        SymmetryError
            If there is not exactly one; then see `signature` on a form of one's choice.
        """
        if self.n_symmetric != 1:
            raise SymmetryError(
                f"the signature needs exactly one symmetric invariant form, but there are {self.n_symmetric}; choose "
                "a form from .symmetric and use zoo.symmetries.invariants.signature(form)"
            )
        return signature(self.basis[0])


def signature(form: Tensor) -> tuple[int, int, int]:
    """Positive, negative and zero directions of a symmetric form `(k, k)`."""
    values = torch.linalg.eigvalsh((form + form.T) / 2)
    zero = _DEGENERATE * float(values.abs().max())
    positive, negative = int((values > zero).sum()), int((values < -zero).sum())
    return positive, negative, len(values) - positive - negative


@dataclass(frozen=True, eq=False)
class EquivariantMaps:
    """Equivariant linear maps between two direct sums of tensor representations.

    Attributes
    ----------
    rep_in, rep_out : Rep
        The representations.
    blocks : dict
        (p, q) -> `MapSpace`: solved once for each pair of ranks, whatever the multiplicities.
    """

    rep_in: Rep
    rep_out: Rep
    blocks: dict[tuple[int, int], MapSpace]

    @property
    def dimension(self) -> int:
        """Number of free parameters of such a map."""
        return sum(
            self.blocks[a.rank, b.rank].rank * a.multiplicity * b.multiplicity
            for a in self.rep_in.terms
            for b in self.rep_out.terms
        )

    @property
    def residual(self) -> float:
        """The largest violation over all blocks, see `NullSpace.residual`."""
        return max((space.residual for space in self.blocks.values()), default=0.0)

    def dense(self) -> Tensor:
        """All maps as matrices, `(dimension, rep_out.dim, rep_in.dim)`, orthonormal; meant for small ones."""
        maps = torch.zeros(self.dimension, self.rep_out.dim, self.rep_in.dim, dtype=torch.float64, device="cpu")
        start = 0
        for columns, a in self.rep_in.blocks():
            for rows, b in self.rep_out.blocks():
                space = self.blocks[a.rank, b.rank]
                for i, j in ((i, j) for i in range(a.multiplicity) for j in range(b.multiplicity)):
                    width, height = space.basis.shape[2], space.basis.shape[1]
                    top, left = rows.start + j * height, columns.start + i * width
                    maps[start : start + space.rank, top : top + height, left : left + width] = space.basis
                    start += space.rank
        return maps
