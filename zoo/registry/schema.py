"""The schema of one registry entry, and pydantic's complaints turned into one line each."""

from __future__ import annotations

import re
from pathlib import PurePosixPath, PureWindowsPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from .names import is_named_algebra

NAME = r"^[a-z0-9]+(?:[-_.][a-z0-9]+)*$"
_SHA256 = r"^[0-9a-f]{64}$"


def _inside(path: str) -> str:
    """A path below the data root, in the spelling of every system."""
    windows = PureWindowsPath(path)
    if PurePosixPath(path).is_absolute() or windows.is_absolute() or windows.drive or "\\" in path or not path:
        raise ValueError("must be a relative path with forward slashes, such as weights/NAME.safetensors")
    if ".." in PurePosixPath(path).parts:
        raise ValueError("must stay inside the registry's folder, so it cannot contain ..")
    return path


def _remote(url: str) -> str:
    if not re.match(r"^(https://|hf://[^/]+/[^/@]+@[0-9a-f]{40}/.+|http://(localhost|127\.0\.0\.1)[:/])", url):
        raise ValueError("must be https://... or hf://owner/repo@COMMIT/path with a full 40-digit commit")
    return url


def _plain(value: Any) -> Any:
    """Numbers, strings, booleans, null, lists, and mappings with string keys."""
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise ValueError(f"the key {key!r} is not a string")
            _plain(item)
    elif isinstance(value, list):
        for item in value:
            _plain(item)
    elif not isinstance(value, str | int | float | None):
        raise ValueError(f"{value!r} is a {type(value).__name__}, which is not plain data")
    elif isinstance(value, float) and value - value != 0:
        raise ValueError(f"{value!r} is not a finite number")
    return value


File = Annotated[str, AfterValidator(_inside)]
Url = Annotated[str, AfterValidator(_remote)]
Sha256 = Annotated[str, Field(pattern=_SHA256)]
Plain = Annotated[dict[str, Any], AfterValidator(_plain)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Weights(_Strict):
    """Where the weights are: a file below the data root, or a remote file; its hash and size either way."""

    file: File | None = None
    url: Url | None = None
    sha256: Sha256
    bytes: Annotated[int, Field(gt=0)]

    @model_validator(mode="after")
    def _one_place(self) -> Weights:
        if (self.file is None) == (self.url is None):
            raise ValueError("needs exactly one of file and url")
        return self


class Replica(_Strict):
    """Weights of the same recipe from another seed; kept beside the repository, not in the wheel."""

    seed: int
    file: File
    sha256: Sha256
    bytes: Annotated[int, Field(gt=0)]


class Reference(_Strict):
    """What the literature says: the paper, how to cite it, and its figures by metric."""

    paper: str | None = None
    citation: str | None = None
    table: Plain = {}
    note: str | None = None


class Entry(_Strict):
    """One pretrained module: what it is, where its weights are, how they were made and what they reach."""

    kind: Literal["model", "discoverer"]
    family: Annotated[str, Field(min_length=1)]
    summary: Annotated[str, Field(min_length=1)]
    task: str | None = None
    symmetry: str | None = None
    symmetry_fingerprint: str | None = None
    config: Plain = {}
    weights: Weights | None = None
    training: Plain = {}
    metrics: Plain = {}
    certificate: Plain = {}
    reference: Reference = Reference()
    replicas: list[Replica] = []
    licence: str = "MIT"


class Document(_Strict):
    """The whole of registry.yaml."""

    schema_: Annotated[Literal[1], Field(alias="schema")]
    deprecated: dict[str, str] = {}
    entries: dict[Annotated[str, Field(pattern=NAME)], Entry] = {}

    @model_validator(mode="after")
    def _symmetries_known(self) -> Document:
        for name, entry in self.entries.items():
            wanted = entry.symmetry
            if wanted is not None and wanted not in self.entries and not is_named_algebra(wanted):
                raise ValueError(
                    f"entry {name}, field symmetry: {wanted!r} is neither an entry nor a named algebra such as "
                    "so(3), lorentz or so(2)x4"
                )
        return self


def complaints(error: ValidationError) -> list[str]:
    """One line for each fault: the entry, the field, what was wrong and what was found."""
    return [_complaint(fault) for fault in error.errors(include_url=False)]


def _complaint(fault: Any) -> str:
    place, message = [str(part) for part in fault["loc"]], fault["msg"].removeprefix("Value error, ")
    found = fault.get("input")
    if fault["type"] == "extra_forbidden":
        message = "unknown field; check its spelling"
    elif fault["type"] == "missing":
        message = "required, but missing"
    elif isinstance(found, str | int | float | bool | None) and found is not None:
        message = f"{message} (found {found!r})"
    if place[:1] == ["entries"] and len(place) > 1:
        entry, fields = place[1], [part for part in place[2:] if part != "[key]"]
        return f"entry {entry}, field {'.'.join(fields) or 'name'}: {message}"
    return f"field {'.'.join(place)}: {message}" if place else message
