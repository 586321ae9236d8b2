"""ROC curves of a task's taggers: results/TASK_roc.csv, written by `zoo evaluate --write`, and the picture of them."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
from torch import Tensor

from ..atomic import write_atomically
from ..pictures.roc import roc_curve
from ..registry import Registry
from ..registry.lock import locked

COLUMNS = ("model", "signal_efficiency", "background_efficiency")
_POINTS = 200  # of a curve: evenly over the signal efficiency
Curve = tuple[np.ndarray, np.ndarray]


def table_path(task: str, root: Path) -> Path:
    """Where the curves of a task stand, in the folder of the registry."""
    return root / "results" / f"{task}_roc.csv"


def picture_path(task: str, root: Path) -> Path:
    """Where the picture of them goes."""
    return root / "docs" / f"{task}_roc.png"


def curve(logits: Tensor, truth: Tensor) -> Curve:
    """Signal efficiencies, and the share of the background that passes the cut at each of them."""
    signal, background = roc_curve(logits.double().numpy(), truth.numpy())
    efficiencies = np.arange(1, _POINTS + 1) / _POINTS
    return efficiencies, background[np.searchsorted(signal, efficiencies - 1e-9)]


def record_curve(path: Path, name: str, logits: Tensor, truth: Tensor) -> None:
    """Put the curve of one model into the table, in place of its old one."""
    path.parent.mkdir(exist_ok=True)
    with locked(path):  # several rows may be measured at once
        curves = {**read_curves(path), name: curve(logits, truth)}
        write_atomically(path, _csv(curves))


def read_curves(path: Path) -> dict[str, Curve]:
    """Curves by model; none where there is no file."""
    if not path.is_file():
        return {}
    rows: dict[str, list[tuple[float, float]]] = {}
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            rows.setdefault(row["model"], []).append((float(row[COLUMNS[1]]), float(row[COLUMNS[2]])))
    return {name: (np.array(points)[:, 0], np.array(points)[:, 1]) for name, points in rows.items()}


def draw_curves(task: str, root: Path, registry: Registry) -> list[Path]:
    """Draw the curves of the registry's rows, in its order; the files written, none where there are no curves."""
    found = read_curves(table_path(task, root))
    curves = {name: found[name] for name in registry.entries if name in found}
    if not curves:
        return []
    from ..pictures.curves import plot_curves

    picture = picture_path(task, root)
    picture.parent.mkdir(exist_ok=True)
    areas = {name: registry.entries[name].metrics.get("auroc", {}).get("value") for name in curves}
    plot_curves(curves, picture, {name: area for name, area in areas.items() if area is not None})
    return [picture]


def _csv(curves: dict[str, Curve]) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for name in sorted(curves):
        writer.writerows((name, f"{s:.6g}", f"{b:.6g}") for s, b in zip(*curves[name], strict=True))
    return stream.getvalue().encode()
