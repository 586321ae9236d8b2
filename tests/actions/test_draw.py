"""Pictures of symmetries: of algebras, of what discoverers found on images, and of what L-conv networks learned."""

from __future__ import annotations

import pytest
import torch

import zoo
from zoo.actions.draw import draw_symmetry, generators_on_image
from zoo.errors import SymmetryError
from zoo.symmetries import Grid, LieAlgebra
from zoo.symmetries.permutation import permutation

pytest.importorskip("matplotlib")
SHAPES = {"input_shape": (1, 6, 7), "output_shape": (3,), "hidden": [4]}


def panels(path) -> int:
    return path.read_text().count('id="axes_')


@pytest.mark.parametrize("source", ["so(3)", "lorentz", torch.eye(3)])
def test_an_algebra_is_drawn_as_matrices(source, tmp_path) -> None:
    draw_symmetry(source, tmp_path / "basis.svg")
    assert panels(tmp_path / "basis.svg") >= zoo.symmetry(source).c


@pytest.mark.parametrize("generators", ["low_rank", "dense", "neighbours"])
def test_learned_generators_are_drawn_as_fields(generators, tmp_path) -> None:
    net = zoo.build("lconv", None, generators=generators, count=3, rank=2, **SHAPES)
    matrices, grid = generators_on_image(net)
    assert matrices.shape == (3, 42, 42) and grid == Grid((6, 7))
    draw_symmetry(net, tmp_path / "fields.svg", image=torch.rand(6, 7))
    text = (tmp_path / "fields.svg").read_text()
    assert text.count("Quiver") == 3 and "<image" in text


def test_the_picture_below_may_be_a_file(tmp_path) -> None:
    pillow = pytest.importorskip("PIL.Image")
    pillow.fromarray(torch.randint(0, 256, (6, 7), dtype=torch.uint8).numpy()).save(tmp_path / "digit.png")
    net = zoo.build("lconv", "so(2)", **SHAPES)
    draw_symmetry(net, tmp_path / "fields.svg", image=tmp_path / "digit.png")
    assert "<image" in (tmp_path / "fields.svg").read_text()


def test_scrambled_generators_are_put_in_their_natural_order() -> None:
    net = zoo.build("lconv", None, generators="low_rank", count=2, rank=2, scramble=5, **SHAPES)
    order = permutation(5, 42)
    natural, own = net.generators(), net.layers[0].operators.matrices()
    f = torch.randn(42)
    for mine, scrambled in zip(natural, own, strict=True):
        assert torch.allclose((mine @ f)[order], scrambled @ f[order], atol=1e-6)


def test_what_a_network_learned_is_a_symmetry_for_another(tmp_path) -> None:
    net = zoo.build("lconv", None, generators="low_rank", count=2, rank=2, **SHAPES)
    zoo.save(net, tmp_path / "net.safetensors")
    found = zoo.symmetry(net)
    assert found.same_span(LieAlgebra(net.generators().double()))
    assert zoo.symmetry(tmp_path / "net.safetensors").same_span(found)
    other = zoo.build("lconv", found, **SHAPES)
    assert other(torch.rand(2, 1, 6, 7)).shape == (2, 3) and other.learned_symmetry is None
    frozen = zoo.build("lconv", None, generators="low_rank", frozen=True, **SHAPES)
    with pytest.raises(SymmetryError, match="built without a symmetry"):
        zoo.symmetry(frozen)


def test_a_discoverer_of_pairs_is_drawn_over_the_image(tmp_path) -> None:
    draw_symmetry("lconv-rot2d-7", tmp_path / "fields.svg")
    assert (tmp_path / "fields.svg").read_text().count("Quiver") == 1


def test_what_cannot_be_drawn_is_refused(tmp_path) -> None:
    field = zoo.symmetry(lambda x: x.sin(), n=2)
    with pytest.raises(SymmetryError, match="only a Lie algebra has a basis that can be drawn"):
        draw_symmetry(field, tmp_path / "a.png")
    with pytest.raises(SymmetryError, match="no generators on the pixels of an image"):
        draw_symmetry("so(3)", tmp_path / "a.png", image=torch.rand(6, 7))
    assert not (tmp_path / "a.png").exists()
