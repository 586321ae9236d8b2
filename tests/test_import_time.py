"""`import zoo` is quick and brings no torch; so are the verbs that only read the registry."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import zoo

HEAVY = ["torch", "numpy", "scipy", "matplotlib", "pandas", "sklearn", "safetensors", "e3nn", "accelerate"]
CODE = """
import json, sys, time
start = time.process_time()
{code}
print(json.dumps([time.process_time() - start, sorted(sys.modules)]))
"""


def run(code: str, times: int = 3) -> tuple[float, list[str]]:
    """Processor seconds, best of some fresh processes (others share this machine), and the modules loaded."""
    runs = [
        json.loads(
            subprocess.run([sys.executable, "-c", CODE.format(code=code)], capture_output=True, check=True).stdout
        )
        for _ in range(times)
    ]
    return min(seconds for seconds, _ in runs), runs[0][1]


def test_import_is_quick_and_light() -> None:
    seconds, modules = run("import zoo")
    assert seconds < 0.1
    assert not {*HEAVY, "pydantic", "yaml", "rich", "typer"} & set(modules)


def test_reading_the_registry_needs_no_torch() -> None:
    seconds, modules = run("import zoo; zoo.list_models(); [str(zoo.info(name)) for name in zoo.list_models()]")
    assert not set(HEAVY) & set(modules)
    assert seconds < 1


def test_loading_brings_no_compiler(tmp_path: Path) -> None:
    path = str(tmp_path / "net.safetensors")
    zoo.save(zoo.build("emlp", "so(3)", rep_in="1x1", rep_out="1x1", input_shape=[3], output_shape=[3]), path)
    seconds, modules = run(f"import torch; start = time.process_time(); import zoo; zoo.load({path!r})", times=2)
    # the import of torch's compiler alone takes seconds, and is what random factories on the meta device cost
    assert not {"torch._dynamo", "sympy", "scipy"} & set(modules)
    assert seconds < 0.8  # 0.2 on a core of its own; a test shares its core with others


def test_every_public_name_is_listed_and_found() -> None:
    assert sorted(zoo.__all__) == zoo.__all__ and len(set(zoo.__all__)) == len(zoo.__all__)
    assert dir(zoo) == sorted([*zoo.__all__, "__version__"])
    for name in zoo.__all__:
        assert getattr(zoo, name) is getattr(zoo, name), name
    assert zoo.__version__[0].isdigit()


def test_other_names_are_refused() -> None:
    with pytest.raises(AttributeError, match="no attribute 'lode'"):
        _ = zoo.lode
