"""The README's tour runs as it stands there, and its commands are what they are said to be."""

import re
from pathlib import Path

import pytest

import zoo

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


def test_the_main_command_names_what_is_there() -> None:
    import zoo

    command = TEXT.split("<!-- main command -->")[1].split("```")[1]
    found = re.search(r"zoo predict (\S+) (\S+)", command)
    assert found is not None
    assert found[1] in zoo.list_models(kind="model") and (ROOT / found[2]).is_file()


def test_every_table_is_generated() -> None:
    tables = TEXT.split("<!-- tables -->")[1].split("<!-- /tables -->")[0]
    measured = {entry.task for entry in zoo.Registry.load().entries.values() if entry.task and entry.metrics}
    assert {"two_body", "three_body", "c7", "inertia"} <= measured
    for task in measured:
        assert f"| `{task}` |" in tables
        assert (ROOT / "results" / f"{task}.csv").is_file()


def test_every_table_is_that_of_the_registry() -> None:
    from zoo.actions.tables import END, START, markdown

    assert TEXT.split(START)[1].split(END)[0].strip() == markdown(zoo.Registry.load()).strip()


def test_fields_that_are_shown_are_those_of_the_registry() -> None:
    from zoo.symmetries import read_fields

    shown = (ROOT / "docs" / "pde.md").read_text(encoding="utf-8").split("```text\n")[1].split("```")[0]
    read = read_fields(zoo.symmetry("flow-kdv"))
    assert f"fields on ({', '.join(read.coordinates)})" in shown
    assert read.formulas and all(formula in shown for formula in read.formulas)


PAGES = [
    "README.md",
    "results/README.md",
    *(f"docs/{name}.md" for name in ("toptag", "lconv", "mnist", "cifar10", "pde")),
]


@pytest.mark.parametrize("page", PAGES)
def test_files_that_are_named_exist(page: str) -> None:
    path = ROOT / page
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target
