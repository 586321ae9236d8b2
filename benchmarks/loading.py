"""Import and load times, each in a new process.

`import zoo` must not import torch. Loading is measured after torch and zoo have been imported, with the file system
warm and bytecode cached, as in any second run: it counts the family's own imports, the solved bases and the tensors.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from statistics import median

from .timing import Row, show

REPEATS = 5

IMPORT = """
import sys
from time import perf_counter
start = perf_counter()
import zoo
seconds = perf_counter() - start
assert "torch" not in sys.modules, "import zoo imports torch"
print(seconds)
"""

LOAD = """
import sys
from time import perf_counter
import torch, zoo
start = perf_counter()
zoo.load(sys.argv[1])
print(perf_counter() - start)
"""

NAMES = "import json, zoo; print(json.dumps(list(zoo.list_models())))"


def seconds(program: str, *arguments: str) -> float:
    """Median of the numbers that a program prints, over some runs."""
    return median(float(output(program, *arguments)) for _ in range(REPEATS))


def output(program: str, *arguments: str) -> str:
    """What a program prints in a process of its own."""
    command = [sys.executable, "-c", program, *arguments]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout


def main() -> None:
    """Print the table."""
    rows = [Row("import zoo", seconds(IMPORT))]
    rows += [Row(f"zoo.load({name!r})", seconds(LOAD, name)) for name in json.loads(output(NAMES))]
    show("Import and load", rows, "0.3 s are allowed for each; torch is imported before a load is timed.")


if __name__ == "__main__":
    main()
