"""Families by name: those of zoo, and those of other packages through the entry point group ``zoo.families``."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from ..discoverers import METHODS
from ..errors import ConfigError
from ..models import FAMILIES

GROUP = "zoo.families"

Builder = Callable[..., Any]


def families() -> dict[str, str]:
    """Every family and where its builder is, ``{"emlp": "zoo.models.emlp:EMLP", ...}``; nothing is imported.

    Raises
    ------
    ConfigError
        If two packages claim the same name.
    """
    return {**FAMILIES, **METHODS, **{name: point.value for name, point in _plugins().items()}}


def models() -> list[str]:
    """Names of the families that may make a network."""
    return sorted(families().keys() - METHODS.keys())


def discoverers() -> list[str]:
    """Names of the families that may make a discoverer; a plug-in may be either."""
    return sorted(families().keys() - FAMILIES.keys())


def kind(module: Any) -> str:
    """``"discoverer"`` for the methods of zoo and for what says so itself in `.kind`, else ``"model"``."""
    return getattr(module, "kind", None) or ("discoverer" if module.family in METHODS else "model")


def builder(family: str) -> Builder:
    """What makes the modules of a family, imported now.

    Raises
    ------
    ConfigError
        If there is no such family (the nearest names are suggested), or a package that provides it cannot be imported.
    """
    target = FAMILIES.get(family) or METHODS.get(family)
    if target is not None:
        module, _, attribute = target.partition(":")
        return getattr(importlib.import_module(module), attribute)
    plugins = _plugins()
    if family not in plugins:
        known = sorted({*FAMILIES, *METHODS, *plugins})
        close = difflib.get_close_matches(family, known, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(close)}?" if close else f"there are {', '.join(known)}"
        raise ConfigError(f'no family "{family}"; {hint} (other packages add families with entry points "{GROUP}")')
    return _import(plugins[family])


def _import(point: EntryPoint) -> Builder:
    try:
        return point.load()
    except Exception as error:  # whatever a foreign package raises while it is imported
        raise ConfigError(
            f'the family "{point.name}" comes from {_package(point)} ({point.value}), which cannot be imported: '
            f"{type(error).__name__}: {error}; reinstall or remove that package"
        ) from error


def _plugins() -> dict[str, EntryPoint]:
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=GROUP):
        if point.name in FAMILIES or point.name in METHODS:
            raise ConfigError(
                f'{_package(point)} provides a family "{point.name}", which is one of zoo\'s own; '
                "rename or remove it, for zoo's is never replaced"
            )
        if point.name in found and found[point.name].value != point.value:
            raise ConfigError(
                f'both {_package(found[point.name])} and {_package(point)} provide the family "{point.name}"; '
                "remove one of the two"
            )
        found[point.name] = point
    return found


def _package(point: EntryPoint) -> str:
    return f'the package "{point.dist.name}"' if point.dist is not None else "a package"
