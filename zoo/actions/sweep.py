"""Sweep: a recipe with some of its fields varied, judged on the validation split; or measured on the test split."""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import torch

from ..atomic import write_atomically
from ..errors import ConfigError, DataError
from ..registry import Entry, Registry
from .recipe import network_recipe
from .supervision import validator
from .train import data_source, recipe_seeds, task_of, trained_network

_log = logging.getLogger(__name__)
PARTS = ("config", "training")


def sweep(
    name: str,
    vary: Mapping[str, Sequence[Any]],
    *,
    out: str | PathLike[str],
    seeds: Sequence[int] | None = None,
    data: Any = None,
    test: bool = False,
    registry: Registry | None = None,
    device: str | torch.device | None = None,
    progress: bool = True,
) -> list[dict[str, Any]]:
    """Train a registry entry's network with every combination of some settings, and compare on the validation split.

    The test split is not looked at, and no weights are kept: what is chosen becomes the recipe of an entry, which is
    then trained and measured by itself. A file that is there already is gone on with: what it holds is not run again.
    With `test`, nothing is chosen any more: how a recipe does with few and with many data, say.

    Parameters
    ----------
    name : str
        Of a network with a recipe.
    vary : mapping
        Values to try by the name of the field: ``{"config.hidden": [[128], [256]], "training.lr": [1e-3, 3e-3]}``.
        Fields that go together are given as mappings: ``{"config": [{"kernel": 3, "hidden": [28]}, ...]}``.
        Of the data, options of the training split: ``{"training.data.train.size": [32, 128]}``.
    out : path
        A .csv file, with one line for each combination and seed. It is written anew after each of them.
    seeds : sequence of int, optional
        By default the recipe's first one.
    data : path, optional
        For tasks whose data are files of the user's own, the path of the data set.
    test : bool
        Whether the lines have metrics of the test split, beside those of the last validation and named ``test_...``.
    registry, device, progress
        As in `zoo.train`.

    Returns
    -------
    list of dict
        The lines of the file in the order of the combinations: the settings, `seed`, `parameters` (their number),
        the metrics of the last validation, and where the recipe keeps the best weights `best` and `best_epoch`.

    Raises
    ------
    ConfigError
        If the entry is no network with a recipe and a validation split, a field is none of it, or the file holds the
        sweep of another recipe.
    """
    registry = Registry.load() if registry is None else registry
    name = registry.resolve(name)
    entry = registry.entries[name]
    _check(name, entry, vary)
    file = SweepFile(Path(out), list(vary), sweep_digest(entry, vary, test))
    done = file.read()
    combinations = [dict(zip(vary, values, strict=True)) for values in itertools.product(*vary.values())]
    runs = [(each, seed) for each in combinations for seed in seeds or recipe_seeds(name, registry)[:1]]
    lines: dict[str, dict[str, Any]] = {}
    for number, (settings, seed) in enumerate(runs, start=1):
        key = _key(settings, seed)
        if key not in done:
            _log.info("%s, run %d of %d: %s, seed %d", name, number, len(runs), settings, seed)
            run = {"device": device, "progress": progress}
            result = _run(name, _varied(entry, settings), registry, seed, data, test, run)
            done[key] = {**settings, "seed": seed, **result}
            file.write(done.values())
        lines[key] = done[key]
    return list(lines.values())


def _run(
    name: str, entry: Entry, registry: Registry, seed: int, data: Any, test: bool, run: dict[str, Any]
) -> dict[str, Any]:
    source = data_source(entry, data, False, {})
    module, summary = trained_network(name, entry, registry, data, source, {"seed": seed}, None, run)
    result = {"parameters": sum(parameter.numel() for parameter in module.parameters())}
    result |= {key: value for key, value in summary["final_validation"].items() if key != "epoch"}
    if test:
        recipe = network_recipe(name, entry, {})
        task = task_of(name, entry, recipe)
        found = validator(task.metric, task.make("test", **{**recipe.data.test, **(source or {})}))(module.cpu().eval())
        result |= {f"test_{key}": value for key, value in found.items()}
    best = summary.get("best_validation")
    return result if best is None else {**result, "best": best["value"], "best_epoch": best["epoch"]}


