"""YAML as plain data: the scalars of YAML 1.2, no repeated keys, no objects."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo.errors import RegistryError
from zoo.registry.plain_yaml import dump, load

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
PLAIN = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=12
)


@given(PLAIN)
def test_round_trip(data) -> None:
    assert load(dump(data), "x.yaml") == data


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 1e-3),
        ("1.5E+3", 1500.0),
        ("-2", -2),
        ("010", 10),
        (".5", 0.5),
        ("no", "no"),
        ("on", "on"),
        ("true", True),
        ("null", None),
        ("2026-11-21", "2026-11-21"),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        (".inf", ".inf"),
    ],
)
def test_scalars(text: str, value: object) -> None:
    assert load(f"a: {text}", "x.yaml") == {"a": value}
    assert type(load(f"a: {text}", "x.yaml")["a"]) is type(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 3: duplicate key 'a'"),
        ("e:\n  x: {k: 1}\n  x: {k: 2}\n", "line 3: duplicate key 'x'"),
        ("a: !!python/object/apply:os.system [ls]\n", "line 1.*only plain data.*no tags"),
        ("a: !thing 3\n", "only plain data"),
        ("a: &x [1]\nb: *x\n", "line 1.*anchor or alias 'x'"),
        ("a: [1, 2\nb: 3\n", "not valid YAML"),
        ("a: b: c\n", "line 1: not valid YAML"),
        ("? [1]\n: 2\n", "a key must be a name"),
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    with pytest.raises(
        RegistryError, match=f"x.yaml, {message}" if message.startswith("line") else f"x.yaml.*{message}"
    ):
        load(text, "x.yaml")


def test_short_lists_stay_on_one_line() -> None:
    assert dump({"shape": (5, 8), "rows": [{"a": 1}]}) == "shape: [5, 8]\nrows:\n- a: 1\n"
