"""`Header`: what a weights file says about itself, kept as one JSON text in the metadata of the safetensors file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from ..errors import WeightsError

FORMAT = 1
NO_DIGEST = "0" * 64


@dataclass(frozen=True)
class Header:
    """All that a weights file holds beside its tensors.

    Parameters
    ----------
    kind : str
        ``"model"`` or ``"discoverer"``.
    family : str
        The builder that makes the module.
    config : dict
        Plain data: all that the builder needs beside the symmetry.
    symmetry : dict or None
        ``{"fingerprint": ..., "coefficients": {...}}`` of the tensor ``symmetry.basis``; with ``"fields"``, a number,
        of vector fields that are read off the parameters; None where the module has no symmetry. In both of the latter
        cases the file has no such tensor.
    name : str or None
        The registry entry that these weights were made for.
    training : dict
        A summary of how the weights came about.
    probe : dict or None
        Output on a fixed input, by which loading notices that a derived tensor came out differently.
    digest : str
        SHA-256 of the whole file with this digest replaced by zeros. Filled in when the file is written.
    """

    kind: str
    family: str
    config: dict[str, Any] = field(default_factory=dict)
    symmetry: dict[str, Any] | None = None
    name: str | None = None
    training: dict[str, Any] = field(default_factory=dict)
    probe: dict[str, Any] | None = None
    digest: str = NO_DIGEST
    format: int = FORMAT

    @property
    def has_basis(self) -> bool:
        """Whether the symmetry is an algebra, whose basis is in the file."""
        return self.symmetry is not None and not self.has_fields

    @property
    def has_fields(self) -> bool:
        """Whether the symmetry is vector fields."""
        return self.symmetry is not None and "fields" in self.symmetry

    def to_json(self) -> str:
        """Canonical text: the same header always gives the same bytes.

        Raises
        ------
        WeightsError
            If `config` or another field is not plain data.
        """
        try:
            return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), allow_nan=False)
        except (TypeError, ValueError) as error:
            raise WeightsError(
                f'cannot write the header of a weights file for the family "{self.family}": {error}; '
                "config and training must be plain data (numbers, strings, booleans, lists, mappings)"
            ) from error

    @classmethod
    def from_json(cls, text: str, where: str) -> Header:
        """Read what `to_json` wrote; `where` names the file in messages.

        Raises
        ------
        WeightsError
            If the text is damaged, incomplete or of a newer format.
        """
        try:
            data = json.loads(text)
        except ValueError as error:
            raise WeightsError(f"{where}: its zoo header is damaged ({error}); get the file again") from error
        if not isinstance(data, dict):
            raise WeightsError(f"{where}: its zoo header is damaged (not a mapping); get the file again")
        _check_fields(cls, data, where)
        return cls(**data)


def _check_fields(cls: type[Header], data: dict[str, Any], where: str) -> None:
    if data.get("format") != FORMAT:
        raise WeightsError(
            f"{where}: weights of format {data.get('format')!r}, and this zoo reads format {FORMAT}; "
            "upgrade zoo, or get a file made for this version"
        )
    if "symmetry" not in data:
        raise WeightsError(
            f"{where}: its header does not say which symmetry the weights belong to; "
            "without it the network cannot be built as it was trained. Save it again with zoo.save(model, path)"
        )
    known = {item.name for item in fields(cls)}
    if missing := sorted(known - data.keys()):
        raise WeightsError(f"{where}: its header lacks {', '.join(missing)}; save it again with zoo.save(model, path)")
    if unknown := sorted(data.keys() - known):
        raise WeightsError(f"{where}: its header has the unknown fields {', '.join(unknown)}; upgrade zoo")
    expected = {"kind": str, "family": str, "config": dict, "training": dict, "digest": str}
    for name, kind in expected.items():
        if not isinstance(data[name], kind):
            raise WeightsError(f"{where}: {name} in its header is not a {kind.__name__}; get the file again")
    symmetry = data["symmetry"]
    if symmetry is not None and not (isinstance(symmetry, dict) and {"fingerprint", "coefficients"} <= symmetry.keys()):
        raise WeightsError(f"{where}: symmetry in its header needs fingerprint and coefficients; get the file again")
