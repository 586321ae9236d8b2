"""The registry: what is wrong in it is said with entry and field; names are found; updates are safe."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from zoo.errors import RegistryError
from zoo.registry import Registry, default_path, list_models
from zoo.registry.lineage import descendants

HASH = "a" * 64
HEAD = "# First line.\n# Second line.\n\n"


def entry(**fields: Any) -> dict[str, Any]:
    return {"kind": "model", "family": "emlp", "summary": "A network", "task": "two_body"} | fields


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a registry of the given entries and read it."""

    def write(deprecated: dict | None = None, **entries: dict[str, Any]) -> Path:
        data = {
            "schema": 1,
            "deprecated": deprecated or {},
            "entries": {k.replace("_", "-"): v for k, v in entries.items()},
        }
        path = tmp_path / "registry.yaml"
        path.write_text(HEAD + yaml.safe_dump(data, sort_keys=False))
        return path

    return write


def weights(**place: Any) -> dict[str, Any]:
    return {"weights": {"sha256": HASH, "bytes": 10} | place}


def test_the_registry_that_comes_with_zoo_is_valid() -> None:
    assert list(Registry.load()) == list(Registry.load(default_path()))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"colour": "red"}, "field colour: unknown field"),
        ({"kind": "netwrok"}, "field kind: .*'model' or 'discoverer'.*found 'netwrok'"),
        ({"family": ""}, "field family"),
        ({"summary": 3}, "field summary: .*string.*found 3"),
        ({"symmetry": "su(17)"}, r"field symmetry: 'su\(17\)' is neither an entry nor a named algebra"),
        (weights(file="/etc/passwd"), r"field weights\.file: must be a relative path"),
        (weights(file="weights/../../x.safetensors"), r"field weights\.file: .*cannot contain \.\."),
        (weights(file="C:\\x.safetensors"), r"field weights\.file: must be a relative path"),
        (weights(file="C:/x.safetensors"), r"field weights\.file: must be a relative path"),
        (weights(file="weights\\x.safetensors"), r"field weights\.file: must be a relative path"),
        (weights(), "field weights: needs exactly one of file and url"),
        (weights(file="a", url="https://x.org/a"), "field weights: needs exactly one of file and url"),
        (weights(file="a", sha256="123"), r"field weights\.sha256"),
        (weights(file="a", bytes=0), r"field weights\.bytes"),
        (weights(file="a", bytes="12"), r"field weights\.bytes: .*integer.*found '12'"),
        (weights(url="http://x.org/a"), r"field weights\.url: must be https"),
        (weights(url="file:///etc/passwd"), r"field weights\.url: must be https"),
        (weights(url="hf://owner/repo@main/a"), r"field weights\.url: .*40-digit commit"),
        ({"weights": {"file": "a", "bytes": 3}}, r"field weights\.sha256: required, but missing"),
        ({"config": {"a": {1: 2}}}, "field config: the key 1 is not a string"),
        ({"replicas": [{"seed": 1, "file": "../a", "sha256": HASH, "bytes": 1}]}, r"field replicas\.0\.file"),
    ],
)
def test_a_wrong_entry_is_named_with_its_field(write, fields: dict, message: str) -> None:
    with pytest.raises(RegistryError, match=r"registry\.yaml: entry my-net, " + message):
        Registry.load(write(my_net=entry(**fields)))


def test_every_fault_is_listed(write) -> None:
    with pytest.raises(RegistryError) as caught:
        Registry.load(write(one=entry(kind=3), two=entry(colour="red")))
    assert [line.split(",")[0] for line in str(caught.value).splitlines()] == [
        "registry.yaml: entry one",
        "registry.yaml: entry two",
    ]


