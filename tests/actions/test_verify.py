"""`zoo verify`: what is damaged, missing or stale is named; what is well is counted."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import torch
from rich.console import Console

import zoo
from zoo.actions.verify import Report, verify
from zoo.weights import file_hash


def check(path: Path) -> Report:
    return verify(zoo.Registry.load(path))


def faults(path: Path) -> dict[tuple[str, str], str]:
    return {(fault.name, fault.what): fault.message for fault in check(path).faults}


def rediscover(path: Path, name: str, module: torch.nn.Module, **fields) -> None:
    """Replace an entry's weights as training again would."""
    file = path.parent / "weights" / f"{name}.safetensors"
    found = zoo.save(module, file, name=name)
    place = {"file": f"weights/{name}.safetensors", "sha256": found.sha256, "bytes": found.bytes}
    zoo.Registry.load(path).update(name, weights=place, symmetry_fingerprint=module.symmetry.fingerprint, **fields)


def test_all_is_well(make_registry) -> None:
    report = check(make_registry())
    assert report.ok and report.faults == () and report.stale == ()
    assert str(report) == "3 entries: 5 checks passed, 0 failed"
    assert {(c.name, c.what) for c in report.checks if c.state == "ok"} >= {("child", "lineage"), ("finder", "weights")}


def test_the_registry_that_comes_with_zoo_is_well() -> None:
    report = verify()
    assert report.ok, str(report)


def test_damage_is_found(make_registry) -> None:
    path = make_registry()
    folder = path.parent / "weights"
    data = bytearray((folder / "child.safetensors").read_bytes())
    data[-1] ^= 1
    (folder / "child.safetensors").write_bytes(data)
    (folder / "plain.safetensors").unlink()
    found = faults(path)
    assert found.keys() == {("child", "weights"), ("plain", "weights")}
    assert "damaged" in found["child", "weights"] and "missing" in found["plain", "weights"]


def test_swapped_and_renamed_files_are_found(make_registry, toy) -> None:
    path = make_registry()
    folder = path.parent / "weights"
    zoo.save(toy.Toy(zoo.LieAlgebra.so(3)), folder / "child.safetensors", name="other")
    assert "the registry says" in faults(path)["child", "weights"]
    known = file_hash(folder / "child.safetensors")
    place = {"file": "weights/child.safetensors", "sha256": known.sha256, "bytes": known.bytes}
    zoo.Registry.load(path).update("child", weights=place)
    assert "these are the weights of other" in faults(path)["child", "weights"]


def test_unknown_families_are_found(make_registry) -> None:
    path = make_registry(plain={"family": "nonsense"})
    assert 'no model family "nonsense"' in faults(path)["plain", "family"]


def test_a_changed_basis_makes_descendants_stale(make_registry, toy) -> None:
    path = make_registry()
    again = toy.ToyFinder(c=3)
    rediscover(path, "finder", again)
    report = check(path)
    assert report.stale == ("child",) and not report.ok
    (fault,) = report.faults
    assert again.symmetry.fingerprint in fault.message and "zoo train child --write" in fault.message
    assert zoo.load("child", registry=zoo.Registry.load(path)).symmetry == zoo.LieAlgebra.so(3)  # it still stands alone


def test_descendants_of_descendants_are_stale_too(make_registry, toy) -> None:
    path = make_registry(plain={"symmetry": "child"})
    rediscover(path, "finder", toy.ToyFinder(c=3))
    assert check(path).stale == ("child", "plain")


def test_another_basis_of_the_same_span_is_not_stale(make_registry, toy) -> None:
    path = make_registry()
    finder = toy.ToyFinder(c=3)
    with torch.no_grad():
        mixed = torch.tensor([[2.0, 1, 0], [0, 1, 1], [1, 0, 3]])
        finder.basis.copy_(torch.einsum("ij,jkl->ikl", mixed, zoo.LieAlgebra.so(3).basis.float()))
    rediscover(path, "finder", finder)
    assert check(path).ok


def test_a_named_algebra_is_an_ancestor_like_any_other(make_registry) -> None:
    path = make_registry(plain={"symmetry": "so(1,3)"})
    assert check(path).stale == ("plain",)


def test_replicas_are_checked_where_present(make_registry, toy) -> None:
    path = make_registry()
    folder = path.parent / "weights"
    seeds = []
    for seed in (1, 2, 3):
        found = zoo.save(toy.Toy(zoo.LieAlgebra.so(3)), folder / f"child-{seed}.safetensors")
        seeds.append({"seed": seed, "file": f"weights/child-{seed}.safetensors", **found._asdict()})
    zoo.Registry.load(path).update("child", replicas=seeds)
    assert check(path).ok
    (folder / "child-1.safetensors").unlink()
    (folder / "child-2.safetensors").write_bytes(b"PK\x03\x04 not weights at all")
    report = check(path)
    assert [(fault.name, fault.what) for fault in report.faults] == [("child", "seed 2")]
    assert "1 optional files absent" in str(report)


def test_untrained_and_remote_entries_are_no_faults(make_registry, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    remote = {"url": "https://example.org/plain.safetensors", "sha256": "0" * 64, "bytes": 3}
    report = check(make_registry(child={"weights": None}, plain={"weights": remote}))
    assert report.ok and "2 optional files absent" in str(report)


def test_it_prints(make_registry) -> None:
    path = make_registry()
    (path.parent / "weights" / "plain.safetensors").unlink()
    console = Console(file=StringIO(), width=100)
    console.print(check(path))
    text = console.file.getvalue()
    assert "plain" in text and "missing" in text and "1 failed" in text
