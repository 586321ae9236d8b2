"""Medians of interleaved runs, and the table that they are printed in."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter

import torch
from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Row:
    """One line of a table.

    Parameters
    ----------
    what : str
        The work.
    seconds : float
        Median time here.
    reference, reference_seconds : str, float or None
        What it is compared with, and the time of that in this same run, if there is one.
    peer : str
        A figure measured elsewhere, as text: it does not enter the ratio.
    """

    what: str
    seconds: float
    reference: str = ""
    reference_seconds: float | None = None
    peer: str = ""


def interleaved(
    work: Mapping[str, Callable[[], object]], repeats: int, clock: Callable[[], float] = perf_counter
) -> dict[str, float]:
    """Median seconds of each, run in turns so that a busy machine slows all of them alike."""
    seconds: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(repeats):
        for name, run in work.items():
            start = clock()
            run()
            seconds[name].append(clock() - start)
    return {name: median(times) for name, times in seconds.items()}


def show(title: str, rows: Sequence[Row], note: str = "") -> None:
    """Print a table: seconds here, the reference's in the same run with the ratio, and figures from elsewhere."""
    table = Table(title=title, title_justify="left", caption=note or None, caption_justify="left")
    table.add_column("work", overflow="fold")
    table.add_column("seconds", justify="right")
    table.add_column("reference, this run", overflow="fold")
    table.add_column("seconds", justify="right")
    table.add_column("ratio", justify="right")
    table.add_column("measured elsewhere", overflow="fold")
    for row in rows:
        compared = ("", "")
        if row.reference_seconds is not None:
            compared = (_seconds(row.reference_seconds), f"{row.reference_seconds / row.seconds:.1f} x")
        table.add_row(row.what, _seconds(row.seconds), row.reference, *compared, row.peer)
    _print(table)


def show_columns(title: str, header: Sequence[str], rows: Sequence[Sequence[str]], note: str = "") -> None:
    """Print a table of any columns, the first one of words and the others of numbers."""
    table = Table(title=title, title_justify="left", caption=note or None, caption_justify="left")
    for place, name in enumerate(header):
        table.add_column(name, overflow="fold", justify="right" if place else "left")
    for row in rows:
        table.add_row(*row)
    _print(table)


def _print(table: Table) -> None:
    """And on which machine."""
    console = Console(width=None if Console().is_terminal else 140)
    console.print(table)
    threads = os.environ.get("OMP_NUM_THREADS", "not set")
    console.print(
        f"{platform.machine()}, {os.cpu_count()} cores, OMP_NUM_THREADS {threads}, torch {torch.__version__}\n",
        style="dim",
        highlight=False,
    )


def _seconds(value: float) -> str:
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"
