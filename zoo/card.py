"""`Card`: all that is known about one module, readable in a terminal and in a notebook."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import RegistryError, WeightsError
from .registry import Entry, Registry
from .weights import Header, read_header

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

Rows = list[tuple[str, ...]]


@dataclass(frozen=True, repr=False)
class Card:
    """What the registry and the weights file say of a module.

    Print it with rich, let a notebook show it, or use `str`. Fields are as in the registry.
    """

    name: str
    kind: str
    family: str
    summary: str = ""
    task: str | None = None
    symmetry: str | None = None
    recognised: str | None = None
    fingerprint: str | None = None
    config: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    paper: dict[str, Any] = field(default_factory=dict)
    certificate: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    weights: str | None = None
    bytes: int | None = None
    sha256: str | None = None
    licence: str | None = None
    reference: str | None = None
    citation: str | None = None
    note: str | None = None

    @classmethod
    def from_entry(cls, name: str, entry: Entry, registry: Registry) -> Card:
        """The card of a registry entry; the name of its symmetry comes from its weights file where that is at hand."""
        place = entry.weights
        return cls(
            name=name,
            kind=entry.kind,
            family=entry.family,
            summary=entry.summary,
            task=entry.task,
            symmetry=entry.symmetry,
            recognised=_recognised(_header_of(name, entry, registry)),
            fingerprint=entry.symmetry_fingerprint,
            config=entry.config,
            metrics=entry.metrics,
            paper=entry.reference.table,
            certificate=entry.certificate,
            training=entry.training,
            weights=(place.file or place.url) if place else None,
            bytes=place.bytes if place else None,
            sha256=place.sha256 if place else None,
            licence=entry.licence,
            reference=entry.reference.paper,
            citation=entry.reference.citation,
            note=entry.reference.note,
        )

    @classmethod
    def from_header(cls, header: Header, path: Path) -> Card:
        """The card of a weights file by itself."""
        return cls(
            name=header.name or path.stem,
            kind=header.kind,
            family=header.family,
            task=header.training.get("task"),
            recognised=_recognised(header),
            fingerprint=header.symmetry["fingerprint"] if header.symmetry else None,
            config=header.config,
            training=header.training,
            weights=str(path),
            bytes=path.stat().st_size if path.is_file() else None,
        )

    def sections(self) -> list[tuple[str, Rows]]:
        """Titles, and rows of text below them; what has nothing to say is left out."""
        symmetry = [part for part in (self.symmetry, self.recognised and f"recognised as {self.recognised}") if part]
        size = f"{self.bytes:,} bytes" if self.bytes is not None else None
        about = {
            "family": self.family,
            "task": self.task,
            "symmetry": ", ".join(symmetry) or "none",
            "fingerprint": self.fingerprint,
            "weights": ", ".join(part for part in (self.weights, size) if part) or "not trained yet",
            "sha256": self.sha256,
            "licence": self.licence,
            "paper": self.reference,
            "citation": self.citation,
            "note": self.note,
        }
        everything: list[tuple[str, Rows]] = [
            ("", [(label, str(text)) for label, text in about.items() if text]),
            ("metrics", _metric_rows(self.metrics, self.paper)),
            ("certificate", _rows(self.certificate)),
            ("config", _rows(self.config)),
            ("training", _rows(self.training)),
        ]
        return [(title, rows) for title, rows in everything if rows]

    def __rich__(self) -> RenderableType:
        from rich.console import Group
        from rich.panel import Panel
        from rich.text import Text

        parts: list[RenderableType] = [Text(self.summary)] if self.summary else []
        for title, rows in self.sections():
            parts += [Text(), Text(title, style="bold cyan")] if title else [Text()]
            parts.append(_grid(rows))
        return Panel(Group(*parts), title=Text(f"{self.name} ({self.kind})", style="bold"), title_align="left")

    def __str__(self) -> str:
        lines = [f"{self.name} ({self.kind})", self.summary]
        for title, rows in self.sections():
            lines += ["", title] if title else [""]
            lines += ["  " + "  ".join(row).rstrip() for row in rows]
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        pieces = [f"<h3>{escape(self.name)} <small>{escape(self.kind)}</small></h3><p>{escape(self.summary)}</p>"]
        for title, rows in self.sections():
            body = "".join(
                "<tr>" + "".join(f'<td style="text-align:left">{escape(cell)}</td>' for cell in row) + "</tr>"
                for row in rows
            )
            pieces.append((f"<h4>{escape(title)}</h4>" if title else "") + f"<table>{body}</table>")
        return "<div>" + "".join(pieces) + "</div>"


def info(name: str | os.PathLike[str]) -> Card:
    """All that is known about a registry entry, or a weights file.

    Raises
    ------
    RegistryError
        If there is no such entry.
    WeightsError
        If a path was given and the file cannot be read.
    """
    text = os.fspath(name)
    if not isinstance(name, str) or text.endswith(".safetensors") or os.sep in text:
        return Card.from_header(read_header(text), Path(text))
    registry = Registry.load()
    found = registry.resolve(text)
    return Card.from_entry(found, registry.entries[found], registry)


def models_table(
    pattern: str = "*", *, kind: str | None = None, family: str | None = None, task: str | None = None
) -> Table:
    """Registry entries that match, as a table for a terminal; the arguments are those of `zoo.list_models`."""
    from rich.table import Table
    from rich.text import Text

    registry = Registry.load()
    table = Table(header_style="bold cyan", box=None, pad_edge=False)
    for title in ("name", "kind", "task", "symmetry", "bytes", "summary"):
        table.add_column(
            title, justify="right" if title == "bytes" else "left", overflow="fold", no_wrap=title in ("name", "task")
        )
    for name in registry.names(pattern, kind=kind, family=family, task=task):
        entry = registry.entries[name]
        size = f"{entry.weights.bytes:,}" if entry.weights else "-"
        cells = (name, entry.kind, entry.task or "-", entry.symmetry or "-", size, entry.summary)
        table.add_row(*(Text(cell, style="bold" if cell is name else "") for cell in cells))
    return table


def _header_of(name: str, entry: Entry, registry: Registry) -> Header | None:
    """A card is shown even where the file is missing or damaged: finding that is what `zoo verify` is for."""
    if entry.weights is None or entry.weights.file is None:
        return None
    try:
        return read_header(registry.file(entry.weights.file, name))
    except (WeightsError, RegistryError):
        return None


def _recognised(header: Header | None) -> str | None:
    return header.symmetry.get("recognised") if header is not None and header.symmetry else None


def _metric_rows(metrics: Mapping[str, Any], paper: Mapping[str, Any]) -> Rows:
    """Measured value, spread over seeds, and the paper's figure side by side; then what they were measured on."""
    figures = {name: value for name, value in metrics.items() if _is_figure(value)}
    names = [*figures, *(name for name in paper if name not in figures)]
    if not names:
        return []
    rows = [(name, *_measured(figures.get(name)), _number(paper[name]) if name in paper else "") for name in names]
    rest = _rows({name: value for name, value in metrics.items() if name not in figures})
    return [("", "measured", "over seeds", "paper"), *rows, *rest]


