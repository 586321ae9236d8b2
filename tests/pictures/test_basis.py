"""Pictures of generators."""

from __future__ import annotations

import pytest
import torch

from zoo.errors import ConfigError
from zoo.pictures import plot_basis
from zoo.symmetries import LieAlgebra

pytest.importorskip("matplotlib")


@pytest.mark.parametrize("algebra", [LieAlgebra.so(3), LieAlgebra.lorentz(), LieAlgebra(torch.zeros(0, 3, 3))])
def test_a_picture_of_any_number_of_generators(algebra, tmp_path):
    plot_basis(algebra, tmp_path / "basis.png")
    assert (tmp_path / "basis.png").stat().st_size > 1000


def test_the_name_and_the_numbers_are_written(tmp_path):
    plot_basis(LieAlgebra.so(3), tmp_path / "basis.svg", title=None)
    assert (tmp_path / "basis.svg").read_text().count('<g id="text_') > 9


def test_other_formats_are_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"basis\.bmp"):
        plot_basis(LieAlgebra.so(3), tmp_path / "basis.bmp")
