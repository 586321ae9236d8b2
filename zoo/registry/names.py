"""The spelling of named algebras, such as ``so(3)``, ``lorentz`` or ``so(2)x4``, read without torch."""

from __future__ import annotations

import re
from typing import NamedTuple

# spelling -> (constructor of LieAlgebra, how many arguments it takes)
_CONSTRUCTORS: dict[str, tuple[str, tuple[int, ...]]] = {
    "so": ("so", (1, 2)),
    "so2": ("so2", (0, 1, 2)),
    "cyclic": ("cyclic", (1, 2)),
    "lorentz": ("lorentz", (0,)),
    "sl": ("sl", (1,)),
    "gl": ("gl", (1,)),
    "affine": ("affine", (1,)),
    "translations": ("translations", (1,)),
    "galilei": ("galilei", (0,)),
    "scaling": ("scaling", (1,)),
    "random": ("random", (2, 3)),
}
_FORM = re.compile(r"^(?P<name>[a-z]+2?)(?:\((?P<arguments>[\d,\s]*)\))?(?:\s*x\s*(?P<copies>\d+))?$")


class NamedAlgebra(NamedTuple):
    """`LieAlgebra.<constructor>(*arguments)` on `copies` vectors side by side."""

    constructor: str
    arguments: tuple[int, ...]
    copies: int


def parse_algebra(text: str) -> NamedAlgebra | None:
    """What a name means, or None where it names no algebra."""
    match = _FORM.match(text.strip().lower())
    if match is None:
        return None
    name, copies = match["name"], int(match["copies"] or 1)
    arguments = tuple(int(part) for part in (match["arguments"] or "").split(",") if part.strip())
    if name == "so" and arguments == (1, 3):  # the Lorentz order and metric, not so(p, q)'s boosts first
        name, arguments = "lorentz", ()
    if name not in _CONSTRUCTORS or copies < 1:
        return None
    constructor, counts = _CONSTRUCTORS[name]
    return NamedAlgebra(constructor, arguments, copies) if len(arguments) in counts else None


def is_named_algebra(text: str) -> bool:
    """Whether `text` names an algebra."""
    return parse_algebra(text) is not None
