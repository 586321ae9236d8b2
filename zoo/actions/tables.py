"""Tables of what the registry's rows reach: results/TASK.csv, and the README's."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..atomic import write_atomically
from ..errors import ConfigError
from ..registry import Entry, Registry
from .evaluate import evaluate

START, END = "<!-- tables -->", "<!-- /tables -->"
COLUMNS = ("model", "kind", "family", "symmetry", "metric", "value", "mean", "std", "low", "high", "seeds", "paper")
# What a discoverer is judged by, and what that is called.
_MEASURES = (
    ("cosine", "cosine"),
    ("cosine_on_data", "cosine on the data"),
    ("angle_degrees", "angle to the truth"),
    ("element_degrees", "nearest element"),
)


def write_tables(
    task: str, *, measure: bool = True, root: str | Path | None = None, registry: Registry | None = None
) -> list[Path]:
    """Evaluate every trained row of a task, then write results/TASK.csv and the tables in README.md.

    Parameters
    ----------
    task : str
        A task's name.
    measure : bool
        False: take the metrics as the registry has them.
    root : path, optional
        Folder of README.md and results/; default: the registry's.
    registry : Registry, optional
        Instead of the one that comes with zoo.

    Returns
    -------
    list of Path
        The files that were written.

    Raises
    ------
    ConfigError
        If no row belongs to the task, or the README lacks the markers.
    """
    registry = Registry.load() if registry is None else registry
    rows = [name for name in registry.entries if registry.entries[name].task == task]
    if not rows:
        tasks = sorted({entry.task for entry in registry.entries.values() if entry.task})
        raise ConfigError(
            f"no row of the registry belongs to the task {task!r}; there are {', '.join(tasks) or 'none'}"
        )
    if measure:
        for name in rows:
            if registry.entries[name].weights is not None:
                evaluate(name, write=True, registry=registry)
                registry = Registry.load(registry.path)
    root = registry.path.parent if root is None else Path(root)
    (root / "results").mkdir(exist_ok=True)
    table = root / "results" / f"{task}.csv"
    write_atomically(table, _csv({name: registry.entries[name] for name in rows}).encode())
    return [table, *_write_readme(root / "README.md", registry)]


def markdown(registry: Registry) -> str:
    """The README's tables: networks and discoverers of each task that has metrics."""
    tasks = dict.fromkeys(entry.task for entry in registry.entries.values() if entry.task and entry.metrics)
    return "\n\n".join(part for task in tasks for part in _task_tables(task, registry))


def _csv(entries: Mapping[str, Entry]) -> str:
    """One line for each row and metric."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for name, entry in entries.items():
        seeds = len(entry.metrics.get("seeds") or [None])
        for metric, spread in _spreads(entry):
            figures = [f"{spread[key]:.6g}" if key in spread else "" for key in ("value", "mean", "std", "low", "high")]
            paper = entry.reference.table.get(metric, "")
            writer.writerow([name, entry.kind, entry.family, entry.symmetry or "", metric, *figures, seeds, paper])
    return stream.getvalue()


def _spreads(entry: Entry) -> Iterator[tuple[str, Mapping[str, float]]]:
    for metric, spread in entry.metrics.items():
        if isinstance(spread, dict) and "value" in spread:
            yield metric, spread


def _task_tables(task: str, registry: Registry) -> Iterator[str]:
    rows = {name: entry for name, entry in registry.entries.items() if entry.task == task and entry.metrics}
    networks = {name: entry for name, entry in rows.items() if entry.kind == "model" and "mse" in entry.metrics}
    discoverers = {name: entry for name, entry in rows.items() if entry.kind == "discoverer"}
    if networks:
        header = (
            "`" + task + "`",
            "symmetry",
            "test MSE",
            "over seeds",
            "other integrator",
            "averaged",
            "paper",
            "certificate",
        )
        yield _table(header, [_network_row(name, entry) for name, entry in networks.items()])
    if discoverers:
        header = ("`" + task + "`", "found", *(f"{title} (worst seed)" for _, title in _MEASURES), "paper")
        yield _table(header, [_discoverer_row(name, entry) for name, entry in discoverers.items()])


def _network_row(name: str, entry: Entry) -> tuple[str, ...]:
    metrics = entry.metrics
    return (
        f"`{name}`",
        f"`{entry.symmetry}`" if entry.symmetry else "none",
        _value(metrics["mse"]),
        _over_seeds(metrics["mse"], metrics),
        _value(metrics.get("mse_scipy")),
        _value(metrics.get("mse_averaged")),
        _figure(entry.reference.table.get("mse")),
        _certificate(entry.certificate),
    )


def _discoverer_row(name: str, entry: Entry) -> tuple[str, ...]:
    generators = int(entry.metrics["generators"]["value"])
    measures = (_with_worst(entry.metrics.get(key), key) for key, _ in _MEASURES)
    paper = next(
        (_precise(entry.reference.table[key], key) for key, _ in _MEASURES if key in entry.reference.table), ""
    )
    return (f"`{name}`", f"{generators} generator{'s' * (generators != 1)}", *measures, paper)


def _with_worst(spread: Any, key: str) -> str:
    if not spread:
        return ""
    worst = spread.get("low" if key.startswith("cosine") else "high")
    return _precise(spread["value"], key) + ("" if worst is None else f" ({_precise(worst, key)})")


def _over_seeds(spread: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    if "mean" not in spread:
        return ""
    return f"{_figure(spread['mean'])} ± {_figure(spread['std'])} ({len(metrics.get('seeds') or [])})"


def _certificate(certificate: Mapping[str, Any]) -> str:
    """The largest error against the own symmetry, float64 / float32."""
    own = certificate.get("own")
    if not own:
        return ""
    worst = [max((*own.get(f"infinitesimal_{d}", []), *own[f"finite_{d}"])) for d in ("float64", "float32")]
    return " / ".join(f"{error:.0e}" for error in worst)


def _value(spread: Any) -> str:
    return _figure(spread["value"]) if spread else ""


def _figure(value: Any) -> str:
    return f"{value:.2e}" if isinstance(value, float) else "" if value is None else str(value)


def _precise(value: float, key: str) -> str:
    """Cosines near 1 need their digits; angles do not."""
    return f"{value:.6f}" if key.startswith("cosine") else f"{value:.3g}°"


def _table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Markdown, without the columns that are empty in every row."""
    used = [i for i in range(len(header)) if any(row[i] for row in rows)]
    lines = [[header[i] for i in used], ["---"] * len(used), *([row[i] for i in used] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _write_readme(path: Path, registry: Registry) -> list[Path]:
    if not path.is_file():
        return []
    text = path.read_text(encoding="utf-8")
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise ConfigError(f"{path}: the tables go between {START} and {END}, which are not there; put them back")
    write_atomically(path, f"{before}{START}\n{markdown(registry)}\n{END}{after}".encode())
    return [path]
