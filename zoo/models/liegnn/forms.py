"""Which bilinear forms a network measures its points with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ...errors import ConfigError, SymmetryError
from ...symmetries import LieAlgebra
from ...symmetries.invariants import invariant_forms


def forms_of(symmetry: LieAlgebra) -> Tensor:
    """The invariant forms J of an algebra, L^T J + J L = 0, as `(F, k, k)`, the symmetric ones first.

    Each is scaled to a spectral norm of 1, so that x^T J x has the size of |x|^2.

    Raises
    ------
    SymmetryError
        If there are none.
    """
    forms = invariant_forms(symmetry).basis
    if not len(forms):
        raise SymmetryError(
            "this symmetry keeps no bilinear form, so there are no invariant x^T J y to build messages from: "
            f"{symmetry}. "
            "Scalings and general linear maps have none; take a subalgebra (for so(1,3) with a scaling, its derived "
            "algebra), or give the forms yourself: forms=[J]"
        )
    return forms / torch.linalg.matrix_norm(forms, ord=2)[:, None, None]


def given_forms(forms: Any, k: int) -> Tensor:
    """The user's forms as `(F, k, k)`, each symmetric or antisymmetric, scaled to a spectral norm of 1.

    Raises
    ------
    ConfigError
        If they are of another shape, or one is zero or neither symmetric nor antisymmetric.
    """
    given = torch.as_tensor(forms, dtype=torch.float64)
    given = given[None] if given.ndim == 2 else given
    if given.ndim != 3 or given.shape[1:] != (k, k) or not len(given):
        raise ConfigError(f"forms must be matrices (F, {k}, {k}), got the shape {tuple(given.shape)}")
    sizes = torch.linalg.matrix_norm(given, ord=2)[:, None, None]
    if not bool((sizes > 0).all()) or not bool(torch.isfinite(given).all()):
        raise ConfigError("a form is zero or not finite; give bilinear forms that measure something")
    given = given / sizes
    symmetric, antisymmetric = (given - given.mT).abs().amax((1, 2)), (given + given.mT).abs().amax((1, 2))
    if bool((torch.minimum(symmetric, antisymmetric) > 1e-6).any()):
        raise ConfigError("each form must be symmetric or antisymmetric; give the two parts of a mixed one separately")
    return torch.cat([given[symmetric <= 1e-6], given[symmetric > 1e-6]])


def preserving(forms: Tensor) -> LieAlgebra:
    """The algebra of all L with L^T J + J L = 0 for every given form J."""
    k = forms.shape[-1]
    identity = torch.eye(k, dtype=torch.float64)
    # row-major vec: vec(L^T J) and vec(J L) as linear maps of vec(L)
    rows = [
        torch.einsum("cb,ad->abcd", form, identity).reshape(k * k, k * k)
        + torch.einsum("ac,bd->abcd", form, identity).reshape(k * k, k * k)
        for form in forms.double()
    ]
    _, values, basis = torch.linalg.svd(torch.cat(rows))
    return LieAlgebra(basis[values <= 1e-10 * max(1.0, float(values[0]))].reshape(-1, k, k))


def on_coordinates(algebra: LieAlgebra, coordinates: Sequence[int], k: int) -> LieAlgebra:
    """The algebra acting on some of the k coordinates; the others stay fixed.

    Raises
    ------
    ConfigError
        If these are not as many different coordinates of R^k as the algebra acts on.
    """
    chosen = [int(c) for c in coordinates]
    if len(set(chosen)) != algebra.k or not all(0 <= c < k for c in chosen):
        raise ConfigError(
            f"coordinates must name {algebra.k} different ones of 0 ... {k - 1}, for an algebra that acts on "
            f"R^{algebra.k}; got {list(coordinates)}"
        )
    basis = torch.zeros(algebra.c, k, k, dtype=torch.float64)
    index = torch.tensor(chosen)
    basis[:, index[:, None], index] = algebra.basis
    return LieAlgebra(basis, algebra.coefficients)


def form_on_coordinates(forms: Tensor, coordinates: Sequence[int], k: int) -> Tensor:
    """Forms `(F, m, m)` on some of the k coordinates, zero on the others."""
    wide = torch.zeros(len(forms), k, k, dtype=torch.float64)
    index = torch.tensor([int(c) for c in coordinates])
    wide[:, index[:, None], index] = forms
    return wide


def as_config(forms: Any) -> list | str | None:
    """What a config keeps of given forms."""
    if isinstance(forms, str):
        if forms != "nearest":
            raise ConfigError(f'forms are matrices (F, k, k), or "nearest"; got {forms!r}')
        return forms
    return None if forms is None else torch.as_tensor(forms, dtype=torch.float64).tolist()
