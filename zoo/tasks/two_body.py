"""Two equal bodies on near-circular orbits about their centre of mass (LieGAN, section on trajectory prediction).

Units: G = m = 1. Both bodies lie at +-r from the centre, which rests at the origin, and move counter-clockwise.

- r^2 is uniform in [2.25, 9] at an apsis, where the speed is v_circ (1 + N(0, 1e-3)), v_circ = 1 / (2 sqrt r).
- The orbit is recorded from a random time of its period on: 20 steps of 20/49.
- At the first step, the first body stands at a polar angle uniform in (-180, 0) degrees in the training and
  validation orbits, in (0, 180) degrees in the test orbits. The half planes are what makes a symmetry worth having.

A state is (x, y, px, py) of the first body, then of the second: k = 8. Input `(B, 5, 8)`, output `(B, 5, 8)`: the
five steps that follow. Discovery pairs: a step and the next one, `(B, 8)` each. True symmetry: SO(2) turning the four
planes (position and momentum of each body) together.
"""

from __future__ import annotations

import numpy as np

from ..symmetries import LieAlgebra
from . import metrics
from .gravity import record_with_scipy
from .kepler import propagate
from .rotations import planar_rotation
from .samples import Signature, Split
from .task import random_stream
from .trajectories import TrajectoryTask

TIME_STEP = 20 / 49
STEPS = 20
RADIUS_SQUARED = (2.25, 9.0)
SPEED_SPREAD = 1e-3
ATTRACTION = 0.25  # each body feels G m / (2 r)^2 from the other, at the distance r from the centre
LOWEST_ANGLE = {"train": -np.pi, "validation": -np.pi, "test": 0.0}


def reference() -> LieAlgebra:
    """so(2) on R^8: one generator, four equal blocks."""
    return planar_rotation(4)


def initial(split: str, size: int, seed: int) -> np.ndarray:
    """States `(size, 8)` at the first step."""
    uniform, normal = random_stream("two_body", split, seed).spawn(2)
    area, time, turn = uniform.random((size, 3)).T
    radius = np.sqrt(RADIUS_SQUARED[0] + (RADIUS_SQUARED[1] - RADIUS_SQUARED[0]) * area)
    speed = np.sqrt(ATTRACTION / radius) * (1.0 + SPEED_SPREAD * normal.standard_normal(size))
    nothing = np.zeros(size)
    apsis = np.stack([radius, nothing], axis=1), np.stack([nothing, speed], axis=1)
    period = 2 * np.pi * (2 / radius - speed**2 / ATTRACTION) ** -1.5 / np.sqrt(ATTRACTION)
    position, velocity = (v[:, 0] for v in propagate(*apsis, (period * time)[:, None], ATTRACTION))
    angle = LOWEST_ANGLE[split] + np.pi * turn - np.arctan2(position[:, 1], position[:, 0])
    return _both(_turn(position, angle), _turn(velocity, angle))


def record(states: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Exact orbits `(N, T, 8)` from states `(N, 8)` with the centre of mass at rest in the origin."""
    return _both(*propagate(states[:, :2], states[:, 2:4], times, ATTRACTION))


def _turn(vectors: np.ndarray, angle: np.ndarray) -> np.ndarray:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.stack([cos * vectors[:, 0] - sin * vectors[:, 1], sin * vectors[:, 0] + cos * vectors[:, 1]], axis=1)


def _both(position: np.ndarray, velocity: np.ndarray) -> np.ndarray:
    """The state of both bodies: the second mirrors the first (m = 1, so momentum is velocity)."""
    return np.concatenate([position, velocity, -position, -velocity], axis=-1)


TASK = TrajectoryTask(
    name="two_body",
    summary="two equal masses on near-circular orbits, five steps from the five before",
    k=8,
    prediction=Signature("5x1", "5x1", (5, 8), (5, 8)),
    discovery=Signature("1x1", "1x1", (8,), (8,)),
    splits={"train": Split(814, 0), "validation": Split(200, 1), "test": Split(790, 2)},
    columns=("x1", "y1", "px1", "py1", "x2", "y2", "px2", "py2"),
    reference=reference,
    metric=metrics.forecast,
    times=TIME_STEP * np.arange(STEPS),
    initial=initial,
    solvers={"kepler": record, "scipy": record_with_scipy},
)
