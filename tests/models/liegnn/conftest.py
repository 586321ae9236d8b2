"""Point clouds for the tests of LieGNN, and the edge-list reference of the benchmarks."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

import pytest
import torch
from torch import Tensor

ROOT = Path(__file__).parents[3]


@pytest.fixture
def edge_list(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT))
    return importlib.import_module("benchmarks.edge_list")


@pytest.fixture
def clouds() -> Callable[..., Tensor]:
    """`clouds(counts, k=4)`: zero padded points `(B, N, k)` in float64; for k = 4 timelike momenta, as of jets."""

    def make(counts: Sequence[int], k: int = 4, seed: int = 0) -> Tensor:
        generator = torch.Generator().manual_seed(seed)
        x = torch.randn(len(counts), max(counts), k, generator=generator, dtype=torch.float64)
        if k == 4:
            x[..., 1:] *= 10 * torch.rand(*x.shape[:2], 1, generator=generator, dtype=torch.float64)
            x[..., 0] = (x[..., 1:].square().sum(-1) + 0.1 + x[..., 0] ** 2).sqrt()
        there = torch.arange(max(counts)) < torch.tensor(counts)[:, None]
        return torch.where(there[..., None], x, 0.0)

    return make
