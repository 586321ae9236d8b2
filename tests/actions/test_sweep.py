"""Sweeps: every combination once, what the lines say, going on after an interruption, and what is refused."""

from __future__ import annotations

import csv
import statistics
from pathlib import Path

import pytest

import zoo
from zoo.actions import sweep as module_under_test
from zoo.actions.tables import END, START, write_tables
from zoo.errors import ConfigError, DataError
from zoo.registry import Registry, plain_yaml

SHAPES = {"rep_in": "5x1", "rep_out": "5x1", "input_shape": [5, 8], "output_shape": [5, 8]}
RECIPE = {
    "data": {"train": {"size": 20, "seed": 5}, "validation": {"size": 5, "seed": 6}, "test": {"size": 5, "seed": 7}},
    "epochs": 2,
    "batch_size": 50,
    "lr": 3e-3,
    "validate_every": 1,
    "best": "min mse",
    "seed": 3,
    "replicas": [4],
}


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    plain = {"kind": "model", "family": "mlp", "summary": "of the tests", "task": "two_body", "symmetry": "so(2)x4"}
    entry = {**plain, "config": {**SHAPES, "hidden": [16]}, "training": RECIPE}
    data = {key: value for key, value in RECIPE["data"].items() if key != "validation"}
    entries = {
        "plain": entry,
        "mute": {**entry, "training": {}},
        "blind": {**entry, "training": {**RECIPE, "data": data}},
    }
    path = tmp_path / "registry.yaml"
    path.write_text(plain_yaml.dump({"schema": 1, "entries": entries}))
    return Registry.load(path)


VARY = {"config.hidden": [[8], [8, 8]], "training.lr": [1e-3, 1e-2]}


def run(registry, out, vary=VARY, **changes):
    return zoo.sweep("plain", vary, **{"out": out, "registry": registry, "device": "cpu", "progress": False, **changes})


def test_every_combination_has_a_line(registry, tmp_path):
    lines = run(registry, tmp_path / "new" / "sweep.csv", seeds=[0, 1])
    settings = [(line["config.hidden"], line["training.lr"], line["seed"]) for line in lines]
    assert settings == [(hidden, lr, seed) for hidden in ([8], [8, 8]) for lr in (1e-3, 1e-2) for seed in (0, 1)]
    assert [line["parameters"] for line in lines[::4]] == [8 * 40 + 8 + 8 * 40 + 40, 8 * 40 + 8 + 72 + 8 * 40 + 40]
    assert all(0 < line["best"] <= line["mse"] and line["best_epoch"] in (1, 2) for line in lines)
    with (tmp_path / "new" / "sweep.csv").open(newline="") as stream:
        written = list(csv.DictReader(stream))
    assert (
        len(written) == 8 and float(written[5]["mse"]) == lines[5]["mse"] and len({x["recipe"] for x in written}) == 1
    )


def test_a_line_is_what_training_with_these_settings_gives(registry, tmp_path):
    (line,) = run(registry, tmp_path / "a.csv", {"training.lr": [1e-2]})
    module = zoo.train(
        "plain", registry=registry, out=tmp_path, device="cpu", progress=False, lr=1e-2, checkpoint_seconds=None
    )
    task = zoo.get_task("two_body")
    found = zoo.evaluate(module, task.make("validation", size=5, seed=6))
    assert line["seed"] == 3 and found["mse"] == pytest.approx(line["best"], rel=1e-5)


def test_fields_that_go_together(registry, tmp_path):
    vary = {"config": [{"hidden": [8], "activation": "tanh"}, {"hidden": [12]}]}
    lines = run(registry, tmp_path / "a.csv", vary)
    assert [line["config"] for line in lines] == vary["config"]
    assert lines[0]["parameters"] < lines[1]["parameters"]
    assert run(registry, tmp_path / "a.csv", vary) == lines


def test_an_interrupted_sweep_goes_on(registry, tmp_path, monkeypatch):
    out, calls, real = tmp_path / "a.csv", [], module_under_test.trained_network

    def counted(*args, **kwargs):
        calls.append(args)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(*args, **kwargs)

    monkeypatch.setattr(module_under_test, "trained_network", counted)
    with pytest.raises(KeyboardInterrupt):
        run(registry, out)
    assert len(out.read_text().splitlines()) == 3, "a heading and two lines"
    lines = run(registry, out)
    assert len(calls) == 5 and len(lines) == 4
    again = run(registry, out)
    assert len(calls) == 5 and again == lines


def test_another_recipe_does_not_mix_with_it(registry, tmp_path):
    run(registry, tmp_path / "a.csv", {"training.lr": [1e-2]})
    with pytest.raises(ConfigError, match=r"a\.csv holds the sweep of another recipe or of other fields"):
        run(registry, tmp_path / "a.csv", {"training.weight_decay": [0.1]})
    (tmp_path / "b.csv").write_text("training.lr,seed,recipe\n1,two,x\n")
    with pytest.raises(ConfigError, match="another recipe"):
        run(registry, tmp_path / "b.csv", {"training.lr": [1e-2]})
    text = (tmp_path / "a.csv").read_text().replace("0.01", "a hundredth", 1)
    (tmp_path / "c.csv").write_text(text)
    with pytest.raises(DataError, match="'a hundredth' is no value"):
        run(registry, tmp_path / "c.csv", {"training.lr": [1e-2]})


