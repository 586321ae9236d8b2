"""Tables of what the registry's rows reach: results/TASK.csv, and the README's."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path

from ..atomic import write_atomically
from ..errors import ConfigError
from ..registry import Entry, Registry
from ..tasks import TASKS, get_task
from .columns import discoverer_columns, network_columns
from .curves import draw_curves
from .evaluate import evaluate
from .sizes import size_rows

START, END = "<!-- tables -->", "<!-- /tables -->"
COLUMNS = ("model", "kind", "family", "symmetry", "metric", "value", "mean", "std", "low", "high", "seeds", "paper")


def write_tables(
    task: str,
    *,
    measure: bool = True,
    root: str | Path | None = None,
    registry: Registry | None = None,
    progress: bool = False,
) -> list[Path]:
    """Evaluate every trained row of a task, then write results/TASK.csv, ROC curves, and tables in README.md and docs.

    Parameters
    ----------
    task : str
        A task's name.
    measure : bool
        False: take the metrics as the registry has them.
    root : path, optional
        Folder of README.md, results/ and docs/; default: the registry's.
    registry : Registry, optional
        Instead of the one that comes with zoo.
    progress : bool
        Whether to show a bar for each row.

    Returns
    -------
    list of Path
        The files that were written.

    Raises
    ------
    ConfigError
        If no row belongs to the task, or README.md or docs/TASK.md lacks the markers.
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
                evaluate(name, write=True, registry=registry, progress=progress)
                registry = Registry.load(registry.path)
    root = registry.path.parent if root is None else Path(root)
    (root / "results").mkdir(exist_ok=True)
    table = root / "results" / f"{task}.csv"
    write_atomically(table, _csv({name: registry.entries[name] for name in rows}).encode())
    readme = _write_between(root / "README.md", markdown(registry))
    sizes = _table(*size_rows(root / "results" / f"{task}_sizes", _main_metric(task), registry))
    page = _write_between(root / "docs" / f"{task}.md", "\n\n".join([*_task_tables(task, registry), *sizes]))
    return [table, *draw_curves(task, root, registry), *readme, *page]


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
    main = _main_metric(task)
    networks = {name: entry for name, entry in rows.items() if entry.kind == "model" and main in entry.metrics}
    discoverers = {name: entry for name, entry in rows.items() if entry.kind == "discoverer"}
    for columns, entries in ((network_columns(main), networks), (discoverer_columns(), discoverers)):
        if entries:
            header = ("`" + task + "`", *(heading for heading, _ in columns))
            cells = [(f"`{name}`", *(cell(entry) for _, cell in columns)) for name, entry in entries.items()]
            yield from _table(header, cells)


def _main_metric(task: str) -> str:
    return get_task(task).main_metric if task in TASKS else "mse"


def _table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> Iterator[str]:
    """Markdown, without the columns that are empty in every row; nothing if there are no rows."""
    if not rows:
        return
    used = [i for i in range(len(header)) if any(row[i] for row in rows)]
    lines = [[header[i] for i in used], ["---"] * len(used), *([row[i] for i in used] for row in rows)]
    yield "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _write_between(path: Path, tables: str) -> list[Path]:
    if not path.is_file():
        return []
    text = path.read_text(encoding="utf-8")
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise ConfigError(f"{path}: the tables go between {START} and {END}, which are not there; put them back")
    write_atomically(path, f"{before}{START}\n{tables}\n{END}{after}".encode())
    return [path]
