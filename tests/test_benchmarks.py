"""The benchmark's command line; the rooms themselves are minutes long."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60
    )


def test_help_names_the_rooms():
    done = run("--help")
    assert done.returncode == 0
    assert all(
        room in done.stdout for room in ("solves", "emlp", "liegnn", "lconv", "flow", "fno", "pde", "moved", "loading")
    )


def test_an_unknown_room_is_refused():
    done = run("kitchen")
    assert done.returncode == 2
    assert (
        "no such room: kitchen; choose from solves, emlp, liegnn, lconv, flow, fno, pde, moved, loading" in done.stderr
    )
