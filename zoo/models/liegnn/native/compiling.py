"""From walk.cpp to a shared library in the cache, once for each source, compiler and processor."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCE = Path(__file__).with_name("walk.cpp")
FLAGS = ("-O3", "-march=native", "-std=c++17", "-shared", "-fPIC")
_SECONDS = 120


class CannotCompile(Exception):
    """Says why; nobody but `calls` sees it."""


def shared_library(folder: Path) -> Path:
    """The library, compiled first where `folder` does not hold it yet.

    Raises
    ------
    CannotCompile
        If there is no compiler, it fails, or the folder cannot be written.
    """
    compiler = _compiler()
    # the macros say which instructions this processor has: a home directory may be shared by different ones
    macros = _run([compiler, "-march=native", "-dM", "-E", "-x", "c++", os.devnull])
    version = _run([compiler, "--version"])
    parts = (SOURCE.read_bytes(), " ".join(FLAGS).encode(), macros, version, sys.platform.encode())
    path = folder / f"walk-{hashlib.sha256(b'|'.join(parts)).hexdigest()[:16]}.so"
    if path.is_file():
        return path
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            made = Path(scratch) / path.name
            _run([compiler, *FLAGS, str(SOURCE), "-o", str(made)])
            os.replace(made, path)
    except OSError as error:
        raise CannotCompile(f"{folder} cannot be written ({error})") from error
    return path


def _compiler() -> str:
    for name in (os.environ.get("CXX"), "c++", "g++", "clang++"):
        if name and (found := shutil.which(name)):
            return found
    raise CannotCompile("there is no C++ compiler: none of $CXX, c++, g++ and clang++ is found")


def _run(command: list[str]) -> bytes:
    try:
        return subprocess.run(command, check=True, capture_output=True, timeout=_SECONDS).stdout
    except (OSError, subprocess.SubprocessError) as error:
        lines = getattr(error, "stderr", b"") or b""
        raise CannotCompile(f"{command[0]} failed ({error}) {lines.decode(errors='replace')[:500]}") from error
