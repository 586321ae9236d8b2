"""Three equal bodies that start near a rotating equilateral triangle (Hamiltonian neural networks, three bodies).

Units: G = m = 1. At the start the bodies stand at the corners of an equilateral triangle about the origin, at a polar
angle uniform in [-180, 180) degrees and a distance r uniform in [0.9, 1.2] from it, and move counter-clockwise at the
speed 1 / sqrt(sqrt(3) r) of the circular motion, each component of each velocity multiplied by 1 + 0.2 U(-1, 1). The
orbit is recorded at 20 equal steps on [0, 5]; the centre of mass drifts. 5000 orbits in all, a fifth of them for
testing; validation orbits come on top. Training and test orbits have one distribution. (The published generator draws
the angle from a square, which favours its corners; here it is uniform. Its noise, kept, prefers the axes.)

A state is (x, y, px, py) of the first, second and third body: k = 12. Input `(B, 5, 12)`, output `(B, 5, 12)`: the
five steps that follow. Discovery pairs: a step and the next one, `(B, 12)` each. True symmetry: SO(2) turning the six
planes together.

Close encounters are solved, not left out: see `record`.
"""

from __future__ import annotations

import numpy as np

from ..symmetries import LieAlgebra
from . import metrics
from .extrapolation import TOLERANCE, solve
from .gravity import accelerations, record_with_scipy
from .rotations import planar_rotation
from .samples import Signature, Split
from .task import random_stream
from .trajectories import TrajectoryTask

STEPS = 20
DURATION = 5.0
RADIUS = (0.9, 1.2)
NOISE = 0.2


def reference() -> LieAlgebra:
    """so(2) on R^12: one generator, six equal blocks."""
    return planar_rotation(6)


def initial(split: str, size: int, seed: int) -> np.ndarray:
    """States `(size, 12)` at time 0."""
    uniform = random_stream("three_body", split, seed).random((size, 8))
    radius = RADIUS[0] + (RADIUS[1] - RADIUS[0]) * uniform[:, :1]
    angle = np.pi * (2 * uniform[:, 1:2] - 1) + 2 * np.pi / 3 * np.arange(3)
    outward = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    onward = np.stack([-np.sin(angle), np.cos(angle)], axis=-1)
    factor = 1 + NOISE * (2 * uniform[:, 2:].reshape(size, 3, 2) - 1)
    speed = 1 / np.sqrt(np.sqrt(3) * radius)
    return np.concatenate([radius[..., None] * outward, speed[..., None] * onward * factor], axis=-1).reshape(size, 12)


def record(states: np.ndarray, times: np.ndarray, tolerance: float = TOLERANCE) -> np.ndarray:
    """Orbits `(N, T, 12)` from states `(N, 12)`."""
    bodies = states.reshape(-1, 3, 4)
    positions, velocities = solve(accelerations, bodies[..., :2], bodies[..., 2:], times, tolerance)
    return np.concatenate([positions, velocities], axis=-1).reshape(len(states), len(times), 12)


TASK = TrajectoryTask(
    name="three_body",
    summary="three equal masses near a rotating triangle, five steps from the five before",
    k=12,
    prediction=Signature("5x1", "5x1", (5, 12), (5, 12)),
    discovery=Signature("1x1", "1x1", (12,), (12,)),
    splits={"train": Split(4000, 0), "validation": Split(500, 1), "test": Split(1000, 2)},
    columns=tuple(f"{coordinate}{body}" for body in (1, 2, 3) for coordinate in ("x", "y", "px", "py")),
    reference=reference,
    metric=metrics.forecast,
    times=np.linspace(0.0, DURATION, STEPS),
    initial=initial,
    solvers={"extrapolation": record, "scipy": record_with_scipy},
)
