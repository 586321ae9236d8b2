"""Jets out of random numbers, with the shape of real ones: massless, by falling pT, 600 GeV together."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from zoo.tasks.toptag.files import Chunk


def random_jets(jets: int, seed: int = 0) -> Chunk:
    stream = np.random.default_rng(seed)
    counts = np.clip(stream.normal(50, 18, jets), 3, 200).astype(np.int64)
    rows = np.repeat(np.arange(jets), counts)
    pt = stream.pareto(1.2, len(rows)) + 0.5
    pt *= 600 / np.bincount(rows, pt)[rows]
    pt = pt[np.lexsort((-pt, rows))]
    phi, eta = stream.normal(0, 0.3, (2, len(rows)))
    momentum = np.stack([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)], axis=1).astype(np.float32)
    energy = np.sqrt((momentum.astype(np.float64) ** 2).sum(1, keepdims=True)).astype(np.float32)
    labels = np.arange(jets) % 2
    truth = (stream.normal(600, 50, (jets, 4)) * labels[:, None]).astype(np.float32)
    return Chunk(np.concatenate([energy, momentum], axis=1), counts, labels, truth)


@pytest.fixture
def jets() -> Callable[..., Chunk]:
    """`jets(number, seed=0)`."""
    return random_jets


@pytest.fixture
def same() -> Callable[[Chunk, Chunk], None]:
    """Asserts that two chunks hold the same numbers, bit by bit."""

    def check(one: Chunk, other: Chunk) -> None:
        for name in ("values", "counts", "labels", "truth"):
            a, b = getattr(one, name), getattr(other, name)
            assert (a is None) == (b is None), name
            assert a is None or np.array_equal(a, b), name

    return check
