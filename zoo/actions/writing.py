"""Predictions into a file, as they come: `writer` for .csv (row by row) and .npz."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ..atomic import open_atomically, write_atomically
from ..errors import ConfigError

if TYPE_CHECKING:
    from torch import Tensor

    from ..tasks.task import Task

Write = Callable[["Tensor", "Tensor | None", "Sequence[str] | None"], object]
"""Takes predictions `(n, ...)`, the truth of the same inputs and their names, in the order of the file."""


def writer(path: str | Path | None, task: Task) -> AbstractContextManager[Write]:
    """A block in which predictions are written; the file appears at its end, whole, or not at all.

    ========= ============================================================================================
    task      columns of a .csv file
    ========= ============================================================================================
    decides   the item's number, its logit, its score (the probability of a yes), its label where known
    classes   the item's number or name, the class, its probability, those of all classes, the label where known
    forecasts sample, step, then the coordinates: one row for each predicted step
    others    sample, then the numbers of the prediction
    ========= ============================================================================================

    Raises
    ------
    ConfigError
        If the name ends on neither .csv nor .npz, or the folder does not exist.
    """
    if path is None:
        return _nowhere()
    path = Path(path)
    if path.suffix.lower() not in _WRITERS:
        raise ConfigError(f"cannot write predictions to {path.name!r}: the name must end on .csv or .npz")
    if not path.absolute().parent.is_dir():
        raise ConfigError(f"cannot write {path}: the folder {path.absolute().parent} does not exist; make it first")
    return _WRITERS[path.suffix.lower()](path, task)


@contextmanager
def _nowhere() -> Iterator[Write]:
    yield lambda predicted, truth, names: None


@contextmanager
def _csv(path: Path, task: Task) -> Iterator[Write]:
    with open_atomically(path) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
        rows = csv.writer(text, lineterminator="\n")
        done = 0

        def write(predicted: Tensor, truth: Tensor | None, names: Sequence[str] | None) -> None:
            nonlocal done
            if task.classes:
                header, lines = _classes(task, predicted, truth, names or range(done, done + len(predicted)))
            else:
                layout = _decisions if task.decides else _numbers
                header, lines = layout(task, predicted, truth, done)
            if not done:
                rows.writerow(header)
            rows.writerows(lines)
            done += len(predicted)

        try:
            yield write
        finally:
            text.detach()  # flushes; the stream below is not for this one to close


def _decisions(task: Task, predicted: Tensor, truth: Tensor | None, start: int) -> tuple[list[str], Iterator[list]]:
    header = [task.item, "logit", "score", *(["label"] if truth is not None else [])]
    scores = predicted.double().sigmoid().tolist()  # in float64, so that sure ones do not all become 1
    labels = [[]] * len(predicted) if truth is None else [[f"{label:g}"] for label in truth.tolist()]
    rows = zip(predicted.tolist(), scores, labels, strict=True)
    return header, ([start + i, f"{logit:.9g}", f"{score:.9g}", *label] for i, (logit, score, label) in enumerate(rows))


def _classes(
    task: Task, predicted: Tensor, truth: Tensor | None, names: Sequence[object]
) -> tuple[list[str], Iterator[list]]:
    header = [task.item, "class", "probability", *(f"p_{name}" for name in task.classes)]
    probabilities = predicted.double().softmax(1).tolist()
    labels = [[]] * len(predicted) if truth is None else [[task.classes[label]] for label in truth.tolist()]

    def line(name: object, row: list[float], label: list[str]) -> list:
        largest = max(row)
        return [name, task.classes[row.index(largest)], f"{largest:.9g}", *(f"{p:.9g}" for p in row), *label]

    rows = zip(names, probabilities, labels, strict=True)
    return [*header, *(["label"] if truth is not None else [])], (line(*row) for row in rows)


def _numbers(task: Task, predicted: Tensor, truth: Tensor | None, start: int) -> tuple[list[str], Iterator[list]]:
    """One row a predicted step (trajectories) or a sample."""
    steps = predicted.ndim == 3 and predicted.shape[2] == len(task.columns)
    rows = predicted.flatten(0, 1) if steps else predicted.reshape(len(predicted), -1)
    names = task.columns if steps else [f"y{i}" for i in range(rows.shape[1])]
    header = [*(["sample", "step"] if steps else ["sample"]), *names]
    per_sample = predicted.shape[1] if steps else 1

    def lines() -> Iterator[list]:
        for number, row in enumerate(rows.tolist()):
            sample, step = divmod(number, per_sample)
            yield [start + sample, *([step] if steps else []), *(f"{value:.9g}" for value in row)]

    return header, lines()


@contextmanager
def _npz(path: Path, task: Task) -> Iterator[Write]:
    import numpy as np
    import torch

    pieces: list[Tensor] = []
    yield lambda predicted, truth, names: pieces.append(predicted)
    data = io.BytesIO()
    np.savez_compressed(data, y=torch.cat(pieces).numpy())
    write_atomically(path, data.getvalue())


_WRITERS: dict[str, Callable[[Path, Task], AbstractContextManager[Write]]] = {".csv": _csv, ".npz": _npz}
