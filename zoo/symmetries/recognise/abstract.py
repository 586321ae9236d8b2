"""What is left when the representation is not a plain one: abelian, or semisimple up to isomorphism."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .. import closure
from ..span import Array
from .proposal import Proposal

_ZERO = 1e-7  # eigenvalues of Killing forms of exactly closed algebras in orthonormal bases: 0 or of order 1/k


def proposals(basis: Array) -> Iterator[Proposal | None]:
    """Abelian, or a real form by dimension and signature of the Killing form (Cartan's criterion)."""
    c, k, _ = basis.shape
    constants, residual = closure.structure_constants(basis)
    if residual > closure.CLOSED:
        return
    if np.abs(constants).max() < _ZERO:
        yield Proposal(f"abelian({c})", basis)
        return
    centre, derived = closure.centre(basis), closure.derived(basis)
    if len(derived) + len(centre) != c:
        return
    name = _semisimple(derived)
    if name is not None:
        central = f" + abelian({len(centre)})" if len(centre) else ""
        yield Proposal(f"{name}{central} up to isomorphism, on R^{k}", basis)


def _semisimple(basis: Array) -> str | None:
    """Name of a real form; None for other algebras, and for sums of several."""
    constants, _ = closure.structure_constants(basis)
    values = np.linalg.eigvalsh(np.einsum("ilm,jml->ij", constants, constants))
    if np.abs(values).min() < _ZERO * np.abs(values).max():
        return None
    return _real_forms().get((len(basis), int((values > 0).sum())))


def _real_forms() -> dict[tuple[int, int], str]:
    """(dimension, number of positive eigenvalues of the Killing form) of the classical real forms."""
    forms = {(n * n - 1, n * (n + 1) // 2 - 1): f"sl({n})" for n in range(7, 2, -1)}
    forms |= {(n * n - 1, 0): f"su({n})" for n in range(7, 2, -1)}
    forms |= {(n * (n + 1) // 2, n * (n + 2) // 4): f"sp({n})" for n in range(8, 2, -2)}
    for n in range(8, 2, -1):
        forms |= {(n * (n - 1) // 2, p * (n - p)): f"so({p},{n - p})" for p in range(n // 2, 0, -1)}
        forms |= {(n * (n - 1) // 2, 0): f"so({n})"}
    return forms
