"""Every example runs as a user would run it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
SAYS = {
    "build_from_basis": "Certificate",
    "discover_then_build": "so(2)",
    "finetune_on_your_data": "after:",
    "finetune_on_a_shifted_detector": "fine-tuned",
    "klein_gordon": "speed squared",
    "lconv_from_discovered_basis": "the discovered generator",
    "lconv_on_a_sphere": "with the generators of so(3)",
    "liegnn_custom_algebra": "null, rotations",
    "load_and_predict": "mean square error of the network",
    "lconv_from_learned_field": "read as a Lie algebra: so(2)",
    "symmetries_of_your_equation": "of it lies in what was found",
}
JETS = ROOT / "examples" / "data" / "toptag.h5"
# What is smaller or quicker here than where the example is shown.
ARGUMENTS = {
    "finetune_on_a_shifted_detector": [
        *("--data", str(JETS), "--jets", "100", "--held-out", "100", "--epochs", "1", "--rates", "1e-3")
    ],
}


def test_every_example_is_known_here() -> None:
    assert {path.stem for path in EXAMPLES} == set(SAYS)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_example_runs(path: Path, tmp_path: Path) -> None:
    environment = os.environ | {"COLUMNS": "120"}
    done = subprocess.run(
        [sys.executable, "-W", "error", path, *ARGUMENTS.get(path.stem, [])],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    assert SAYS[path.stem] in done.stdout
    assert not list(tmp_path.iterdir()), "an example leaves nothing behind"
