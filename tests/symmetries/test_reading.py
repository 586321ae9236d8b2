"""Vector fields in words."""

from __future__ import annotations

import pytest
import torch

from zoo.errors import SymmetryError
from zoo.symmetries import FunctionField, LieAlgebra, LinearField, read_fields
from zoo.symmetries.reading import in_words
from zoo.symmetries.some_fields import SomeFields


class Placed(FunctionField):
    """A function on (x, t, u) where t is about 72, and x goes from 0 to 128."""

    coordinates = ("x", "t", "u")

    def box(self) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.tensor([64.0, 72.0, 0.0]), torch.tensor([64.0, 28.0, 1.0])


def field(*components) -> Placed:
    """Fields of three functions of (x, t, u) each."""

    def values(points):
        columns = points.unbind(1)
        ones = torch.ones(len(points), dtype=points.dtype)
        return torch.stack([torch.stack([part(*columns) * ones for part in each], 1) for each in components], 2)

    return Placed(values, 3)


SHIFT = (lambda x, t, u: 2.0, lambda x, t, u: 0.0, lambda x, t, u: 0.0)
BOOST = (lambda x, t, u: t, lambda x, t, u: 0.0, lambda x, t, u: 1.0)
LATER = (lambda x, t, u: 0.0, lambda x, t, u: -3.0, lambda x, t, u: 0.0)
FASTER = (lambda x, t, u: 0.0, lambda x, t, u: torch.sin(t), lambda x, t, u: 0.0)


def test_formulas() -> None:
    read = read_fields(field(SHIFT, LATER, BOOST))
    assert read.formulas == ("2 ∂_x", "-3 ∂_t", "72 ∂_x + 1 (t - 72) ∂_x + 1 ∂_u")
    assert read.coordinates == ("x", "t", "u") and read.affineness.min() > 1 - 1e-9
    assert read.left_out.max() < 1e-9 and read.leaving < 1e-9
    assert read.algebra.recognise().name == "galilei(1)" and "galilei(1), to rounding" in repr(read)


def test_what_is_not_affine_is_left_out_and_said() -> None:
    read = read_fields(field(SHIFT, FASTER))
    assert read.affineness[1] < 0.5 and read.left_out[1] > 0.8


def test_small_terms_are_left_out() -> None:
    tilted = (lambda x, t, u: 2.0, lambda x, t, u: 0.01, lambda x, t, u: 0.0)
    read = read_fields(field(tilted))
    share = 0.01 / 28 / ((2 / 64) ** 2 + (0.01 / 28) ** 2) ** 0.5
    assert read.formulas == ("2 ∂_x",) and abs(float(read.left_out[0]) - share) < 1e-6 and read.leaving == 0


def test_brackets_that_leave() -> None:
    assert read_fields(field(LATER, BOOST)).leaving > 0.1


def test_linear_fields_are_named() -> None:
    words = in_words(LinearField(LieAlgebra.so(2)))
    assert "∂_x0" in words and "so(2)" in words and "affine measure 1.0000" in words


def test_in_words() -> None:
    assert in_words(LieAlgebra.so(3)) == repr(LieAlgebra.so(3))
    none = SomeFields(field(SHIFT), [])
    assert in_words(none) == repr(none)
    with pytest.raises(SymmetryError, match="no fields"):
        read_fields(none)
