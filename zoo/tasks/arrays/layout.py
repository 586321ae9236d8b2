"""Trajectories and samples out of what a file held."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ...errors import DataError
from .checks import as_numbers
from .files import UNNAMED, Content, read_file


def trajectories(content: Content, columns: Sequence[str], dtype: torch.dtype = torch.float64) -> list[Tensor]:
    """Orbits `(T_i, k)`, from an array `(N, T, k)` or a table of orbit, step and the k `columns`.

    Raises
    ------
    DataError
        If the numbers are unusable, or an orbit's steps are not consecutive.
    """
    if content.is_table:
        table = _table(content, ("orbit", "step", *columns))
        labels = as_numbers(table[:, :2], f"{content.source}, orbit and step", (None, 2))
        states = as_numbers(table[:, 2:], content.source, (None, len(columns)), dtype)
        return [states[rows] for rows in _orbits(labels, content.source)]
    name = UNNAMED if UNNAMED in content.arrays else "trajectories"
    array = content.array(name, f'"trajectories" of shape (N, T, {len(columns)}), or "x" and "y"')
    return list(as_numbers(array, content.source, (None, None, len(columns)), dtype, "trajectories or no steps"))


def pairs(
    content: Content, columns: Sequence[str], input_shape: tuple[int, ...], output_shape: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray | None]:
    """Samples x `(N, *input_shape)` and y `(N, *output_shape)`, still unchecked; y is None where there is none."""
    if UNNAMED not in content.arrays:
        purpose = f'"x" of shape {("N", *input_shape)} and "y" of shape {("N", *output_shape)}'
        return content.array("x", purpose.replace("'", "")), content.arrays.get("y")
    inputs, table = prod(input_shape), content.arrays[UNNAMED]
    without_targets = table.ndim == 2 and table.shape[1] == inputs
    if content.is_table:
        table = _table(content, columns[:inputs] if without_targets else columns)
    if table.ndim != 2 or table.shape[1] not in (inputs, len(columns)):
        raise DataError(
            f"{content.source}: the shape is {table.shape}, expected (N, {len(columns)}): {inputs} numbers of x, then "
            f"{len(columns) - inputs} of y, in the order {', '.join(columns)}"
        )
    x, y = table[:, :inputs].reshape(-1, *input_shape), table[:, inputs:]
    return x, None if without_targets else y.reshape(-1, *output_shape)


def read_pairs(path: str | Path, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    """Pairs of any shape, for a discoverer that knows of no task.

    Parameters
    ----------
    path : str or Path
        Arrays "x" and "y"; or trajectories `(N, T, k)` of any k, of which every step is paired with the next one. A
        .csv file holds trajectories: orbit, step, then k columns under any names.

    Returns
    -------
    tuple of Tensor
        x `(N, ...)` and y `(N, ...)`, or `(N (T - 1), k)` each.

    Raises
    ------
    DataError
        If the file cannot be read or its numbers cannot be used.
    """
    content = read_file(path)
    if "x" in content.arrays:
        x = as_numbers(content.arrays["x"], f"{content.source}, x", None, dtype)
        y = as_numbers(content.array("y", '"x" and "y", or "trajectories"'), f"{content.source}, y", None, dtype)
        if len(x) != len(y):
            raise DataError(f"{content.source}: there are {len(x)} inputs but {len(y)} targets; give one for each")
        return x, y
    columns = _columns(content)
    orbits = trajectories(content, columns, dtype)
    if min(map(len, orbits)) < 2:
        raise DataError(f"{content.source}: a trajectory of a single step makes no pair; at least two are needed")
    return torch.cat([orbit[:-1] for orbit in orbits]), torch.cat([orbit[1:] for orbit in orbits])


def _columns(content: Content) -> tuple[str, ...]:
    """Names of the coordinates, whatever a file calls them."""
    if content.header is not None:
        return tuple(column for column in content.header if column not in ("orbit", "step"))
    array = content.arrays.get(UNNAMED, content.arrays.get("trajectories"))
    width = array.shape[-1] if array is not None and array.ndim else 0
    return tuple(f"column {i + 1}" for i in range(max(width - 2, 1) if content.is_table else width))


def _table(content: Content, columns: Sequence[str]) -> np.ndarray:
    """The rows of a .csv file with its columns in the expected order."""
    table, order = content.arrays[UNNAMED], ", ".join(columns)
    if table.shape[1] != len(columns):
        raise DataError(
            f"{content.source}: {table.shape[1]} columns, expected {len(columns)}: {order}; "
            "the first line may name them"
        )
    if content.header is None:
        return table
    if sorted(content.header) != sorted(columns):
        raise DataError(
            f"{content.source}: the first line names the columns {', '.join(content.header)}; expected {order}, "
            "in any order, or no such line"
        )
    return table[:, [content.header.index(column) for column in columns]]


def _orbits(labels: Tensor, source: str) -> list[Tensor]:
    """The rows of each orbit in the order of its steps, orbits in the order of first appearance."""
    members: dict[float, list[int]] = {}
    for row, name in enumerate(labels[:, 0].tolist()):
        members.setdefault(name, []).append(row)
    orbits = []
    for name, rows in members.items():
        steps, order = labels[rows, 1].sort(stable=True)
        expected = steps[0].round() + torch.arange(len(rows))
        wrong = (steps != expected).nonzero()
        if len(wrong):
            raise DataError(
                f"{source}: the steps of orbit {name:g} are not consecutive integers (step "
                f"{expected[wrong[0, 0]].item():g} is missing, repeated or no integer); number the steps 0, 1, 2, ..."
            )
        orbits.append(torch.tensor(rows)[order])
    return orbits
