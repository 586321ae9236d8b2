"""What rows reach with fewer data: a table of the sweeps over the size of the training split."""

from __future__ import annotations

import csv
import statistics
from collections import defaultdict
from pathlib import Path

from ..errors import ConfigError
from ..registry import Entry, Registry
from .columns import form_of, over_seeds, symmetry_of, with_spread
from .sweep import PARTS, SweepFile, sweep_digest

SIZE = "training.data.train.size"


def size_rows(folder: Path, metric: str, registry: Registry) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Of each entry the mean of a test metric over seeds, by the size of its training split: header and rows.

    Parameters
    ----------
    folder : Path
        Of the files NAME.csv that ``zoo sweep NAME --vary 'training.data.train.size=[...]' --test`` wrote.
    metric : str
    registry : Registry
        Names and recipes; a recipe that says how many data it is trained on adds what its row reaches with them.

    Raises
    ------
    ConfigError
        If a file is of another recipe than the registry's, or varies more than the size.
    """
    found = {
        name: _with_all(entry, metric) | _with_fewer(folder / f"{name}.csv", name, entry, metric)
        for name, entry in registry.entries.items()
        if (folder / f"{name}.csv").is_file()
    }
    sizes = sorted({size for by_size in found.values() for size in by_size})
    title = metric.upper() if metric != "accuracy" else metric
    header = (f"test {title} by size of the training split", "symmetry", *(f"{size:,}" for size in sizes))
    rows = [
        (f"`{name}`", symmetry_of(registry.entries[name]), *(by_size.get(size, "") for size in sizes))
        for name, by_size in found.items()
    ]
    return header, rows


def _with_all(entry: Entry, metric: str) -> dict[int, str]:
    size = ((entry.training.get("data") or {}).get("train") or {}).get("size")
    if size is None or metric not in entry.metrics:
        return {}
    form = form_of(metric)
    return {size: over_seeds(entry, metric, form) or form(entry.metrics[metric]["value"])}


def _with_fewer(path: Path, name: str, entry: Entry, metric: str) -> dict[int, str]:
    with path.open(newline="") as stream:
        varied = [column for column in next(csv.reader(stream)) if column.partition(".")[0] in PARTS]
    lines = SweepFile(path, varied, sweep_digest(entry, dict.fromkeys(varied, ()), test=True)).read().values()
    others = {tuple(str(line[field]) for field in varied if field != SIZE) for line in lines}
    if SIZE not in varied or len(others) > 1 or any(f"test_{metric}" not in line for line in lines):
        raise ConfigError(
            f"{path}: a table of sizes is made of sweeps of {name} over {SIZE} alone, with --test; move this one away"
        )
    values: dict[int, list[float]] = defaultdict(list)
    for line in lines:
        values[line[SIZE]].append(line[f"test_{metric}"])
    form = form_of(metric)
    return {
        size: with_spread(statistics.fmean(each), statistics.stdev(each), len(each), form)
        if len(each) > 1
        else form(each[0])
        for size, each in values.items()
    }
