"""Named algebras, read without torch, mean what `LieAlgebra` makes of them."""

from __future__ import annotations

import pytest

from zoo.registry.names import is_named_algebra, parse_algebra


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("so(3)", ("so", (3,), 1)),
        ("SO(3)", ("so", (3,), 1)),
        ("so(1,3)", ("lorentz", (), 1)),
        ("so(2, 1)", ("so", (2, 1), 1)),
        ("lorentz", ("lorentz", (), 1)),
        ("so(2)x4", ("so", (2,), 4)),
        ("so(2) x 4", ("so", (2,), 4)),
        ("so2(4)", ("so2", (4,), 1)),
        ("cyclic(7,1)", ("cyclic", (7, 1), 1)),
        ("affine(2)", ("affine", (2,), 1)),
        ("random(1,8,3)", ("random", (1, 8, 3), 1)),
    ],
)
def test_spellings(text: str, expected: tuple) -> None:
    assert parse_algebra(text) == expected


@pytest.mark.parametrize(
    "text", ["so", "so()", "so(3", "so(1,2,3)", "liegan-2body", "so(3)x0", "so(3)xx2", "", "su(2)"]
)
def test_what_is_no_name(text: str) -> None:
    assert not is_named_algebra(text)
