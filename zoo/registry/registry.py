"""`Registry`: the entries of registry.yaml, found by name, and rewritten safely."""

from __future__ import annotations

import difflib
import fnmatch
import functools
import os
import warnings
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from ..atomic import write_atomically
from ..errors import RegistryError
from . import plain_yaml
from .lineage import check_deprecated, check_lineage
from .lock import locked
from .schema import Document, Entry, complaints

_PACKAGE = Path(__file__).resolve().parent.parent


def data_root() -> Path:
    """The folder with registry.yaml and weights/: inside the installed package, else the repository."""
    installed = _PACKAGE / "_data"
    return installed if installed.is_dir() else _PACKAGE.parent


def default_path() -> Path:
    """registry.yaml that is used where none is named: $ZOO_REGISTRY, else the one that comes with zoo."""
    named = os.environ.get("ZOO_REGISTRY")
    return Path(named) if named else data_root() / "registry.yaml"


class Registry:
    """A checked registry; read-only, `update` gives a new one.

    Parameters
    ----------
    path : Path
        The file; names of weights are relative to its folder.
    document : Document
        Its content.
    """

    def __init__(self, path: Path, document: Document) -> None:
        self.path = path
        self.entries: Mapping[str, Entry] = MappingProxyType(document.entries)
        self.deprecated: Mapping[str, str] = MappingProxyType(document.deprecated)

    @classmethod
    def load(cls, path: str | os.PathLike[str] | None = None) -> Registry:
        """Read and check a registry; `path` defaults to `default_path()`.

        Raises
        ------
        RegistryError
            If the file is missing or wrong: one line for each fault, with entry and field.
        """
        path = Path(path) if path is not None else default_path()
        try:
            status = path.stat()
            return _load(cls, path, (status.st_mtime_ns, status.st_size, status.st_ino))
        except OSError as error:
            raise RegistryError(f"{path}: the registry cannot be read ({error.strerror}); reinstall zoo") from error

    def __contains__(self, name: object) -> bool:
        return name in self.entries

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def resolve(self, name: str) -> str:
        """The name of an entry, following deprecated names with a warning.

        Raises
        ------
        RegistryError
            If there is no such entry; the nearest names are suggested.
        """
        new = name
        while new not in self.entries and new in self.deprecated:
            new = self.deprecated[new]
        if new not in self.entries:
            close = difflib.get_close_matches(name, [*self.entries, *self.deprecated], n=3, cutoff=0.5)
            hint = f"did you mean {' or '.join(close)}?" if close else "zoo.list_models() names all there are"
            raise RegistryError(f'no entry "{name}" in {self.path}; {hint}')
        if new != name:
            # FutureWarning: shown by default to the people who call zoo.load, unlike DeprecationWarning.
            warnings.warn(f'the name "{name}" is deprecated; use "{new}"', FutureWarning, stacklevel=3)
        return new

    def entry(self, name: str) -> Entry:
        """The entry of that name, or of the one that replaced it; errors as in `resolve`."""
        return self.entries[self.resolve(name)]

    def names(
        self, pattern: str = "*", *, kind: str | None = None, family: str | None = None, task: str | None = None
    ) -> list[str]:
        """Sorted names that match a wildcard pattern and the given fields."""
        wanted = {"kind": kind, "family": family, "task": task}
        return sorted(
            name
            for name, entry in self.entries.items()
            if fnmatch.fnmatchcase(name, pattern)
            and all(value is None or getattr(entry, field) == value for field, value in wanted.items())
        )

    def file(self, relative: str, name: str) -> Path:
        """Absolute path of a file that entry `name` mentions; it need not exist.

        Raises
        ------
        RegistryError
            If a symbolic link leads out of the registry's folder.
        """
        root = self.path.parent.resolve()
        path = (root / relative).resolve()
        if not path.is_relative_to(root):
            raise RegistryError(f"entry {name}, field file: {relative} leads out of {root}; put the file itself there")
        return path

    def check_families(self, models: Collection[str], discoverers: Collection[str]) -> list[str]:
        """One line for each entry whose family nobody provides."""
        known = {"model": models, "discoverer": discoverers}
        return [
            f'entry {name}, field family: no {entry.kind} family "{entry.family}"; there are '
            f"{', '.join(sorted(known[entry.kind])) or 'none'}"
            for name, entry in self.entries.items()
            if entry.family not in known[entry.kind]
        ]

    def update(self, name: str, **fields: Any) -> Registry:
        """Set fields of one entry in the file, atomically and under a lock, and read it again.

        The file is read anew first, so updates from several processes are all kept. The comment at its head stays,
        as does the order of entries; comments below the head are lost.

        Raises
        ------
        RegistryError
            If there is no such entry or the result would be wrong; the file is untouched then.
        """
        with locked(self.path):
            text = self.path.read_text(encoding="utf-8")
            data = plain_yaml.load(text, self.path.name)
            if name not in data["entries"]:
                raise RegistryError(f'no entry "{name}" in {self.path}; write its family, kind and summary by hand')
            data["entries"][name] = _ordered({**data["entries"][name], **_plain(fields)})
            _validate(data, self.path.name)
            write_atomically(self.path, (_head(text) + _body(data)).encode())
        return Registry.load(self.path)


@functools.lru_cache(maxsize=8)
def _load(cls: type[Registry], path: Path, version: tuple[int, int, int]) -> Registry:
    """`version` is there for the cache: a file that was rewritten is read again."""
    text = path.read_text(encoding="utf-8")
    return cls(path, _validate(plain_yaml.load(text, path.name), path.name))


def _validate(data: Any, where: str) -> Document:
    if not isinstance(data, dict):
        raise RegistryError(f"{where}: expected a mapping with schema, deprecated and entries")
    try:
        document = Document.model_validate(data)
    except ValidationError as error:
        raise RegistryError("\n".join(f"{where}: {line}" for line in complaints(error))) from error
    check_lineage(document.entries, where)
    check_deprecated(document.deprecated, document.entries, where)
    return document


def _plain(value: Any) -> Any:
    """Tuples to lists, so that what is written reads back equal."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _ordered(entry: dict[str, Any]) -> dict[str, Any]:
    """Fields in the order of the schema; those it does not know come last, for the check to name them."""
    return {field: entry[field] for field in [*Entry.model_fields, *entry] if field in entry}


def _head(text: str) -> str:
    lines = text.splitlines(keepends=True)
    count = next((i for i, line in enumerate(lines) if line.strip() and not line.startswith("#")), len(lines))
    return "".join(lines[:count])


def _body(data: dict[str, Any]) -> str:
    """As `dump`, with an empty line between entries."""
    pieces = [plain_yaml.dump({key: value}) for key, value in data.items() if key != "entries"]
    entries = [plain_yaml.dump({name: entry}) for name, entry in data["entries"].items()]
    indented = ["".join("  " + line for line in text.splitlines(keepends=True)) for text in entries]
    return "".join(pieces) + ("entries:\n" + "\n".join(indented) if indented else "entries: {}\n")


def list_models(
    pattern: str = "*", *, kind: str | None = None, family: str | None = None, task: str | None = None
) -> list[str]:
    """Names in the registry that match a wildcard pattern.

    Parameters
    ----------
    pattern : str
        Such as ``"emlp-*"``.
    kind : str, optional
        ``"model"`` or ``"discoverer"``.
    family, task : str, optional
        Only entries of that family, or for that task.

    Raises
    ------
    RegistryError
        If the registry is malformed.
    """
    return Registry.load().names(pattern, kind=kind, family=family, task=task)
