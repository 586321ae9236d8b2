"""One writer at a time, across processes."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from ..errors import RegistryError


@contextlib.contextmanager
def locked(path: Path, timeout: float = 60.0) -> Iterator[None]:
    """Hold the lock of a file, waiting up to `timeout` seconds for another process to release it.

    On POSIX the lock is on the folder, so that no lock file is left behind and a killed process frees it.

    Raises
    ------
    RegistryError
        If it cannot be had in time.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        with _lock_file(path, timeout):
            yield
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        _wait(lambda: fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB), path, timeout)
        yield
    finally:
        os.close(folder)


@contextlib.contextmanager
def _lock_file(path: Path, timeout: float) -> Iterator[None]:
    lock = path.with_name(path.name + ".lock")
    _wait(lambda: os.close(os.open(lock, os.O_CREAT | os.O_EXCL)), path, timeout)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _wait(take, path: Path, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while True:
        try:
            return take()
        except (BlockingIOError, FileExistsError):
            if time.monotonic() > deadline:
                raise RegistryError(f"{path}: another process has been writing it for {timeout:.0f} s") from None
            time.sleep(0.02)
