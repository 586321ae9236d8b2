"""Algebras that fill all the room their defining property leaves them: gl, sl, so(p, q), sp, translations."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .. import named
from ..span import Array
from .proposal import Proposal, localised

# A form this close to singular is none: its coordinates, of condition 1e4, would turn rounding into angles of 1e-8.
_DEGENERATE = 1e-8


def linear(basis: Array) -> Iterator[Proposal | None]:
    """gl and sl, which their dimension gives away."""
    c, k, _ = basis.shape
    if c == k * k:
        yield Proposal.from_canonical(f"gl({k})", named.gl_basis(k), np.eye(k))
    if c == k * k - 1:
        yield Proposal.from_canonical(f"sl({k})", named.sl_basis(k), np.eye(k))


def proposals(basis: Array) -> Iterator[Proposal | None]:
    """so, sp and translations, those whose dimension fits."""
    c, k, _ = basis.shape
    if c == k * (k - 1) // 2:
        yield _orthogonal(basis)
    if c == k * (k + 1) // 2 and k % 2 == 0:
        yield _symplectic(basis)
    if c < k:
        yield _translations(basis)


def nearest_form(basis: Array, symmetric: bool) -> Array:
    """The (anti)symmetric J of norm 1 that the generators change least: L^T J + J L is smallest."""
    k = basis.shape[1]
    sign = 1.0 if symmetric else -1.0
    units = np.eye(k * k).reshape(k * k, k, k)
    forms = units + sign * units.swapaxes(1, 2)
    forms = np.linalg.svd(forms.reshape(k * k, -1))[2][: k * (k + (1 if symmetric else -1)) // 2].reshape(-1, k, k)
    half = np.einsum("fij,cjk->fcik", forms, basis)
    change = half + sign * half.swapaxes(2, 3)  # (J L)^T = L^T J^T = sign L^T J
    return np.tensordot(np.linalg.svd(change.reshape(len(forms), -1))[0][:, -1], forms, 1)


def _orthogonal(basis: Array) -> Proposal | None:
    """so(p, q) of the invariant form J = P^-T diag(1, .., -1, ..) P^-1, the smaller signature first."""
    k = basis.shape[1]
    form = nearest_form(basis, symmetric=True)
    values, vectors = np.linalg.eigh(_first_axis_positive(form))
    if np.abs(values).min() < _DEGENERATE * np.abs(values).max():
        return None
    if (values > 0).sum() > (values < 0).sum():
        values = -values
    minority = values > 0
    p = int(minority.sum())
    scale = np.exp(-0.5 * np.mean(np.log(np.abs(values))))
    root = (vectors / np.sqrt(np.abs(values)) / scale) @ vectors.T
    axes = np.concatenate([localised(vectors[:, minority]), localised(vectors[:, ~minority])], axis=1)
    name = f"so({k})" if p == 0 else f"so({p},{k - p})"
    return Proposal.from_canonical(name, named.so_basis(p, k - p), root @ axes)


def _first_axis_positive(form: Array) -> Array:
    """The form with the sign in which the first axis that has a part in it is positive, whatever the rounding."""
    sizes = np.abs(form.diagonal())
    first = form.diagonal()[np.argmax(sizes > 0.5 * sizes.max())]
    return -form if first < 0 else form


def _symplectic(basis: Array) -> Proposal | None:
    """sp(k): all S J^-1 with S symmetric, for the invariant antisymmetric form."""
    k = basis.shape[1]
    form = nearest_form(basis, symmetric=False)
    if np.linalg.cond(form) > 1 / _DEGENERATE:
        return None
    units = np.eye(k * k).reshape(k * k, k, k)
    symmetric = (units + units.swapaxes(1, 2)) @ form.T
    span = np.linalg.svd((np.linalg.inv(form) @ symmetric @ np.linalg.inv(form.T)).reshape(k * k, -1))[2]
    return Proposal(f"sp({k})", span[: len(basis)].reshape(-1, k, k))


def _translations(basis: Array) -> Proposal | None:
    """x -> x + a on (x, 1): the matrices a f^T that share one covector f and have f(a) = 0."""
    c, k, _ = basis.shape
    covector = np.linalg.svd(basis.reshape(c * k, k))[2][0]
    shifts = basis @ covector
    shifts = shifts - np.outer(shifts @ covector, covector)
    values = np.linalg.svd(shifts, compute_uv=False)
    if values[-1] < 0.5:
        return None
    directions = localised(np.linalg.svd(shifts)[2][:c].T)
    others = np.concatenate([directions, covector[:, None]], axis=1)
    rest = localised(complement_of(others))
    change = np.concatenate([directions, rest, covector[:, None]], axis=1)
    name = f"translations({c})" + (f" on R^{k}" if k > c + 1 else "")
    canonical = np.array([named.unit_matrix(k, i, k - 1) for i in range(c)])
    return Proposal.from_canonical(name, canonical, change)


def complement_of(columns: Array) -> Array:
    """Orthonormal columns orthogonal to the given orthonormal ones."""
    return np.linalg.svd(columns, full_matrices=True)[0][:, columns.shape[1] :]
