"""Single generators: rotations, boosts, scalings, translations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from ...errors import SymmetryError
from .. import named
from ..periodic import nearest_periodic, spectral_projector, well_separated
from ..span import Array
from .proposal import Proposal, localised, null_space

_CLUSTER = 0.1  # of the base frequency or rate, as for `nearest_periodic`
_MAX_ORDER = 12


def proposals(basis: Array) -> Iterator[Proposal | None]:
    """Rotation, translation, scalings and boosts."""
    yield _rotation(basis[0])
    yield _translation(basis[0])
    yield _dilation(basis[0])


def abelian(basis: Array) -> Proposal:
    """What a single generator is in any case."""
    return Proposal("abelian(1)", basis)


def _rotation(generator: Array) -> Proposal | None:
    # A span has no direction: the one that turns the first axis to a later one, as the canonical generator does.
    if generator.flat[_first_large(generator.ravel())] > 0:
        generator = -generator
    try:
        circle, base = nearest_periodic(generator, _MAX_ORDER, _CLUSTER)
    except SymmetryError:
        return None
    k, columns, turns = len(generator), [], []
    rounded = np.rint(np.linalg.eigvals(circle).imag / base).astype(int)
    for n in sorted(set(rounded[rounded > 0].tolist())):
        # L (x + i y) = i w n (x + i y) turns y into w n x and x into -w n y: the plane (y, x).
        vectors = localised(_range(spectral_projector(circle, 1j * base * n, base / 2)))
        for vector in vectors.T:
            vector = vector * np.exp(1j * (np.pi / 2 - np.angle(vector[_first_large(vector)])))
            columns += [np.sqrt(2) * vector.imag, np.sqrt(2) * vector.real]
            turns.append(n)
    still = localised(null_space(circle, 1e-8))
    change = np.concatenate([np.array(columns).T, still], axis=1)
    canonical = named.rotation_of_planes(turns, k - 2 * len(turns))[None]
    return Proposal.from_canonical(_rotation_name(turns, k), canonical, change)


def _rotation_name(turns: list[int], k: int) -> str:
    if set(turns) == {1}:
        copies = f" x{len(turns)}" if len(turns) > 1 else ""
        return "so(2)" + copies + (f" on R^{k}" if k > 2 else "")
    return f"so(2) with frequencies {', '.join(map(str, turns))} on R^{k}"


def _translation(generator: Array) -> Proposal | None:
    """x -> x + t a on (x, 1): rank one, and its own square is zero."""
    left, values, right = np.linalg.svd(generator)
    k = len(generator)
    if k < 2 or (values[1] > 0.3 * values[0]) or abs(right[0] @ left[:, 0]) > 0.3:
        return None
    row = right[0]
    column = left[:, 0] - row * (row @ left[:, 0])
    matrix = np.outer(column, row)
    name = "translations(1)" + (f" on R^{k}" if k > 2 else "")
    return Proposal(name, matrix[None])


def _dilation(generator: Array) -> Proposal | None:
    """Real eigenvalues at integer multiples of a rate: the scaling, boosts, and scalings with weights."""
    k, eigenvalues = len(generator), np.linalg.eigvals(generator)
    fastest = eigenvalues.real[np.argmax(np.abs(eigenvalues.real))]
    if fastest == 0:
        return None
    for order in range(1, _MAX_ORDER + 1):
        weights = np.rint(eigenvalues.real * order / fastest).astype(int)
        rate = float(weights @ eigenvalues.real / (weights @ weights))
        scatter = float(np.abs(eigenvalues - rate * weights).max() / abs(rate))
        if scatter <= _CLUSTER:
            break
    else:
        return None
    counts = Counter(weights.tolist())
    columns, diagonal, size = [], [], 1.0
    for weight in sorted(counts, reverse=True):
        projection = np.real(spectral_projector(generator, rate * weight, abs(rate) / 2))
        size = max(size, float(np.linalg.norm(projection, 2)))
        block = localised(_range(projection))
        columns.append(block)
        diagonal += [weight] * block.shape[1]
    change = np.concatenate(columns, axis=1)
    if change.shape != (k, k) or not well_separated(scatter, size, _CLUSTER):
        return None
    if _is_boost(counts):
        return _boost(change, counts[1])
    return Proposal.from_canonical(_dilation_name(counts), np.diag(np.array(diagonal, dtype=float))[None], change)


def _is_boost(counts: Counter[int]) -> bool:
    return set(counts) <= {-1, 0, 1} and counts[1] == counts[-1]


def _boost(eigenvectors: Array, planes: int) -> Proposal:
    """Planes in which the growing and the shrinking direction are the diagonals, as for so(1, 1)."""
    k = len(eigenvectors)
    growing, shrinking = eigenvectors[:, :planes], eigenvectors[:, k - planes :]
    axes = np.stack([growing + shrinking, growing - shrinking], axis=2).reshape(k, 2 * planes) / np.sqrt(2)
    canonical = np.zeros((1, k, k))
    canonical[0, : 2 * planes, : 2 * planes] = np.kron(np.eye(planes), named.so_basis(1, 1)[0])
    name = "so(1,1)" + (f" x{planes}" if planes > 1 else "") + (f" on R^{k}" if k > 2 else "")
    change = np.concatenate([axes, eigenvectors[:, planes : k - planes]], axis=1)
    return Proposal.from_canonical(name, canonical, change)


def _dilation_name(counts: Counter[int]) -> str:
    if set(counts) == {1}:
        return "scaling"
    weights = ", ".join(str(weight) for weight in sorted(counts.elements(), reverse=True))
    return f"scaling with weights {weights}"


def _first_large(vector: Array) -> int:
    """The first entry that is about as large as any, whatever rounding does to ties."""
    return int(np.argmax(np.abs(vector) > 0.9 * np.abs(vector).max()))


def _range(projection: Array) -> Array:
    """Orthonormal columns that span the range of a projector."""
    left, values, _ = np.linalg.svd(projection)
    return left[:, : int((values > 0.5).sum())]