def _varied(entry: Entry, settings: Mapping[str, Any]) -> Entry:
    """The entry with other values in some fields."""
    changed = {part: dict(getattr(entry, part)) for part in PARTS}
    for field, value in settings.items():
        part, *keys = field.split(".")
        at = changed[part]
        for key in keys[:-1]:
            at[key] = dict(at.get(key) or {})
            at = at[key]
        at |= {keys[-1]: value} if keys else value
    return entry.model_copy(update=changed)


def _check(name: str, entry: Entry, vary: Mapping[str, Sequence[Any]]) -> None:
    if entry.kind != "model" or not entry.training:
        raise ConfigError(f"{name} is no network with a training recipe, so there is nothing to vary")
    if (entry.training.get("data") or {}).get("validation") is None:
        raise ConfigError(f"the recipe of {name} has no validation split, by which its settings could be compared")
    for field, values in vary.items():
        part, dot, key = field.partition(".")
        refused = key in ("seed", "replicas") or (key.startswith("data") and not key.startswith("data.train."))
        if part not in PARTS or bool(dot) != bool(key) or "" in field.split(".") or (part == "training" and refused):
            raise ConfigError(f"cannot vary {field!r}: name a field of the entry, such as config.hidden or training.lr")
        if isinstance(values, str) or not isinstance(values, Sequence) or not len(values):
            raise ConfigError(f"{field} needs a list of values to try, got {values!r}")
        if not key and not all(isinstance(value, Mapping) for value in values):
            raise ConfigError(
                f"{field} needs a list of mappings, such as [{{kernel: 3}}, {{kernel: 5}}], got {values!r}"
            )


def sweep_digest(entry: Entry, vary: Mapping[str, Sequence[Any]], test: bool) -> str:
    """Of all of a recipe that stays as it is."""
    names = {field: None if "." in field else {key: None for value in vary[field] for key in value} for field in vary}
    kept = _varied(entry, names)
    fields = {"family": kept.family, "symmetry": kept.symmetry, "config": kept.config, "training": kept.training}
    fields["training"] = {key: value for key, value in kept.training.items() if key not in ("seed", "replicas")}
    if test:
        fields["measured"] = "test"
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()[:16]


def _key(settings: Mapping[str, Any], seed: int) -> str:
    return json.dumps([settings, seed], sort_keys=True)


class SweepFile:
    """The lines of a sweep: settings as JSON, numbers as they are.

    Parameters
    ----------
    path : Path
    varied : list of str
        The fields that are settings.
    recipe : str
        What the last column of every line says.
    """

    def __init__(self, path: Path, varied: list[str], recipe: str) -> None:
        if path.suffix.lower() != ".csv":
            raise ConfigError(f"{path}: the lines of a sweep go into a .csv file")
        self.path, self.varied, self.recipe = path, varied, recipe

    def read(self) -> dict[str, dict[str, Any]]:
        """What is there, by settings and seed."""
        if not self.path.exists():
            return {}
        found: dict[str, dict[str, Any]] = {}
        with self.path.open(newline="") as stream:
            for line in csv.DictReader(stream):
                if line.pop("recipe", None) != self.recipe or not set(self.varied) <= line.keys():
                    raise ConfigError(
                        f"{self.path} holds the sweep of another recipe or of other fields; give another file, or "
                        "move this one away"
                    )
                values = {key: self._parsed(value) for key, value in line.items() if value}
                settings = {key: values[key] for key in self.varied}
                found[_key(settings, values["seed"])] = values
        return found

    def _parsed(self, text: str) -> Any:
        try:
            return json.loads(text)
        except ValueError as error:
            raise DataError(f"{self.path} is no file of a sweep: {text!r} is no value") from error

    def write(self, lines: Iterable[Mapping[str, Any]]) -> None:
        """All of them, at once."""
        lines = list(lines)
        columns = [*dict.fromkeys(key for line in lines for key in line), "recipe"]
        stream = io.StringIO()
        writer = csv.DictWriter(stream, columns, lineterminator="\n", restval="")
        writer.writeheader()
        for line in lines:
            writer.writerow({key: json.dumps(value) for key, value in line.items()} | {"recipe": self.recipe})
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self.path, stream.getvalue().encode())