@pytest.mark.parametrize("name", ["My Net", "../up", "a/b", "", "-a"])
def test_names_are_plain(write, name: str) -> None:
    with pytest.raises(RegistryError, match="field name"):
        Registry.load(write(**{name: entry()}))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("schema: 1\nentries: {}\nextra: 1\n", "field extra: unknown field"),
        ("schema: 2\nentries: {}\n", "field schema"),
        ("entries: {}\n", "field schema: required"),
        ("- 1\n", "expected a mapping"),
        ("", "expected a mapping"),
        ("schema: 1\nentries:\n  a: {kind: model}\n  a: {kind: model}\n", "line 4: duplicate key 'a'"),
        ("schema: 1\nentries: {a: !!python/name:os.system }\n", "only plain data"),
    ],
)
def test_a_wrong_document(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "registry.yaml"
    path.write_text(text)
    with pytest.raises(RegistryError, match=message):
        Registry.load(path)


def test_a_missing_registry(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="cannot be read"):
        Registry.load(tmp_path / "none.yaml")


def test_lineage_cycles_are_spelled_out(write) -> None:
    with pytest.raises(RegistryError, match="entry a, field symmetry: the lineage a -> b -> c -> a goes in a circle"):
        Registry.load(write(a=entry(symmetry="b"), b=entry(symmetry="c"), c=entry(symmetry="a")))
    with pytest.raises(RegistryError, match="a -> a goes in a circle"):
        Registry.load(write(a=entry(symmetry="a")))


def test_descendants(write) -> None:
    entries = Registry.load(
        write(c=entry(symmetry="b"), a=entry(symmetry="so(3)"), b=entry(symmetry="a"), d=entry(symmetry="a"), e=entry())
    ).entries
    assert descendants(entries, "a") == ["c", "b", "d"]
    assert descendants(entries, "c") == []


def test_wildcards_and_filters(write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(
        emlp_2body=entry(),
        mlp_2body=entry(family="mlp"),
        mlp_c7=entry(family="mlp", task="c7"),
        liegan=entry(kind="discoverer"),
    )
    registry = Registry.load(path)
    assert registry.names() == ["emlp-2body", "liegan", "mlp-2body", "mlp-c7"]
    assert registry.names("*-2body") == ["emlp-2body", "mlp-2body"]
    assert registry.names("mlp*", task="c7") == ["mlp-c7"]
    assert registry.names(kind="discoverer") == ["liegan"]
    monkeypatch.setenv("ZOO_REGISTRY", str(path))
    assert list_models(family="mlp") == ["mlp-2body", "mlp-c7"]


def test_a_wrong_name_suggests_the_nearest(write) -> None:
    registry = Registry.load(write(emlp_2body=entry(), mlp_2body=entry(family="mlp")))
    with pytest.raises(RegistryError, match=r'no entry "emlp-2bdy".*did you mean emlp-2body'):
        registry.entry("emlp-2bdy")
    with pytest.raises(RegistryError, match="list_models"):
        registry.entry("zzz")


def test_deprecated_names_lead_on_with_a_warning(write) -> None:
    registry = Registry.load(write({"older": "old", "old": "new"}, new=entry()))
    for name in ("older", "old"):
        with pytest.warns(FutureWarning, match=f'"{name}" is deprecated; use "new"'):
            assert registry.resolve(name) == "new"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert registry.resolve("new") == "new"


@pytest.mark.parametrize(
    ("deprecated", "message"),
    [
        ({"new": "other"}, "deprecated.new: this name is still an entry"),
        ({"old": "none"}, "deprecated.old: leads to 'none', which is no entry"),
        ({"a": "b", "b": "a"}, "deprecated.a: leads to"),
    ],
)
def test_deprecated_names_that_lead_nowhere(write, deprecated: dict, message: str) -> None:
    with pytest.raises(RegistryError, match=message):
        Registry.load(write(deprecated, new=entry(), other=entry()))


def test_unknown_families_are_named(write) -> None:
    registry = Registry.load(write(a=entry(family="emlpp"), b=entry(), c=entry(kind="discoverer", family="liegan")))
    faults = registry.check_families(models=["emlp", "mlp"], discoverers=["liegan"])
    assert faults == ['entry a, field family: no model family "emlpp"; there are emlp, mlp']


def test_a_link_must_not_lead_out(write, tmp_path: Path) -> None:
    registry = Registry.load(write(a=entry()))
    outside = tmp_path.parent / "outside.safetensors"
    (tmp_path / "in.safetensors").symlink_to(outside)
    (tmp_path / "here.safetensors").symlink_to(tmp_path / "real.safetensors")
    with pytest.raises(RegistryError, match=r"entry a, field file: in\.safetensors leads out"):
        registry.file("in.safetensors", "a")
    assert registry.file("here.safetensors", "a") == (tmp_path / "real.safetensors").resolve()


def test_update_rewrites_one_entry_and_keeps_the_rest(write) -> None:
    path = write({"old": "a"}, b=entry(), a=entry(symmetry="so(3)", config={"hidden": "8x0", "shape": [5, 8]}))
    before = Registry.load(path)
    after = before.update(
        "a", metrics={"mse": {"value": 1.5e-7, "seeds": (0, 1)}}, **weights(file="weights/a.safetensors")
    )
    assert after.entries["a"].metrics == {"mse": {"value": 1.5e-7, "seeds": [0, 1]}}
    assert after.entries["a"].weights.sha256 == HASH
    assert after.entries["a"].config == before.entries["a"].config
    assert after.entries["b"] == before.entries["b"] and list(after) == ["b", "a"]
    assert before.entries["a"].metrics == {}
    text = path.read_text()
    assert text.startswith(HEAD + "schema: 1\n") and "\n\n  a:\n" in text
    assert [line.strip() for line in text.splitlines() if line.startswith("    ") and line[4] != " "][-5:] == [
        "task: two_body",
        "symmetry: so(3)",
        "config:",
        "weights:",
        "metrics:",
    ]
    assert after.update("a", metrics=after.entries["a"].metrics).path.read_text() == text


def test_a_wrong_update_leaves_the_file_alone(write) -> None:
    path = write(a=entry())
    before = path.read_text()
    registry = Registry.load(path)
    with pytest.raises(RegistryError, match="entry a, field metrix: unknown field"):
        registry.update("a", metrix={})
    with pytest.raises(RegistryError, match='no entry "b"'):
        registry.update("b", metrics={})
    with pytest.raises(RegistryError, match="not a finite number"):
        registry.update("a", metrics={"mse": float("nan")})
    assert path.read_text() == before and list(path.parent.iterdir()) == [path]


def test_updates_of_many_processes_are_all_kept(write) -> None:
    names = [f"n{i}" for i in range(6)]
    path = write(**{name: entry() for name in names})
    code = (
        "import sys; from zoo.registry import Registry; r = Registry.load(sys.argv[1])\n"
        "for i in range(5): r.update(sys.argv[2], metrics={'mse': i, 'name': sys.argv[2]})"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, str(path), name]) for name in names]
    assert [process.wait(60) for process in running] == [0] * len(names)
    assert {name: row.metrics for name, row in Registry.load(path).entries.items()} == {
        name: {"mse": 4, "name": name} for name in names
    }
