"""The columns of the Top Quark Tagging Reference Dataset: `E_0, PX_0, PY_0, PZ_0, ..., truthE, ..., is_signal_new`."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from ....errors import DataError

CONSTITUENTS = 200
COMPONENTS = ("E", "PX", "PY", "PZ")
TRUTH = ("truthE", "truthPX", "truthPY", "truthPZ")
SPLIT = "ttv"
LABEL = "is_signal_new"
_NAMED = 8  # missing columns that a message spells out


@dataclass(frozen=True)
class Columns:
    """Which columns of a file say what.

    Attributes
    ----------
    momenta : tuple of str
        4 N names, component after component of constituent after constituent.
    truth : tuple of str
        Four names, or none.
    label : str or None
    """

    momenta: tuple[str, ...]
    truth: tuple[str, ...]
    label: str | None

    @property
    def width(self) -> int:
        """Constituents N that there is room for."""
        return len(self.momenta) // 4


def constituent_columns(width: int = CONSTITUENTS) -> tuple[str, ...]:
    """E_0, PX_0, PY_0, PZ_0, E_1, ..."""
    return tuple(f"{component}_{i}" for i in range(width) for component in COMPONENTS)


def find_columns(found: Collection[str], source: str) -> Columns:
    """The columns of jets among those `found`, in any order, for any number of constituents.

    Raises
    ------
    DataError
        Naming the columns that are missing, or twice there.
    """
    names = set(found)
    if len(names) < len(found):
        raise DataError(f"{source}: some columns have the same name; expected each of them once")
    numbers = [int(match[1]) for name in names if (match := re.fullmatch(r"(?:E|PX|PY|PZ)_(\d{1,6})", name))]
    if not numbers:
        some = ", ".join(sorted(names)[:_NAMED]) or "none"
        raise DataError(
            f"{source}: no column E_0, PX_0, PY_0, PZ_0, ... of constituents was found (found: {some}); expected the "
            "columns of the Top Quark Tagging Reference Dataset"
        )
    # a stray E_999999 is not worth a million names: with n columns at hand the first gap is among the first n + 1
    width = min(max(numbers) + 1, len(names) + 1)
    momenta = constituent_columns(width)
    truth = TRUTH if names & set(TRUTH) else ()
    missing = [name for name in (*momenta, *truth) if name not in names]
    if missing:
        rest = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        raise DataError(
            f"{source}: missing columns: {', '.join(missing[:_NAMED])}{rest}; every constituent needs "
            f"{', '.join(c + '_i' for c in COMPONENTS)}, and the truth {', '.join(TRUTH)} or none of them"
        )
    return Columns(momenta, truth, LABEL if LABEL in names else None)
