"""The README's tour runs as it stands there, and its commands are what they are said to be."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_tour_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    x = torch.randn(400, 2)
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.S)
    names = {"x": x, "y": x / x.norm(dim=1, keepdim=True)}
    exec(compile(code, "README.md", "exec"), names)
    assert names["future"].shape == (4, 5, 8)
    assert names["found"].symmetry.c == 1 and names["found"].report["verdict"]
    assert [path.name for path in tmp_path.iterdir()] == ["mine.safetensors"]


def test_every_table_is_generated() -> None:
    tables = TEXT.split("<!-- tables -->")[1].split("<!-- /tables -->")[0]
    for task in ("two_body", "three_body", "c7", "inertia"):
        assert f"results/{task}.csv" in tables or task in tables
        assert (ROOT / "results" / f"{task}.csv").is_file()


def test_files_that_are_named_exist() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", TEXT):
        assert (ROOT / target).exists(), target
