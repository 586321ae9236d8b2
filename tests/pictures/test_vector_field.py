"""Generators on a grid as vector fields."""

from __future__ import annotations

import pytest
import torch

from zoo.errors import ConfigError, SymmetryError
from zoo.pictures import nearest_field, plot_vector_field
from zoo.symmetries import FunctionField, Grid, LieAlgebra

pytest.importorskip("matplotlib")
GRID = Grid((9, 11))
TURN = LieAlgebra([[0.0, -1.0], [1.0, 0.0]])


def noise(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("periodic", [False, True])
def test_the_field_of_a_generator_is_the_one_it_was_made_of(periodic: bool) -> None:
    grid = Grid((9, 11), periodic=periodic)
    field = FunctionField(lambda p: torch.stack([torch.stack([p[:, 1] ** 2, -p[:, 0]], 1), p.sin()], 2), 2)
    fields, share = nearest_field(grid.generators(field), grid)
    assert torch.allclose(fields, field(grid.points).permute(2, 0, 1)) and torch.allclose(share, torch.ones(2).double())
    fields, share = nearest_field(grid.generators(TURN)[0].float(), grid)
    assert torch.allclose(fields[0], grid.points @ TURN.basis[0].T, atol=1e-5) and share.shape == (1,)


def test_what_is_no_field_is_told_by_its_share() -> None:
    turn = GRID.generators(TURN)[0]
    other = torch.eye(99, dtype=torch.float64) * turn.norm() / 99**0.5  # orthogonal to every field
    fields, share = nearest_field(torch.stack([turn + other, other, 0 * turn]), GRID)
    assert torch.allclose(share, torch.tensor([0.5, 0, 0]).double().sqrt(), atol=1e-7)
    assert torch.allclose(fields[0], GRID.points @ TURN.basis[0].T) and not fields[1:].abs().max() > 1e-12


def test_in_the_metric_of_data_only_what_they_show_counts() -> None:
    turn = GRID.generators(TURN)[0]
    shown, _ = torch.linalg.qr(noise(99, 40))
    moments = shown @ torch.diag(noise(40).exp()) @ shown.T
    unseen = turn + 5 * noise(99, 99) @ (torch.eye(99, dtype=torch.float64) - shown @ shown.T)
    fields, share = nearest_field(unseen, GRID, moments)
    assert torch.allclose(fields[0], GRID.points @ TURN.basis[0].T, atol=1e-8) and share[0] > 1 - 1e-8
    assert nearest_field(unseen, GRID)[1][0] < 0.5


@pytest.mark.parametrize("image", [None, torch.rand(9, 11), torch.rand(1, 9, 11), torch.rand(3, 9, 11).numpy()])
def test_a_picture_with_and_without_an_image(image, tmp_path) -> None:
    generators = GRID.generators(LieAlgebra.sl(2))
    plot_vector_field(generators, GRID, tmp_path / "fields.svg", image=image, names=["a", "b", "c"], title="sl(2)")
    text = (tmp_path / "fields.svg").read_text()
    assert text.count("Quiver") == 3 and ("<image" in text) == (image is not None)


def test_large_images_and_no_generators(tmp_path) -> None:
    grid = Grid((28, 28))
    plot_vector_field(grid.generators(TURN)[0], grid, tmp_path / "large.png", image=torch.rand(28, 28))
    plot_vector_field(torch.zeros(0, 784, 784), grid, tmp_path / "none.png")
    assert (tmp_path / "large.png").stat().st_size > 1000 and (tmp_path / "none.png").exists()


def test_what_does_not_fit_is_refused(tmp_path) -> None:
    with pytest.raises(SymmetryError, match="in two dimensions"):
        plot_vector_field(torch.zeros(5, 5), Grid(5), tmp_path / "line.png")
    with pytest.raises(SymmetryError, match=r"\(99, 99\) or \(c, 99, 99\), got \(98, 98\)"):
        nearest_field(torch.zeros(98, 98), GRID)
    with pytest.raises(SymmetryError, match="second moments"):
        nearest_field(torch.zeros(99, 99), GRID, torch.eye(3))
    with pytest.raises(SymmetryError, match=r"an image on Grid.* has shape"):
        plot_vector_field(torch.zeros(99, 99), GRID, tmp_path / "a.png", image=torch.rand(11, 9))
    with pytest.raises(ConfigError, match=r"a\.bmp"):
        plot_vector_field(torch.zeros(99, 99), GRID, tmp_path / "a.bmp")
