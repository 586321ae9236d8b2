"""`Predictions`: what a network says of a file, how right it was, and a picture of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError

if TYPE_CHECKING:
    from torch import Tensor

    from ..tasks.task import Task

_SHOWN = 6  # items of which a decision is printed
_RUNNERS_UP = 3  # further classes that are printed of them


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a network says of each input, and how right it was.

    Attributes
    ----------
    name : str
        Of the network.
    task : Task
    x : Tensor or None
        Inputs `(B, *input_shape)`; None where the file was read piece by piece, and did not have to fit into memory.
    y : Tensor
        Predictions `(B, *output_shape)`.
    truth : Tensor or None
        `(B, *output_shape)` where the data hold it.
    scores : dict
        The task's metric of `y` against `truth`, and of a trivial prediction beside it; empty without truth.
    remarks : list of str
        What was repaired or noticed in the data.
    names : list of str
        What the inputs are called, where they have names.
    """

    name: str
    task: Task
    x: Any
    y: Tensor
    truth: Tensor | None
    scores: dict[str, float]
    remarks: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def __rich__(self) -> Any:
        from rich.console import Group
        from rich.table import Table

        count = f"{len(self.y):,} {self.task.item}{'s' * (len(self.y) != 1)}"
        table = Table(title=f"{self.name}: {count}", title_justify="left", show_header=False)
        for key, value in _readable(self.scores, self.task.decides or bool(self.task.classes)):
            table.add_row(key, value)
        if not self.scores:
            table.add_row("predictions", f"{tuple(self.y.shape)}, no truth in the data to compare with")
        for remark in self.remarks:
            table.add_row("in the file", remark)
        if self.task.classes:
            return Group(_first_classes(self), table)
        return Group(_first_decisions(self), table) if self.task.decides else table


def measure(task: Task, x: Any, predicted: Tensor, truth: Tensor | None) -> dict[str, float]:
    """The metric, beside that of a trivial prediction: the last step again, or the mean of the truth."""
    if truth is None:
        return {}
    scores = dict(task.metric(predicted, truth))
    if task.decides or task.classes:
        return scores  # an AUROC of one half, or one in ten, needs no telling
    repeated = x.ndim > 2 and x.shape[2:] == truth.shape[2:]
    trivial = x[:, -1:].expand_as(truth) if repeated else truth.mean(0, keepdim=True)
    label = "repeating the last step" if repeated else "always the mean"
    scores[f"mse of {label}"] = float((trivial - truth).square().mean())
    return scores


def draw(result: Predictions, path: str | Path) -> None:
    """The picture that fits: an ROC curve, orbits, classes taken for others, or predictions over the truth."""
    from ..pictures import plot_agreement, plot_confusion, plot_forecasts, plot_roc, plot_scores

    truth = None if result.truth is None else result.truth.numpy()
    if result.task.classes and truth is not None:
        plot_confusion(result.y.argmax(1).numpy(), truth, result.task.classes, path, title=result.name)
    elif result.task.decides and truth is not None and 0 < truth.mean() < 1:
        plot_roc({result.name: (result.y.numpy(), truth)}, path)
    elif result.task.decides:
        plot_scores(result.y.numpy(), path, labels=truth, title=result.name)
    elif result.y.ndim == 3 and result.task.name.endswith("_body") and result.x is not None:
        plot_forecasts(result.x.numpy(), result.y.numpy(), path, truth=truth, title=result.name)
    elif truth is not None:
        plot_agreement(result.y.numpy(), truth, path, title=result.name)
    else:
        raise ConfigError(f"there is no picture for predictions of the task {result.task.name} without the truth")


def _readable(scores: dict[str, float], shares: bool) -> list[tuple[str, str]]:
    """Names and numbers; an error stands behind its value, and what is between 0 and 1 is read without exponent."""
    rows = []
    for key, value in scores.items():
        if key.endswith("_error") and key.removesuffix("_error") in scores:
            continue
        error = scores.get(f"{key}_error")
        if not shares:
            rows.append((key, f"{value:.3e}"))
        elif error is not None:
            rows.append((key, f"{value:,.1f} ± {error:,.1f}"))
        else:
            rows.append((key, f"{value:.4f}"))
    return rows


def _first_decisions(result: Predictions) -> Any:
    """The first items with their logits and probabilities."""
    from rich.table import Table

    headings = [result.task.item, "logit", "score", *(["label"] if result.truth is not None else [])]
    table = Table(*headings, title=f"the first of {len(result.y):,}", title_justify="left")
    for number, logit in enumerate(result.y[:_SHOWN].tolist()):
        cells = [f"{number}", f"{logit:.3f}", f"{result.y[number].double().sigmoid().item():.4f}"]
        table.add_row(*cells, *([] if result.truth is None else [f"{result.truth[number].item():g}"]))
    return table


def _first_classes(result: Predictions) -> Any:
    """The first items with their most probable classes."""
    from rich.table import Table

    classes = result.task.classes
    headings = [result.task.item, "class", "probability", "then", *(["label"] if result.truth is not None else [])]
    table = Table(*headings, title=f"the first of {len(result.y):,}", title_justify="left")
    for number, logits in enumerate(result.y[:_SHOWN]):
        probable = logits.double().softmax(0).sort(descending=True)
        ranked = [(classes[i], p) for i, p in zip(probable.indices.tolist(), probable.values.tolist(), strict=True)]
        name = result.names[number] if result.names else str(number)
        others = ", ".join(f"{label} {p:.4f}" for label, p in ranked[1 : 1 + _RUNNERS_UP])
        cells = [name, ranked[0][0], f"{ranked[0][1]:.4f}", others]
        table.add_row(*cells, *([] if result.truth is None else [classes[int(result.truth[number])]]))
    return table
