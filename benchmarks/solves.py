"""Null spaces, cold: nothing kept in memory or on disk. The reference is a dense eigendecomposition in the same run."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from unittest import mock

import numpy as np

from zoo.symmetries import LieAlgebra, map_space
from zoo.symmetries.invariants import clear_memory

from .timing import Row, interleaved, show

REPEATS = 3


@dataclass(frozen=True)
class Case:
    """A problem, and what emlp 1.0.3 (JAX) takes for it: measured elsewhere, one thread of a shared x86-64 machine."""

    what: str
    algebra: LieAlgebra
    p: int
    q: int
    peer: str = ""

    def solve(self) -> None:
        """From nothing."""
        clear_memory()
        with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ, ZOO_CACHE=folder):
            map_space(self.algebra, self.p, self.q)

    def solve_densely(self) -> None:
        """All eigenvectors of C^T C at once."""
        unit = self.algebra.orthonormal().basis.numpy()
        rho_in, rho_out = ([_power(matrix, rank) for matrix in unit] for rank in (self.p, self.q))
        size = len(rho_in[0]) * len(rho_out[0])
        normal = np.zeros((size, size))
        for a, b in zip(rho_out, rho_in, strict=True):
            normal += np.kron(a.T @ a, np.eye(len(b))) + np.kron(np.eye(len(a)), b @ b.T)
            mixed = np.kron(a, b)
            normal -= mixed + mixed.T
        np.linalg.eigh(normal)


def main() -> None:
    """Time every problem and print the table."""
    rotation, lorentz = LieAlgebra.so2(4), LieAlgebra.lorentz()
    cases = [
        Case("so(2) on R^8, 2 -> 2 (4096 unknowns)", rotation, 2, 2, "21-44 s"),
        Case("the same, noise 1e-3", _noisy(rotation, 1e-3), 2, 2, "21-44 s"),
        Case("so(1,3), 2 -> 3 (1024 unknowns)", lorentz, 2, 3, "15 s"),
        Case("so(1,3), 3 -> 3 (4096 unknowns)", lorentz, 3, 3, "47 s"),
        Case("the same, noise 1e-3", _noisy(lorentz, 1e-3), 3, 3, "47 s"),
        Case("so(3), 3 -> 3 (729 unknowns)", LieAlgebra.so(3), 3, 3, "4.8 s (O(3))"),
    ]
    rows = []
    for case in cases:
        seconds = interleaved({"here": case.solve}, REPEATS)["here"]
        dense = interleaved({"dense": case.solve_densely}, 1)["dense"]
        rows.append(Row(case.what, seconds, "dense eigh of C^T C", dense, case.peer))
    show(
        "Equivariant maps, cold",
        rows,
        f"medians of {REPEATS}, the dense reference once; elsewhere: emlp 1.0.3, one thread",
    )


def _power(matrix: np.ndarray, rank: int) -> np.ndarray:
    """The generator on tensors of a rank, as a dense matrix."""
    k = len(matrix)
    slots = (np.kron(np.kron(np.eye(k**i), matrix), np.eye(k ** (rank - 1 - i))) for i in range(rank))
    return sum(slots, np.zeros((k**rank, k**rank)))


def _noisy(algebra: LieAlgebra, noise: float) -> LieAlgebra:
    """Gaussian noise on every entry, in a random basis of the span: what a discoverer finds."""
    rng = np.random.default_rng(0)
    basis = algebra.basis.numpy() + noise * rng.standard_normal(algebra.basis.shape)
    return LieAlgebra(np.einsum("ab,bij->aij", rng.standard_normal((algebra.c, algebra.c)), basis))
