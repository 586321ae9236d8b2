"""Pictures of images and solutions that are moved."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from zoo.actions.draw_moved import draw_moved
from zoo.errors import ConfigError, SymmetryError
from zoo.symmetries.field import FunctionField
from zoo.tasks.pde import EQUATIONS

pytest.importorskip("matplotlib")
X = torch.arange(32, dtype=torch.float64)
T = torch.linspace(0, 2, 12, dtype=torch.float64)


def panels(path: Path) -> int:
    return path.read_text().count('id="axes_')


def fields() -> FunctionField:
    kdv = EQUATIONS["kdv"].symmetries
    return FunctionField(lambda p: torch.stack([kdv[name](p) for name in ("x", "boost")], 2), 3)


def test_a_solution_is_moved_along_each_field(tmp_path: Path) -> None:
    u = torch.sin(2 * math.pi * X / 32 - T[:, None])[None]
    draw_moved(fields(), tmp_path / "moved.svg", data=(u, X, T))
    text = (tmp_path / "moved.svg").read_text()
    assert panels(tmp_path / "moved.svg") == 10 and text.count("<image") == 10
    with pytest.raises(ConfigError, match="give data"):
        draw_moved(fields(), tmp_path / "none.svg")


@pytest.mark.parametrize("shape", [(9, 12), (3, 9, 12)])
def test_an_image_is_turned(shape: tuple[int, ...], tmp_path: Path) -> None:
    draw_moved("so(2)", tmp_path / "turned.svg", image=np.random.default_rng(0).random(shape), amount=1.0)
    assert panels(tmp_path / "turned.svg") == 5


def test_an_image_may_be_a_file(tmp_path: Path) -> None:
    pillow = pytest.importorskip("PIL.Image")
    pillow.fromarray(np.zeros((8, 8, 3), dtype=np.uint8)).save(tmp_path / "black.png")
    draw_moved("so(2)", tmp_path / "turned.png", image=tmp_path / "black.png")
    assert (tmp_path / "turned.png").stat().st_size > 0


def test_errors(tmp_path: Path) -> None:
    with pytest.raises(SymmetryError, match="moves no solutions"):
        draw_moved("so(2)", tmp_path / "a.png")
    with pytest.raises(ConfigError, match="an image is"):
        draw_moved("so(2)", tmp_path / "a.png", image=torch.zeros(2, 3, 4, 4))
    assert not list(tmp_path.iterdir())
