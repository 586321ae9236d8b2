"""The moment of inertia of five point masses.

I = sum_i m_i (|r_i|^2 1 - r_i r_i^T), masses uniform in [0.5, 2], positions N(0, I) in R^3, all without units. Input
`(B, 20)`: five masses, then five positions; output `(B, 3, 3)`. Discovery pairs are the same. True symmetry: SO(3)
on R^3; masses are scalars, positions vectors, the output is a tensor of rank two.
"""

from __future__ import annotations

import numpy as np
import torch

from ..symmetries import LieAlgebra
from . import metrics
from .pairs import PairTask
from .samples import Signature, Split

POINTS = 5
MASS = (0.5, 2.0)


def reference() -> LieAlgebra:
    """so(3): the turns about x, y and z."""
    basis = torch.zeros(3, 3, 3, dtype=torch.float64)
    for axis in range(3):
        first, second = (axis + 1) % 3, (axis + 2) % 3
        basis[axis, first, second], basis[axis, second, first] = -1.0, 1.0
    return LieAlgebra(basis)


def moment_of_inertia(masses: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """`(..., n)` masses and `(..., n, 3)` positions to tensors `(..., 3, 3)`."""
    spread = np.sum(masses * np.sum(positions**2, axis=-1), axis=-1)
    squares = positions[..., :, None] * positions[..., None, :]
    return spread[..., None, None] * np.eye(3) - np.sum(masses[..., None, None] * squares, axis=-3)


def draw(size: int, stream: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Samples `(size, 20)` and tensors `(size, 3, 3)`."""
    uniform, normal = stream.spawn(2)
    masses = MASS[0] + (MASS[1] - MASS[0]) * uniform.random((size, POINTS))
    positions = normal.standard_normal((size, POINTS, 3))
    return np.concatenate([masses, positions.reshape(size, -1)], axis=1), moment_of_inertia(masses, positions)


_COLUMNS = (
    *(f"m{point + 1}" for point in range(POINTS)),
    *(f"{axis}{point + 1}" for point in range(POINTS) for axis in "xyz"),
    *(f"I{row}{column}" for row in "xyz" for column in "xyz"),
)

TASK = PairTask(
    name="inertia",
    summary="five masses and positions in R^3 to their moment of inertia",
    k=3,
    prediction=Signature("5x0 + 5x1", "1x2", (4 * POINTS,), (3, 3)),
    discovery=Signature("5x0 + 5x1", "1x2", (4 * POINTS,), (3, 3)),
    splits={"train": Split(10000, 0), "validation": Split(2000, 1), "test": Split(5000, 2)},
    columns=_COLUMNS,
    reference=reference,
    metric=metrics.regression,
    draw=draw,
)
