"""The built wheel holds everything: installed elsewhere, it loads pretrained weights without a network."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
USE = """
import pathlib, sys
import zoo
assert pathlib.Path(zoo.__file__).is_relative_to(sys.argv[1]), zoo.__file__
names = zoo.list_models()
assert "emlp-2body" in names, names
import torch
model = zoo.load("emlp-2body")
assert torch.isfinite(model(torch.ones(2, 5, 8))).all()
from zoo.actions.verify import verify
assert verify().ok
print("loaded", len(names))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT],
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_the_registry_and_the_weights(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "zoo/_data/registry.yaml" in names
    for path in sorted((ROOT / "weights").glob("*.safetensors")):
        assert f"zoo/_data/weights/{path.name}" in names
    assert "zoo/models/liegnn/native/walk.cpp" in names
    assert not [name for name in names if name.startswith(("tests/", "examples/")) or "/seeds/" in name]


def test_installed_in_a_clean_environment_it_loads_a_model_offline(wheel: Path, tmp_path: Path) -> None:
    """The environment has the wheel, and of this one only the third-party packages."""
    home = tmp_path / "environment"
    venv.create(home, with_pip=True)
    python = home / ("Scripts" if os.name == "nt" else "bin") / "python"
    subprocess.run([python, "-m", "pip", "install", "--no-deps", "--no-index", wheel], check=True, capture_output=True)
    site = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    Path(site, "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "ZOO", "COV"))
    } | {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9", "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [python, "-W", "error", "-c", USE, home], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("loaded")
