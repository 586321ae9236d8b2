"""A second package, built and installed for real, adds a family by nothing but an entry point."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

import zoo
from zoo.errors import ConfigError
from zoo.factory import families, providers

TOY = Path(__file__).parent / "toy"
USE = """
import sys, torch, zoo
from zoo.factory import families
assert "zoo_toy" not in sys.modules and families()["toy"] == "zoo_toy:Toy"
module = zoo.build("toy", "so(3)", copies=3)
zoo.save(module, sys.argv[1])
again = zoo.load(sys.argv[1])
assert type(again) is type(module) and torch.equal(again.head.weight, module.head.weight)
print(sys.modules["zoo_toy"].__file__)
"""


def test_a_real_second_package(tmp_path: Path) -> None:
    source, site = tmp_path / "source", tmp_path / "site"
    shutil.copytree(TOY, source, ignore=shutil.ignore_patterns("__pycache__"))
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(source)]
    built = subprocess.run(build, capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = tmp_path.glob("zoo_toy-*.whl")
    with zipfile.ZipFile(wheel) as archive:  # which is all that an installer does with a pure wheel
        archive.extractall(site)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(site), str(Path(zoo.__file__).parent.parent)])}
    used = subprocess.run(
        [sys.executable, "-c", USE, str(tmp_path / "net.safetensors")],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert used.returncode == 0, used.stderr
    assert used.stdout.strip() == str(site / "zoo_toy.py")


def test_families_are_listed_without_importing_them(toy) -> None:
    found = families()
    assert found["toy"] == "zoo_toy:Toy" and found["emlp"] == "zoo.models.emlp:EMLP" and "liegan" in found
    assert "toy" in providers.models() and "toy-finder" in providers.discoverers()
    assert "liegan" not in providers.models() and "emlp" not in providers.discoverers()


def install(monkeypatch: pytest.MonkeyPatch, **points: str) -> None:
    """Pretend that other packages bring these entry points, `name="module:attribute"`."""
    found = EntryPoints(EntryPoint(name, value, providers.GROUP) for name, value in points.items())
    monkeypatch.setattr(providers, "entry_points", lambda group: found)


def test_a_package_that_cannot_be_imported_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, broken="no_such_module:Net", empty="json:Net")
    for name in ("broken", "empty"):
        with pytest.raises(ConfigError, match=f'the family "{name}" comes from .* cannot be imported: .*reinstall'):
            zoo.build(name, None)
    zoo.build("mlp", None, rep_in="1x1", rep_out="1x1", input_shape=[2], output_shape=[2], k=2)


def test_zoo_s_own_families_are_never_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, mlp="evil:MLP")
    assert providers.builder("mlp").__module__ == "zoo.models.mlp"
    with pytest.raises(ConfigError, match='family "mlp", which is one of zoo\'s own'):
        families()


def test_two_packages_with_one_name(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (EntryPoint("net", value, providers.GROUP) for value in ("one:Net", "two:Net"))
    monkeypatch.setattr(providers, "entry_points", lambda group: EntryPoints([first, second]))
    with pytest.raises(ConfigError, match=r'both .* provide the family "net"'):
        families()
