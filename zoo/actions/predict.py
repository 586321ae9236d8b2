"""Predict: a network on the user's own inputs, in batches; scores where the file also holds what happened."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..atomic import write_atomically
from ..errors import ConfigError, DataError

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from ..tasks.task import Task


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a network says of each input, and how right it was.

    Attributes
    ----------
    x, y : Tensor
        Inputs `(B, *input_shape)` and predictions `(B, *output_shape)`.
    truth : Tensor or None
        `(B, *output_shape)` where the data hold it.
    scores : dict
        The task's metric of `y` against `truth`, and of a trivial prediction beside it; empty without truth.
    """

    name: str
    x: Tensor
    y: Tensor
    truth: Tensor | None
    scores: dict[str, float]

    def __rich__(self) -> Any:
        from rich.table import Table

        table = Table(title=f"{self.name}: {len(self.x):,} inputs", title_justify="left", show_header=False)
        for key, value in self.scores.items():
            table.add_row(key, f"{value:.3e}")
        if not self.scores:
            table.add_row("predictions", f"{tuple(self.y.shape)}, no truth in the data to compare with")
        return table


def predict(model_or_name: Any, x: Any, *, batch_size: int = 4096) -> Tensor:
    """Predictions `(B, *output_shape)` for inputs `(B, *input_shape)`, in evaluation mode and without gradients.

    Parameters
    ----------
    model_or_name : Module, str or Path
    x : array or Tensor
    batch_size : int
        Inputs at a time: bounds the memory, changes nothing else.

    Raises
    ------
    DataError
        If the inputs do not have the shape that the network takes.
    """
    import torch

    model = _model(model_or_name)
    parameter = next(model.parameters())
    x = torch.as_tensor(x).to(parameter)
    shape = tuple(model.config.get("input_shape", x.shape[1:]))
    if tuple(x.shape[1:]) != shape:
        raise DataError(f"the network takes inputs (B, {', '.join(map(str, shape))}), got {tuple(x.shape)}")
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad():
            return torch.cat([model(piece) for piece in x.split(batch_size)]).cpu()
    finally:
        model.train(was_training)


def predict_file(
    model_or_name: Any, data: str | Path, *, out: str | Path | None = None, plot: str | Path | None = None
) -> Predictions:
    """Predict on a file, write the predictions and draw them.

    Parameters
    ----------
    model_or_name : Module, str or Path
    data : str or Path
        A file that the model's task reads: with truth (whole trajectories, or x and y) or inputs alone.
    out : str or Path, optional
        A .csv or .npz file for the predictions, in the order of the inputs.
    plot : str or Path, optional
        A picture of some of them.

    Raises
    ------
    ConfigError
        If the model belongs to no task, or a name does not end on a format that can be written.
    DataError
        If the file cannot be used.
    """
    if out is not None and Path(out).suffix.lower() not in _WRITERS:
        raise ConfigError(f"cannot write predictions to {Path(out).name!r}: the name must end on .csv or .npz")
    model = _model(model_or_name)
    task = _task(model)
    x, truth = _read(task, data)
    predicted = predict(model, x)
    scores = {} if truth is None else _scores(task, x, predicted, truth)
    result = Predictions(str(getattr(model.card, "name", None) or model_or_name), x, predicted, truth, scores)
    if out is not None:
        write_atomically(out, _WRITERS[Path(out).suffix.lower()](task, predicted))
    if plot is not None:
        _draw(task, result, plot)
    return result


def _model(model_or_name: Any) -> torch.nn.Module:
    from ..factory import load

    return load(model_or_name) if isinstance(model_or_name, (str, Path)) else model_or_name


def _task(model: torch.nn.Module) -> Task:
    from ..tasks import get_task

    name = getattr(getattr(model, "card", None), "task", None)
    if not name:
        raise ConfigError(
            "the model belongs to no task, so zoo does not know how to read files for it: "
            "call zoo.predict(model, x) with the inputs as an array"
        )
    return get_task(name)


def _read(task: Task, data: str | Path) -> tuple[Tensor, Tensor | None]:
    """Inputs with the truth; inputs alone where the file has no more."""
    try:
        arrays = task.read(data)
    except DataError as with_truth:
        try:
            return task.read_inputs(data), None
        except DataError:
            raise with_truth from None
    return arrays.x, arrays.y


def _scores(task: Task, x: Tensor, predicted: Tensor, truth: Tensor) -> dict[str, float]:
    """The metric, beside that of a trivial prediction: the last step again, or the mean of the truth."""
    repeated = x.ndim > 2 and x.shape[2:] == truth.shape[2:]
    trivial = x[:, -1:].expand_as(truth) if repeated else truth.mean(0, keepdim=True)
    label = "repeating the last step" if repeated else "always the mean"
    scores = dict(task.metric(predicted, truth))
    scores[f"mse of {label}"] = float((trivial - truth).square().mean())
    return scores


def _draw(task: Task, result: Predictions, path: str | Path) -> None:
    from ..pictures import plot_agreement, plot_forecasts

    truth = None if result.truth is None else result.truth.numpy()
    if result.y.ndim == 3 and task.name.endswith("_body"):
        plot_forecasts(result.x.numpy(), result.y.numpy(), path, truth=truth, title=result.name)
    elif truth is not None:
        plot_agreement(result.y.numpy(), truth, path, title=result.name)
    else:
        raise ConfigError(f"there is no picture for predictions of the task {task.name} without the truth")


def _csv(task: Task, predicted: Tensor) -> bytes:
    """One row a predicted step (trajectories) or a sample."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    steps = predicted.ndim == 3 and predicted.shape[2] == len(task.columns)
    rows = predicted.flatten(0, 1) if steps else predicted.reshape(len(predicted), -1)
    names = task.columns if steps else [f"y{i}" for i in range(rows.shape[1])]
    writer.writerow([*(["sample", "step"] if steps else ["sample"]), *names])
    for number, row in enumerate(rows.tolist()):
        index = divmod(number, predicted.shape[1]) if steps else (number,)
        writer.writerow([*index, *(f"{value:.9g}" for value in row)])
    return text.getvalue().encode()


def _npz(task: Task, predicted: Tensor) -> bytes:
    import numpy as np

    data = io.BytesIO()
    np.savez_compressed(data, y=predicted.numpy())
    return data.getvalue()


_WRITERS = {".csv": _csv, ".npz": _npz}
