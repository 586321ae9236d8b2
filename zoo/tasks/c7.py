"""Regression of a function with the symmetry of a seven-fold axis (LieGAN, discrete rotation).

y = z / (1 + mod(atan2(y, x), 2 pi / 7)) of a point (x, y, z) ~ N(0, I), all without units. Input `(B, 3)`, output
`(B,)`; discovery pairs are the same. True symmetry: C7, the rotations by 2 pi j / 7 about z, written as one generator
2 pi / 7 R_z with integer coefficients.
"""

from __future__ import annotations

import numpy as np
import torch

from ..symmetries import Integer, LieAlgebra
from . import metrics
from .pairs import PairTask
from .samples import Signature, Split

SECTOR = 2 * np.pi / 7


def reference() -> LieAlgebra:
    """C7 about the third axis; coefficients -3, ..., 3 are its seven elements."""
    generator = torch.zeros(1, 3, 3, dtype=torch.float64)
    generator[0, 0, 1], generator[0, 1, 0] = -SECTOR, SECTOR
    return LieAlgebra(generator, Integer(-3, 3))


def target(points: np.ndarray) -> np.ndarray:
    """The function, `(..., 3) -> (...)`."""
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    return z / (1.0 + np.mod(np.arctan2(y, x), SECTOR))


def draw(size: int, stream: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Points `(size, 3)` and values `(size,)`."""
    points = stream.standard_normal((size, 3))
    return points, target(points)


TASK = PairTask(
    name="c7",
    summary="a scalar function on R^3 with a seven-fold axis",
    k=3,
    prediction=Signature("1x1", "1x0", (3,), ()),
    discovery=Signature("1x1", "1x0", (3,), ()),
    splits={"train": Split(20000, 0), "validation": Split(2000, 1), "test": Split(5000, 2)},
    columns=("x", "y", "z", "value"),
    reference=reference,
    metric=metrics.regression,
    draw=draw,
)
