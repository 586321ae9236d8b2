"""Algebras with the translations, or with the scaling, and another algebra beside them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import numpy as np

from .. import named
from ..span import Array, orthonormal
from .classical import complement_of
from .proposal import Proposal, localised

Propose = Callable[[Array], "Proposal | None"]


def proposals(basis: Array, propose: Propose) -> Iterator[Proposal | None]:
    """Linear part + translations, then traceless part + scaling; `propose` names the part."""
    yield _with_translations(basis, propose)
    yield _with_scaling(basis, propose)


def _with_translations(basis: Array, propose: Propose) -> Proposal | None:
    """On (x, 1): the generators that have a common left null vector, and all translations among them."""
    c, k, _ = basis.shape
    n = k - 1
    covector = np.linalg.eigh(np.einsum("cij,clj->il", basis, basis))[1][:, :1]
    covector = covector * np.sign(covector[np.argmax(np.abs(covector))])
    axes = np.concatenate([localised(complement_of(covector)), covector], axis=1)
    moved = axes.T @ basis @ axes
    linear = moved[:, :n, :n].reshape(c, n * n)
    rank = int((np.linalg.svd(linear, compute_uv=False) > 0.5).sum())
    if rank != c - n or rank == 0:
        return None
    inner = propose(orthonormal(linear.reshape(c, n, n), rank))
    if inner is None:
        return None
    canonical = np.zeros((c, k, k))
    canonical[:rank, :n, :n] = inner.span if inner.canonical is None else inner.canonical
    canonical[rank:] = named.translations_basis(n)
    change = np.eye(k)
    change[:n, :n] = np.eye(n) if inner.change is None else inner.change
    return Proposal.from_canonical(_affine_name(inner.name, rank, n), canonical, axes @ change)


def _affine_name(linear: str, rank: int, n: int) -> str:
    if rank == n * n:
        return f"affine({n})"
    orthogonal = re.fullmatch(r"so\((\d+)(,\d+)?\)( \+ scaling)?", linear)
    if orthogonal and not orthogonal[3]:
        return f"poincare({orthogonal[1]}{orthogonal[2]})" if orthogonal[2] else f"euclidean({n})"
    if orthogonal and not orthogonal[2]:
        return f"similarity({n})"
    return f"{linear} + translations({n})"


def _with_scaling(basis: Array, propose: Propose) -> Proposal | None:
    """Multiples of the identity, and another algebra that has none in it."""
    c, k, _ = basis.shape
    identity = np.eye(k).reshape(1, -1) / np.sqrt(k)
    flat = basis.reshape(c, -1)
    along = flat @ identity[0]
    if np.linalg.norm(along) < 0.95 or c == 1:
        return None
    traceless = _orthogonal_to(along) @ flat
    traceless = traceless - (traceless @ identity.T) * identity
    inner = propose(orthonormal(traceless.reshape(-1, k, k)))
    if inner is None:
        return None
    name = f"{inner.name} + scaling"
    if inner.change is None or inner.canonical is None:
        return Proposal(name, np.concatenate([inner.span, np.eye(k)[None]]))
    return Proposal.from_canonical(name, np.concatenate([inner.canonical, np.eye(k)[None]]), inner.change)


def _orthogonal_to(vector: Array) -> Array:
    """Rows: an orthonormal basis of what is orthogonal to a vector."""
    return np.linalg.svd(vector[None])[2][1:]