def test_few_and_many_data_on_the_test_split(registry, tmp_path):
    vary = {"training.data.train.size": [4, 20]}
    lines = run(registry, tmp_path / "sizes.csv", vary, test=True)
    assert [line["training.data.train.size"] for line in lines] == [4, 20]
    assert all(line["test_mse"] > 0 and line["test_mse"] != line["mse"] for line in lines)
    made = zoo.train("plain", registry=registry, out=tmp_path, device="cpu", progress=False, seed=3)
    task = zoo.get_task("two_body")
    x, y = task.make("test", **RECIPE["data"]["test"])
    assert lines[1]["test_mse"] == pytest.approx(task.metric(made(x).detach(), y)["mse"], rel=1e-4)
    with pytest.raises(ConfigError, match="holds the sweep of another recipe"):
        run(registry, tmp_path / "sizes.csv", vary)


def test_the_page_of_a_task_gets_a_table_of_sizes(registry, tmp_path):
    folder = tmp_path / "results" / "two_body_sizes"
    lines = run(registry, folder / "plain.csv", {"training.data.train.size": [4]}, test=True, seeds=[0, 1])
    zoo.train("plain", registry=registry, device="cpu", progress=False, write=True)
    found = zoo.evaluate("plain", registry=Registry.load(registry.path), write=True)["mse"]
    (tmp_path / "docs").mkdir()
    page = tmp_path / "docs" / "two_body.md"
    page.write_text(f"{START}\n{END}\n")
    write_tables("two_body", measure=False, registry=Registry.load(registry.path))
    mean, spread = statistics.fmean(x := [line["test_mse"] for line in lines]), statistics.stdev(x)
    assert page.read_text().splitlines()[-4:-1] == [
        "| test MSE by size of the training split | symmetry | 4 | 20 |",
        "| --- | --- | --- | --- |",
        f"| `plain` | `so(2)x4` | {mean:.2e} ± {spread:.2e} (2) | {found:.2e} |",
    ]
    text = (folder / "plain.csv").read_text()
    (folder / "plain.csv").unlink()
    for name, vary, test in (
        ("more", {"training.data.train.size": [4], "training.lr": [1e-2, 1e-3]}, True),
        ("rate", {"training.lr": [1e-2]}, True),
        ("untested", {"training.data.train.size": [4]}, False),
    ):
        run(registry, tmp_path / f"{name}.csv", vary, test=test)
        (folder / "plain.csv").write_text((tmp_path / f"{name}.csv").read_text())
        with pytest.raises(ConfigError, match=r"plain\.csv"):
            write_tables("two_body", measure=False, registry=Registry.load(registry.path))
    (folder / "plain.csv").write_text(text.replace(text.splitlines()[1].rpartition(",")[2], "0123456789abcdef"))
    with pytest.raises(ConfigError, match="another recipe"):
        write_tables("two_body", measure=False, registry=Registry.load(registry.path))


@pytest.mark.parametrize(
    ("vary", "message"),
    [
        ({"lr": [1e-3]}, "cannot vary 'lr'"),
        ({"training.seed": [1]}, "cannot vary 'training.seed'"),
        ({"config.": [1]}, "cannot vary 'config.'"),
        ({"training.data.test.size": [3]}, "cannot vary 'training.data.test.size'"),
        ({"training.data..size": [3]}, "cannot vary"),
        ({"training.lr": 1e-3}, "training.lr needs a list of values to try, got 0.001"),
        ({"training.lr": []}, "needs a list of values"),
        ({"config": [[16]]}, "config needs a list of mappings"),
        ({"training.speed": [1]}, "field training.speed"),
        ({"config.width": [1]}, "width"),
    ],
)
def test_what_cannot_be_varied_is_refused(registry, tmp_path, vary, message):
    with pytest.raises(ConfigError, match=message):
        run(registry, tmp_path / "a.csv", vary)
    assert not (tmp_path / "a.csv").exists()


def test_what_has_nothing_to_vary_is_refused(registry, tmp_path):
    with pytest.raises(ConfigError, match="mute is no network with a training recipe"):
        zoo.sweep("mute", VARY, out=tmp_path / "a.csv", registry=registry)
    with pytest.raises(ConfigError, match="no validation split"):
        zoo.sweep("blind", VARY, out=tmp_path / "a.csv", registry=registry)
    with pytest.raises(ConfigError, match=r"a\.txt: the lines of a sweep go into a \.csv file"):
        run(registry, tmp_path / "a.txt")
