"""Rotations that are the true symmetry of several tasks."""

from __future__ import annotations

import torch

from ..symmetries import LieAlgebra


def planar_rotation(planes: int) -> LieAlgebra:
    """so(2) on R^(2 planes), turning all planes together counter-clockwise."""
    quarter_turn = torch.tensor([[0.0, -1.0], [1.0, 0.0]], dtype=torch.float64)
    return LieAlgebra(torch.block_diag(*[quarter_turn] * planes)[None])
