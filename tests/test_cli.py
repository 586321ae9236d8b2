"""The command line, run as a user runs it, on a small registry or on the real one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from zoo.cli import app
from zoo.errors import ConfigError

ORBITS = Path(__file__).parent.parent / "examples" / "data" / "orbits.csv"


def run(*arguments: object) -> str:
    done = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture
def small(make_registry: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    path = make_registry()
    monkeypatch.setenv("ZOO_REGISTRY", str(path))
    monkeypatch.setenv("COLUMNS", "160")
    return path


def test_list_shows_every_name_and_filters(small: Path) -> None:
    everything = run("list")
    assert all(name in everything for name in ("finder", "child", "plain"))
    models = run("list", "--kind", "model")
    names = [line.split()[0] for line in models.splitlines()[1:]]
    assert "child" in names and "finder" not in names


def test_info_names_family_and_hash(small: Path) -> None:
    shown = run("info", "child")
    assert "toy" in shown and "sha256" in shown and "so(3)" in shown


def test_symmetry_is_recognised_and_drawn(small: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    picture = tmp_path / "basis.png"
    assert "so(3)" in run("symmetry", "finder", "--plot", picture)
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_build_saves_a_network_that_loads(tmp_path: Path) -> None:
    import torch

    import zoo

    path = tmp_path / "mine.safetensors"
    config = "{rep_in: 2x1, rep_out: 1x1, input_shape: [2, 3], output_shape: [3], hidden: 8x0 + 4x1, layers: 1}"
    assert "parameters written to" in run("build", "emlp", "so(3)", "--out", path, "--config", config)
    assert zoo.load(path)(torch.ones(4, 2, 3)).shape == (4, 3)


def test_verify_passes_and_fails(small: Path) -> None:
    assert "0 failed" in run("verify")
    weights = small.parent / "weights" / "child.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    failed = CliRunner().invoke(app, ["verify"])
    assert failed.exit_code == 1 and "child" in failed.output


def test_data_writes_a_file_that_the_task_reads(tmp_path: Path) -> None:
    from zoo.tasks import get_task

    path = tmp_path / "orbits.npz"
    run("data", "two_body", "--size", "3", "--out", path)
    arrays = get_task("two_body").read(path)
    assert len(arrays) == 3 * 11
    np.testing.assert_allclose(arrays.x.numpy(), get_task("two_body").make("test", size=3).x.numpy(), atol=1e-6)


def test_data_writes_jets(tmp_path: Path, toy_jets: Callable) -> None:
    from zoo.tasks import get_task

    path = tmp_path / "jets.h5"
    arguments = ("--jets", 30, "--split", "train", "--seed", 3, "--spec", "coarse", "--out", path)
    assert "30 items of the train split of toptag" in run("data", "toptag", *arguments)
    arrays, made = get_task("toptag").read(path), get_task("toptag").make("train", size=30, seed=3, spec="coarse")
    assert len(arrays) == 30 and (arrays.x.values == made.x.values).all() and (arrays.y == made.y).all()


def test_options_of_another_task_are_refused(tmp_path: Path) -> None:
    arguments = ["data", "c7", "--spec", "coarse", "--out", str(tmp_path / "a.npz")]
    with pytest.raises(ConfigError, match="no option 'spec'"):
        CliRunner().invoke(app, arguments, catch_exceptions=False)


def test_data_with_any_option_of_the_task(tmp_path: Path) -> None:
    from zoo.tasks import get_task

    path, options = tmp_path / "pairs.npz", {"shape": [8, 8], "motion": "rigid", "largest": 5.0}
    run("data", "pairs_on_grid", "--size", "3", "--out", path, "--options", str(options))
    pairs, made = get_task("pairs_on_grid").read(path), get_task("pairs_on_grid").make("test", size=3, **options)
    assert pairs.x.shape == (3, 8, 8) and (pairs.y == made.y).all()
    arguments = ["data", "pairs_on_grid", "--out", str(tmp_path / "other.npz"), "--options", "{size: 3}"]
    with pytest.raises(ConfigError, match="take size out"):
        CliRunner().invoke(app, arguments, catch_exceptions=False)


def test_tables_from_the_records_measure_nothing(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from zoo.actions import tables

    monkeypatch.delattr(tables, "evaluate")
    assert "two_body.csv written" in run("evaluate", "--table", "two_body", "--recorded")


def test_predict_scores_writes_and_draws(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    table, picture = tmp_path / "predicted.csv", tmp_path / "predicted.png"
    shown = run("predict", "emlp-2body", ORBITS, "--out", table, "--plot", picture)
    assert "mse" in shown
    rows = table.read_text().splitlines()
    assert rows[0] == "sample,step,x1,y1,px1,py1,x2,y2,px2,py2"
    assert len(rows) == 1 + 88 * 5  # 8 orbits of 20 steps have 88 windows, each predicted for 5 steps
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_fine_tuned_file_predicts_too(tmp_path: Path) -> None:
    tuned = tmp_path / "tuned.safetensors"
    run("finetune", "emlp-2body", "--data", ORBITS, "--out", tuned, "--epochs", 1, "--quiet")
    assert "88 inputs" in run("predict", tuned, ORBITS)


def test_certify_prints_every_precision() -> None:
    shown = run("certify", "emlp-2body", "--samples", "8")
    assert "float32" in shown and "float64" in shown


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["info", "emlp-2bodi"], "emlp-2body"),
        (["predict", "emlp-2body", "nowhere.csv"], "nowhere.csv"),
        (["predict", "emlp-2body", str(ORBITS), "--out", "a.txt"], ".csv or .npz"),
        (["build", "emlp", "so(3)", "--out", "a.safetensors", "--config", "[1]"], "must be a mapping"),
        (["build", "emlq", "so(3)", "--out", "a.safetensors"], "emlp"),
    ],
)
def test_a_mistake_gets_one_message_and_no_traceback(arguments: list[str], says: str, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "zoo", *arguments], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    assert says in done.stderr and "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())
