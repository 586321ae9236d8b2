"""Work that is done in several processes, where data are made."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import Any

from ..errors import ConfigError


def worker_count(workers: int | None, what: str) -> int:
    """The number that was asked for, or that of the cores.

    Raises
    ------
    ConfigError
        If it is less than one; `what` says what they make.
    """
    if workers is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if workers < 1:
        raise ConfigError(f"{what} are made by at least one worker, got {workers}")
    return workers


def each_done(make: Callable[..., Any], calls: Sequence[tuple[Any, ...]], workers: int) -> Iterator[Any]:
    """Call `make` with each of the arguments, in this process or several; yields a result as each is finished."""
    workers = min(len(calls), workers)
    if workers == 1:
        for arguments in calls:
            yield make(*arguments)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(make, *arguments) for arguments in calls]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