def _is_figure(value: Any) -> bool:
    return isinstance(value, int | float) or (isinstance(value, Mapping) and "value" in value)


def _measured(value: Any) -> tuple[str, str]:
    """The value of the main seed, and the spread over all of them."""
    if not isinstance(value, Mapping):
        return ("-" if value is None else _number(value), "")
    spread = []
    if "mean" in value:
        spread.append(_number(value["mean"]) + (f" ± {_number(value['std'])}" if "std" in value else ""))
    if "low" in value and "high" in value:
        spread.append(f"{_number(value['low'])} to {_number(value['high'])}")
    return (_number(value["value"]), ", ".join(spread))


def _rows(data: Mapping[str, Any], prefix: str = "") -> Rows:
    """Nested mappings as `data.train.size`."""
    rows: Rows = []
    for name, value in data.items():
        label = prefix + str(name)
        rows += _rows(value, label + ".") if isinstance(value, Mapping) else [(label, _number(value))]
    return rows


def _number(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_number, value)) + "]"
    return str(value)


def _grid(rows: Rows) -> Table:
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    for column in range(max(map(len, rows))):
        grid.add_column(style="dim" if column == 0 else "", overflow="fold")
    for row in rows:
        grid.add_row(*(Text(cell) for cell in row))
    return grid
