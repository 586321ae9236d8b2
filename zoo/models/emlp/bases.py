"""The solved spaces that an equivariant network is made of, for tensor powers of any Lie algebra's vectors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor

from ...symmetries import LieAlgebra, Rep
from .layout import SCALAR, Block, Layout, merged

VECTOR = 1
DUAL = -1


@dataclass(frozen=True)
class Product:
    """An equivariant bilinear map: `left` x `right` -> `target`.

    Parameters
    ----------
    left, right, target : int
        Kinds of feature.
    tensor : Tensor, optional
        `(d_target, d_left, d_right)` in float64, of Frobenius norm sqrt(d_target), so that it keeps unit variance.
        Without one it is the tensor product where `right` is a tensor, and where it is a dual vector the contraction
        of the last slot of `left` with it.
    """

    left: int
    right: int
    target: int
    tensor: Tensor | None = None


class Bases(ABC):
    """What a backend gives to the layers: kinds of feature, linear maps and products between them.

    Everything derived is solved in float64 on the CPU, whatever the ambient device, and cast where it is used. It is
    held outside of the modules' buffers: the state of a network is its parameters, and `module.double()` does not
    round the bases.
    """

    def __init__(self) -> None:
        self._maps: dict[tuple[int, int], Tensor] = {}
        self._cast: dict[tuple, Tensor] = {}

    def maps(self, source: int, target: int) -> Tensor:
        """Orthonormal basis `(r, d_target, d_source)` of the equivariant maps between two kinds, float64."""
        if (source, target) not in self._maps:
            with torch.device("cpu"):
                self._maps[source, target] = self._solve(source, target)
        return self._maps[source, target]

    @abstractmethod
    def _solve(self, source: int, target: int) -> Tensor:
        """What `maps` returns, once for each pair of kinds."""

    @abstractmethod
    def size(self, kind: int) -> int:
        """Numbers in one feature of this kind."""

    @abstractmethod
    def products(self, kinds: tuple[int, ...]) -> tuple[Product, ...]:
        """Bilinear maps between `kinds`; a target that is neither a scalar nor among them is mapped back later."""

    @abstractmethod
    def layout(self, rep: Rep, *, merge: bool = False) -> Layout:
        """Blocks for a representation; `merge` sorts the blocks by kind and makes one of each."""

    @abstractmethod
    def encoder(self, rep: Rep) -> tuple[Tensor, Tensor] | None:
        """Matrices `(dim, dim)` from the user's coordinates into this backend's and back; None is the identity."""

    @property
    @abstractmethod
    def residual(self) -> float:
        """Largest relative violation of the constraint, over all maps that were handed out."""

    def maps_like(self, source: int, target: int, like: Tensor) -> Tensor:
        """`maps`, in the dtype and on the device of `like`."""
        return self.cast(("maps", source, target), self.maps(source, target), like)

    def cast(self, name: tuple, tensor: Tensor, like: Tensor) -> Tensor:
        """A float64 constant in the dtype and on the device of `like`, made once for each."""
        key = (*name, like.dtype, like.device)
        if key not in self._cast:
            with torch.inference_mode(False), torch.no_grad():
                self._cast[key] = tensor.to(like)
        return self._cast[key]

    def __deepcopy__(self, memo: dict) -> Bases:
        return self


class TensorBases(Bases):
    """Tensor powers of R^k under any `LieAlgebra`: kind p is rank p, and -1 is the dual of the vectors.

    A vector is paired with a dual vector by the plain dot product, so the maps V -> V* (the invariant forms J with
    L^T J + J L = 0) make invariants learnable without assuming a metric.

    Parameters
    ----------
    algebra : LieAlgebra
        The symmetry.
    exact : bool
        Take only maps that are equivariant to rounding; else those of a noisy algebra too (see `map_space`).
    """

    def __init__(self, algebra: LieAlgebra, *, exact: bool = True) -> None:
        super().__init__()
        self.algebra, self.exact = algebra, exact
        self._residual = 0.0

    def size(self, kind: int) -> int:
        return self.algebra.k ** abs(kind)

    def _solve(self, source: int, target: int) -> Tensor:
        from ...symmetries.invariants import map_space

        if source == target == SCALAR:
            return torch.ones(1, 1, 1, dtype=torch.float64)
        shape = self.size(target), self.size(source)
        if (source, target) == (VECTOR, DUAL):  # J with L^T J + J L = 0: an invariant of two vectors
            space = map_space(self.algebra, 2, SCALAR, exact=self.exact)
        elif DUAL in (source, target):  # not needed: a dual only meets tensors, in a product
            return torch.zeros(0, *shape, dtype=torch.float64)
        else:
            space = map_space(self.algebra, source, target, exact=self.exact)
        self._residual = max(self._residual, float(space.residual))
        return space.basis.reshape(-1, *shape)

    @property
    def residual(self) -> float:
        return self._residual

    def products(self, kinds: tuple[int, ...]) -> tuple[Product, ...]:
        ranks = [kind for kind in kinds if kind > 0]
        found = [Product(p, q, p + q) for p in ranks for q in ranks if p >= q and p + q in ranks]
        if VECTOR in ranks and 2 not in ranks and len(self.maps(2, VECTOR)):
            found.append(Product(VECTOR, VECTOR, 2))  # mapped back to vectors: cross products and their like
        if VECTOR in ranks and len(self.maps(VECTOR, DUAL)):
            found += [Product(p, DUAL, p - 1) for p in ranks if p == 1 or p - 1 in ranks]
        return tuple(found)

    def layout(self, rep: Rep, *, merge: bool = False) -> Layout:
        blocks = Layout(tuple(Block(t.rank, t.multiplicity, self.size(t.rank)) for t in rep.terms))
        return merged(blocks) if merge else blocks

    def encoder(self, rep: Rep) -> tuple[Tensor, Tensor] | None:
        return None
