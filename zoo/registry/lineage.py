"""Which entry descends from which: a model from the discoverer of its symmetry."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import RegistryError
from .schema import Entry


def check_lineage(entries: Mapping[str, Entry], where: str) -> None:
    """Raise `RegistryError` naming the loop, if an entry descends from itself."""
    for name in entries:
        chain = [name]
        while (parent := entries[chain[-1]].symmetry) in entries:
            assert parent is not None
            if parent in chain:
                loop = " -> ".join([*chain[chain.index(parent) :], parent])
                raise RegistryError(
                    f"{where}: entry {name}, field symmetry: the lineage {loop} goes in a circle; "
                    "a symmetry must come from data or from a named algebra"
                )
            chain.append(parent)


def check_deprecated(deprecated: Mapping[str, str], entries: Mapping[str, Entry], where: str) -> None:
    """Raise `RegistryError` for a deprecated name that is in use or that leads nowhere."""
    for old in deprecated:
        if old in entries:
            raise RegistryError(f"{where}: field deprecated.{old}: this name is still an entry; remove one of the two")
        seen, name = [old], deprecated[old]
        while name not in entries:
            if name not in deprecated or name in seen:
                raise RegistryError(f"{where}: field deprecated.{old}: leads to {name!r}, which is no entry")
            seen.append(name)
            name = deprecated[name]


def descendants(entries: Mapping[str, Entry], name: str) -> list[str]:
    """Every entry whose symmetry comes from `name`, directly or not, in the order of the registry."""
    found = {name}
    grew = True
    while grew:
        children = {child for child, entry in entries.items() if entry.symmetry in found} - found
        found |= children
        grew = bool(children)
    return [child for child in entries if child in found and child != name]
