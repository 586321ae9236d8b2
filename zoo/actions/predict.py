"""Predict: a network on the user's own inputs, in batches; scores where the file also holds what happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError, DataError
from .predicted import Predictions, draw, measure

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from ..tasks.stream import Stream
    from ..tasks.task import Task


def predict(
    model_or_name: Any, x: Any, *, batch_size: int = 4096, advance: Callable[[int], object] | None = None
) -> Tensor:
    """Predictions `(B, *output_shape)` for inputs `(B, *input_shape)`, in evaluation mode and without gradients.

    Parameters
    ----------
    model_or_name : Module, str or Path
    x : array, Tensor, Ragged or Pixels
        Images `(B, C, H, W)` of bytes are taken for numbers in [0, 1], 255 for 1.
    batch_size : int
        Inputs at a time: bounds the memory, changes nothing else.
    advance : callable, optional
        Called after each batch with the number of inputs in it.

    Raises
    ------
    DataError
        If the inputs do not have the shape that the network takes.
    """
    import torch

    from .pieces import in_pieces

    model = _model(model_or_name)
    parameter = next(model.parameters())
    x = x if hasattr(x, "dense") else torch.as_tensor(x)
    if x.dtype == torch.uint8 and x.ndim == 4:
        from ..tasks.images import Pixels

        x = Pixels(x)
    shape = tuple(model.config.get("input_shape", getattr(model, "input_shape", x.shape[1:])))
    if len(shape) != x.ndim - 1 or any(n not in (None, m) for n, m in zip(shape, x.shape[1:], strict=True)):
        wanted = ", ".join("N" if n is None else str(n) for n in shape)  # None: any number, of points for instance
        raise DataError(f"the network takes inputs (B, {wanted}), got {tuple(x.shape)}")
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad():
            predicted = []
            for piece in in_pieces(x, parameter, batch_size):
                predicted.append(model(piece).cpu())
                if advance is not None:
                    advance(len(piece))
            return torch.cat(predicted)
    finally:
        model.train(was_training)


def predict_file(
    model_or_name: Any,
    data: str | Path,
    *,
    out: str | Path | None = None,
    plot: str | Path | None = None,
    reading: Mapping[str, Any] | None = None,
    device: str | None = None,
    progress: bool = False,
) -> Predictions:
    """Predict on a file, write the predictions and draw them.

    The file is read, predicted and written piece by piece where its task can do that (`Task.stream`). Then only the
    predictions and the truth of all inputs are held in memory, for the scores.

    Parameters
    ----------
    model_or_name : Module, str or Path
    data : str or Path
        A file that the model's task reads: with truth (whole trajectories, or x and y) or inputs alone.
    out : str or Path, optional
        A .csv or .npz file for the predictions, in the order of the inputs. It appears when all is done.
    plot : str or Path, optional
        A picture of some of them, of their ROC curve, or of which class is taken for which.
    reading : mapping, optional
        How the file is to be read, where its task has options for that; for jets ``{"units": "MeV"}``, say.
    device : str, optional
        Where to compute, "cuda" for instance (a module is moved there); by default where it is, and the CPU for a name.
    progress : bool
        Whether to show a bar.

    Raises
    ------
    ConfigError
        If the model belongs to no task, a name does not end on a format that can be written, or there is no such
        device.
    DataError
        If the file cannot be used; nothing is written then.
    """
    from .writing import writer

    if plot is not None:
        from ..pictures.figure import check_picture

        check_picture(plot)  # now, not after an hour of work
    model = _model(model_or_name)
    task = _task(model)
    if device is not None:
        model = model.to(_device(device))
    with writer(out, task) as write:
        stream = task.stream(data, **(reading or {}))
        x, predicted, truth, names = _predict_stream(model, task, stream, write, progress)
    name = str(getattr(model.card, "name", None) or model_or_name)
    scores = measure(task, x, predicted, truth)
    result = Predictions(name, task, x, predicted, truth, scores, stream.remarks(), names)
    if plot is not None:
        draw(result, plot)
    return result


def _predict_stream(
    model: torch.nn.Module, task: Task, stream: Stream, write: Callable[..., object], progress: bool
) -> tuple[Any, Tensor, Tensor | None, list[str]]:
    """Inputs (of a stream that is whole), predictions, truth and names, which `write` gets piece by piece."""
    import torch

    from ..progress import Bar

    x, predicted, truth, names, done = None, [], [], [], 0
    with Bar(progress, stream.total, title="predicting", unit=f"{task.item}s") as bar:

        def advance(count: int) -> None:
            nonlocal done
            done += count
            bar.update(done)

        for piece in stream:
            predicted.append(predict(model, piece.x, advance=advance))
            write(predicted[-1], piece.y, piece.names)
            names += [] if piece.names is None else piece.names
            truth += [] if piece.y is None else [piece.y]
            x = piece.x if stream.whole else None
    if not predicted:
        raise DataError(f"there are no {task.item}s in the file; give one that holds some")
    return x, torch.cat(predicted), torch.cat(truth) if truth else None, names


def _model(model_or_name: Any) -> torch.nn.Module:
    from ..factory import load

    return load(model_or_name) if isinstance(model_or_name, (str, Path)) else model_or_name


def _device(name: str) -> torch.device:
    import torch

    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:  # what torch raises without a driver, or without support
        raise ConfigError(f"there is no device {name!r} here ({str(error).splitlines()[0]}); leave it out") from error
    return device


def _task(model: torch.nn.Module) -> Task:
    from ..tasks import get_task

    name = getattr(getattr(model, "card", None), "task", None)
    if not name:
        raise ConfigError(
            "the model belongs to no task, so zoo does not know how to read files for it: "
            "call zoo.predict(model, x) with the inputs as an array"
        )
    return get_task(name)
