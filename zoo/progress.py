"""A progress bar: what is done, how fast, and how long the rest takes."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any, Literal

_REDRAWN = 0.1  # seconds between two drawings: work that advances faster does not pay for each


class Bar:
    """Items done, rate and time left, on standard error; drawn only when `update` is called, unless it ticks.

    Parameters
    ----------
    shown : bool or "force"
        True shows it on a terminal, ``"force"`` everywhere.
    total : int or None
        Items altogether; None where nobody knows: there is no estimate then.
    done : int
        Items before the start.
    title, unit : str
        What goes on, and what is counted.
    ticking : bool
        Draw the time twice a second, for work that is long silent between two updates, and estimate over all of it.
    """

    def __init__(
        self,
        shown: bool | Literal["force"],
        total: int | None,
        done: int = 0,
        *,
        title: str = "training",
        unit: str = "steps",
        ticking: bool = False,
    ) -> None:
        self._progress: Any = None
        if shown:
            from rich.console import Console

            console = Console(stderr=True, force_terminal=True if shown == "force" else None)
            if console.is_terminal:
                self._progress = _columns(console, ticking)
                self._task = self._progress.add_task(title, total=total, completed=done, rate="", note="")
        self._start, self._done, self._unit, self._drawn = done, done, unit, 0.0

    def __enter__(self) -> Bar:
        if self._progress is not None:
            self._progress.start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        if self._progress is not None:
            self._progress.stop()

    def advance(self, count: int) -> None:
        """Show that `count` more items are done."""
        self.update(self._done + count)

    def update(self, done: int, note: str = "") -> None:
        """Show that `done` items are done, with a remark at the end of the line."""
        self._done = done
        if self._progress is None:
            return
        elapsed = self._progress.tasks[self._task].elapsed or 0.0
        rate = f"{(done - self._start) / elapsed:,.0f} {self._unit}/s" if elapsed > 0 else ""
        self._progress.update(self._task, completed=done, rate=rate, note=note)
        if time.monotonic() - self._drawn >= _REDRAWN:
            self._progress.refresh()
            self._drawn = time.monotonic()


def _columns(console: Any, ticking: bool) -> Any:
    from rich import progress

    return progress.Progress(
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TextColumn("{task.fields[rate]}"),
        progress.TimeElapsedColumn(),
        progress.TextColumn("eta"),
        progress.TimeRemainingColumn(),
        progress.TextColumn("{task.fields[note]}", markup=False),
        console=console,
        auto_refresh=ticking,
        refresh_per_second=2,
        speed_estimate_period=600 if ticking else 30,
    )
