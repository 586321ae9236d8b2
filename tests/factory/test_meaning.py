"""`zoo.symmetry`: names, files, numbers, functions and modules."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from torch import Tensor

import zoo
from zoo.errors import SymmetryError, WeightsError
from zoo.registry.names import parse_algebra
from zoo.symmetries import Integer, LieAlgebra


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("so(3)", LieAlgebra.so(3)),
        ("so(1,3)", LieAlgebra.lorentz()),
        ("lorentz", LieAlgebra.lorentz()),
        ("so(2)x4", LieAlgebra.so2(4)),
        ("so2(2,1)", LieAlgebra.so2(2, trivial=1)),
        ("sl(2)x2", LieAlgebra.sl(2).on_tuples(2)),
        ("cyclic(7,1)", LieAlgebra.cyclic(7, trivial=1)),
        ("random(1,8,3)", LieAlgebra.random(1, 8, seed=3)),
    ],
)
def test_named_algebras(name: str, expected: LieAlgebra) -> None:
    assert zoo.symmetry(name) == expected


@pytest.mark.parametrize(
    "name",
    [
        "so(4)",
        "so(2,2)",
        "so2",
        "so2(3)",
        "cyclic(5)",
        "lorentz",
        "sl(3)",
        "gl(2)",
        "affine(2)",
        "translations(3)",
        "scaling(2)",
        "random(2,3)",
    ],
)
def test_every_spelling_has_its_constructor(name: str) -> None:
    assert parse_algebra(name) is not None
    assert isinstance(zoo.symmetry(name), LieAlgebra)


def test_cyclic_groups_are_discrete() -> None:
    found = zoo.symmetry("cyclic(7,1)")
    assert isinstance(found, LieAlgebra) and isinstance(found.coefficients, Integer)


@pytest.mark.parametrize("convert", [np.asarray, torch.tensor, list], ids=["array", "tensor", "list"])
def test_numbers(convert: Callable) -> None:
    turn = [[0.0, -1.0], [1.0, 0.0]]
    assert zoo.symmetry(convert(turn)) == LieAlgebra.so(2)
    assert zoo.symmetry(convert([turn])) == LieAlgebra.so(2)


def test_symmetries_and_modules_give_themselves(toy: ModuleType) -> None:
    algebra = LieAlgebra.so(3)
    assert zoo.symmetry(algebra) is algebra
    assert zoo.symmetry(algebra.as_field()).n == 3
    assert zoo.symmetry(zoo.build("toy", algebra)) is algebra
    with pytest.raises(SymmetryError, match="Toy was built without a symmetry"):
        zoo.symmetry(toy.Toy(None))


def test_functions_are_fields() -> None:
    def turn(points: Tensor) -> Tensor:
        return torch.stack([-points[:, 1], points[:, 0]], dim=1)

    field = zoo.symmetry(turn, n=2)
    assert isinstance(field, zoo.GeneratorField) and (field.n, field.c) == (2, 1)
    assert field.to_algebra() == LieAlgebra.so(2)
    with pytest.raises(SymmetryError, match=r"zoo\.symmetry\(function, n="):
        zoo.symmetry(turn)
    layer = torch.nn.Linear(2, 2, bias=False)
    assert zoo.symmetry(layer, n=2).dtype == torch.float32


def test_names_of_entries(make_registry: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOO_REGISTRY", str(make_registry()))
    for name in ("finder", "child", "plain"):
        assert zoo.symmetry(name) == LieAlgebra.so(3)
    with pytest.warns(FutureWarning):
        zoo.symmetry("parent")
    with pytest.raises(SymmetryError, match=r'"findr" is neither.*did you mean finder'):
        zoo.symmetry("findr")
    with pytest.raises(SymmetryError, match=r"such as so\(3\)"):
        zoo.symmetry("su(17)")


def test_files(toy: ModuleType, tmp_path: Path) -> None:
    LieAlgebra.lorentz().to_file(tmp_path / "lorentz.safetensors")
    zoo.save(zoo.build("toy", "so(3)"), tmp_path / "net.safetensors")
    assert zoo.symmetry(tmp_path / "lorentz.safetensors") == LieAlgebra.lorentz()
    assert zoo.symmetry(str(tmp_path / "net.safetensors")) == LieAlgebra.so(3)
    with pytest.raises(WeightsError, match="no such file"):
        zoo.symmetry("none.safetensors")
    (tmp_path / "page.safetensors").write_text("<html></html>")
    with pytest.raises(WeightsError, match="web page"):
        zoo.symmetry(tmp_path / "page.safetensors")


def test_files_without_a_symmetry(tmp_path: Path) -> None:
    module = zoo.build("mlp", None, rep_in="1x1", rep_out="1x1", input_shape=[3], output_shape=[3], k=3)
    zoo.save(module, tmp_path / "net.safetensors")
    assert zoo.load(tmp_path / "net.safetensors").symmetry is None
    with pytest.raises(SymmetryError, match='a "mlp" that was built without a symmetry'):
        zoo.symmetry(tmp_path / "net.safetensors")


@pytest.mark.parametrize("source", [3, {"a": 1}, [[1, 2, 3]], [[1j]], [[float("nan")]]])
def test_what_is_no_symmetry(source: object) -> None:
    with pytest.raises(SymmetryError):
        zoo.symmetry(source)
