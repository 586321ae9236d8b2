"""The progress bar of a run."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Literal


class Bar:
    """Steps done, rate, time left and loss, on standard error; drawn only when `update` is called.

    Parameters
    ----------
    shown : bool or "force"
        True shows it on a terminal, ``"force"`` everywhere.
    total, done : int
        Steps altogether, and before the start.
    """

    def __init__(self, shown: bool | Literal["force"], total: int, done: int = 0) -> None:
        self._progress: Any = None
        if shown:
            from rich.console import Console

            console = Console(stderr=True, force_terminal=True if shown == "force" else None)
            if console.is_terminal:
                self._progress = _columns(console)
                self._task = self._progress.add_task("training", total=total, completed=done, rate="", loss="")
        self._start = done

    def __enter__(self) -> Bar:
        if self._progress is not None:
            self._progress.start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        if self._progress is not None:
            self._progress.stop()

    def update(self, done: int, loss: tuple[str, float]) -> None:
        """Draw the state after `done` steps."""
        if self._progress is None:
            return
        elapsed = self._progress.tasks[self._task].elapsed or 0.0
        rate = f"{(done - self._start) / elapsed:,.0f} steps/s" if elapsed > 0 else ""
        self._progress.update(self._task, completed=done, rate=rate, loss=f"{loss[0]} {loss[1]:.3e}")
        self._progress.refresh()


def _columns(console: Any) -> Any:
    from rich import progress

    return progress.Progress(
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TextColumn("{task.fields[rate]}"),
        progress.TimeElapsedColumn(),
        progress.TextColumn("eta"),
        progress.TimeRemainingColumn(),
        progress.TextColumn("{task.fields[loss]}"),
        console=console,
        auto_refresh=False,
    )
