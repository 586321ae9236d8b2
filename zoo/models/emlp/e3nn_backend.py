"""The irrep backend: so(3) on the vectors of R^3, with features split into irreducible parts by e3nn."""

from __future__ import annotations

import math
from types import ModuleType

import torch
from torch import Tensor

from ...errors import SymmetryError, require
from ...symmetries import LieAlgebra, Rep
from .bases import Bases, Product
from .layout import Block, Layout, merged

# How far the algebra may be from so(3), conjugated by the change of basis, to be treated as so(3): float64 rounding
# of a conjugation by a well-conditioned matrix.
RECOGNISED = 1e-9


def _o3() -> ModuleType:
    return require("e3nn.o3", "e3")


class IrrepBases(Bases):
    """Irreducible representations of SO(3): kind l has 2 l + 1 components.

    The algebra is P so(3) P^-1; inputs go through P^-1 into the orthonormal frame, and V^(x p) is split there into
    irreps by Clebsch-Gordan coefficients (e3nn's convention, in which l = 1 is (x, y, z)). By Schur's lemma the
    equivariant maps between equal irreps are the multiples of the identity, and there are no others.

    Parameters
    ----------
    algebra : LieAlgebra
        Recognised as so(3) on R^3.

    Raises
    ------
    SymmetryError
        If it is not.
    MissingExtra
        If e3nn is not installed.
    """

    def __init__(self, algebra: LieAlgebra) -> None:
        super().__init__()
        _o3()
        recognition = algebra.recognise()
        known = algebra.k == 3 and recognition.name == "so(3)" and recognition.residual <= RECOGNISED
        if not known or recognition.change_of_basis is None:
            raise SymmetryError(
                f'backend "e3nn" needs so(3) on vectors of R^3, but this algebra on R^{algebra.k} is recognised as '
                f'{recognition.name} (residual {recognition.residual:.1e}); use backend="dense"'
            )
        # The frame is defined up to a rotation, which an equivariant network does not see, and up to a reflection,
        # which it would: take the right-handed one.
        frame = recognition.change_of_basis
        self._frame = frame if torch.linalg.det(frame) > 0 else -frame
        self._residual = float(recognition.residual)

    @property
    def residual(self) -> float:
        return self._residual

    def size(self, kind: int) -> int:
        return 2 * kind + 1

    def _solve(self, source: int, target: int) -> Tensor:
        size = self.size(target)
        if source != target:  # Schur's lemma
            return torch.zeros(0, size, self.size(source), dtype=torch.float64)
        return torch.eye(size, dtype=torch.float64).unsqueeze(0) / math.sqrt(size)

    def products(self, kinds: tuple[int, ...]) -> tuple[Product, ...]:
        found = []
        for left in kinds:
            for right in kinds:
                for target in sorted({0, *kinds}):
                    if 0 < right <= left and left - right <= target <= left + right:
                        found.append(Product(left, right, target, self._clebsch_gordan(left, right, target)))
        return tuple(found)

    def _clebsch_gordan(self, left: int, right: int, target: int) -> Tensor:
        """`(d_target, d_left, d_right)`, of Frobenius norm sqrt(d_target)."""
        with torch.device("cpu"):
            tensor = _o3().wigner_3j(target, left, right, dtype=torch.float64)
        return tensor * math.sqrt(self.size(target))

    def layout(self, rep: Rep, *, merge: bool = False) -> Layout:
        blocks = []
        for term in rep.terms:
            irreps = _o3().Irreps([(1, (degree, 1)) for degree, _ in self._tower(term.rank)])
            blocks += [Block(irrep.l, term.multiplicity * count, irrep.dim) for count, irrep in irreps.simplify()]
        layout = Layout(tuple(blocks))
        return merged(layout) if merge else layout

    def encoder(self, rep: Rep) -> tuple[Tensor, Tensor]:
        """Matrices from the user's coordinates into irreps, and back."""
        with torch.device("cpu"):
            return self._encode(rep, torch.linalg.inv(self._frame)), self._encode(rep, self._frame.T).T

    def _encode(self, rep: Rep, frame: Tensor) -> Tensor:
        """Rows in the order of `layout`: irreps of one kind, copy after copy of the tensor they come from."""
        pieces = []
        for term in rep.terms:
            power = torch.ones(1, 1, dtype=torch.float64)
            for _ in range(term.rank):
                power = torch.kron(power, frame.contiguous())
            split: dict[int, list[Tensor]] = {}
            for degree, rows in self._tower(term.rank):
                split.setdefault(degree, []).append(rows @ power)
            copies = torch.eye(term.multiplicity, dtype=torch.float64)
            rows = [torch.kron(copies, torch.cat(split[degree])) for degree in sorted(split)]
            pieces.append(torch.cat(rows))
        return torch.block_diag(*pieces)

    def _tower(self, rank: int) -> list[tuple[int, Tensor]]:
        """The irreps of V^(x rank), each with its orthonormal rows `(2 l + 1, 3^rank)`."""
        tower = [(0, torch.ones(1, 1, dtype=torch.float64, device="cpu"))]
        for _ in range(rank):
            tower = [
                (target, torch.einsum("tlv,lx->txv", self._clebsch_gordan(degree, 1, target), rows).flatten(1))
                for degree, rows in tower
                for target in range(abs(degree - 1), degree + 2)
            ]
        return sorted(tower, key=lambda part: part[0])
