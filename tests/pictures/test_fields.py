"""Pictures of learned fields."""

from __future__ import annotations

import pytest
import torch

from zoo.discoverers.flow import NeuralField
from zoo.errors import SymmetryError
from zoo.pictures import plot_fields

pytest.importorskip("matplotlib")


def field(*coordinates: str) -> NeuralField:
    torch.manual_seed(0)
    made = NeuralField(coordinates, 3, trunk=(8,), head=4)
    made.place(torch.randn(100, len(coordinates)) * 5 + 1)
    return made


@pytest.mark.parametrize("coordinates", [("x", "y"), ("x", "t", "u")])
def test_a_panel_for_each_field(coordinates, tmp_path) -> None:
    plot_fields(field(*coordinates), tmp_path / "fields.svg", names=["first", "second", "third"], title="all")
    text = (tmp_path / "fields.svg").read_text()
    assert text.count("Quiver") == 3 and text.count("QuadMesh") >= 3 * (len(coordinates) == 3)


def test_one_coordinate_is_not_enough(tmp_path) -> None:
    with pytest.raises(SymmetryError, match="drawn over two coordinates"):
        plot_fields(field("x"), tmp_path / "fields.svg")
