"""`zoo.build`: options are checked by name, and a promise of equivariance is tried."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor

import zoo
from zoo.errors import ConfigError, EquivarianceError, SymmetryError
from zoo.symmetries.field import FunctionField
from zoo.symmetries.some_fields import SomeFields


def test_a_family_of_another_package(toy: ModuleType) -> None:
    module = zoo.build("toy", "so(3)", copies=4)
    assert isinstance(module, toy.Toy) and module.config["copies"] == 4
    assert module.symmetry == zoo.LieAlgebra.so(3)
    assert module.training


def test_unknown_options_name_the_known_ones(toy: ModuleType) -> None:
    with pytest.raises(ConfigError, match=r'no option "copys"; did you mean "copies".*copies, k, leak'):
        zoo.build("toy", "so(3)", copys=2)


def test_missing_options_are_named() -> None:
    with pytest.raises(ConfigError, match=r"emlp needs rep_out, input_shape, output_shape"):
        zoo.build("emlp", "so(3)", rep_in="1x1")


def test_unknown_families_suggest_the_nearest(toy: ModuleType) -> None:
    with pytest.raises(ConfigError, match='no family "emlpp"; did you mean emlp'):
        zoo.build("emlpp", "so(3)")
    with pytest.raises(ConfigError, match=r'no family "zzz"; there are .*toy.*entry points "zoo\.families"'):
        zoo.build("zzz", "so(3)")


@pytest.mark.parametrize("leak", [0.01, 1.0])
def test_a_leak_is_found(toy: ModuleType, leak: float) -> None:
    with pytest.raises(EquivarianceError, match=r'"toy" promises.*generator \d of 3 is broken by'):
        zoo.build("toy", "so(3)", leak=leak)


def test_no_promise_is_held_against_nobody(toy: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toy.Toy, "promises_equivariance", False)
    assert zoo.build("toy", "so(3)", leak=1.0).config["leak"] == 1.0
    assert zoo.build("toy", None).symmetry is None


def test_a_symmetry_that_the_network_does_not_have_is_found(toy: ModuleType) -> None:
    with pytest.raises(EquivarianceError, match="generator"):
        zoo.build("toy", "sl(3)")


def test_discrete_groups_are_tried_on_their_elements(toy: ModuleType) -> None:
    zoo.build("toy", "cyclic(7,1)")
    with pytest.raises(EquivarianceError):
        zoo.build("toy", "cyclic(7,1)", leak=1.0)


def test_trying_out_leaves_no_trace(toy: ModuleType) -> None:
    torch.manual_seed(3)
    expected = toy.Toy(None).head.weight
    torch.manual_seed(3)
    module = zoo.build("toy", "so(3)")
    after = torch.rand(1)
    torch.manual_seed(3)
    toy.Toy(None)
    assert torch.equal(module.head.weight, expected) and torch.equal(after, torch.rand(1))
    assert module.training and all(parameter.grad is None for parameter in module.parameters())


def test_a_builder_must_build_a_module(toy: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toy, "Toy", lambda symmetry: 3)
    with pytest.raises(ConfigError, match="gave a int, not a torch Module"):
        zoo.build("toy", None)


def lorentz_fields(points: Tensor) -> Tensor:
    """As learned ones would be: so(1, 3) as a function of points, nowhere written as matrices."""
    return torch.einsum("cij,pj->pic", zoo.LieAlgebra.so(1, 3).basis.to(points), points)


def test_fields_that_are_affine_are_matrices_to_every_family(tmp_path: Path) -> None:
    fields = FunctionField(lorentz_fields, 4)
    for family, options in (
        ("emlp", {"rep_in": "2x1", "rep_out": "1x1", "input_shape": (8,), "output_shape": (4,)}),
        ("liegnn", {"hidden": 8, "layers": 1}),
        ("lconv", {"input_shape": (30, 1), "points": torch.randn(30, 4).tolist(), "neighbours": 12}),
    ):
        model: Any = zoo.build(family, fields, **options)
        assert model.symmetry.same_span(zoo.LieAlgebra.so(1, 3), 1e-6), family
    zoo.save(model, tmp_path / "of_fields.safetensors")
    assert zoo.load(tmp_path / "of_fields.safetensors").symmetry.same_span(model.symmetry, 1e-9)


def test_fields_that_are_not_are_refused_with_their_affineness() -> None:
    def bent(points: Tensor) -> Tensor:
        return torch.stack([-points[:, 1], points[:, 0] + points[:, 0] ** 3], dim=1)

    fields = FunctionField(bent, 2)
    affineness = float(fields.affine_part().affineness)
    assert 0.9 < affineness < 0.995
    for family, options in (
        ("emlp", {"rep_in": "1x1", "rep_out": "1x1", "input_shape": (2,), "output_shape": (2,)}),
        ("liegnn", {}),
    ):
        with pytest.raises(
            SymmetryError, match=rf'"{family}" is built on matrices: .* affine-ness is {affineness:.4f}'
        ):
            zoo.build(family, fields, **options)
    model: Any = zoo.build("lconv", fields, input_shape=(1, 9, 9))  # on a grid any field has a matrix
    assert model.symmetry is fields
    with pytest.raises(SymmetryError, match="no fields here"):
        zoo.build("emlp", SomeFields(fields, []), rep_in="1x1", rep_out="1x1", input_shape=(2,), output_shape=(2,))
