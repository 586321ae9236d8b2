"""The command line: one command for each public verb.

Only what a command needs is imported, and only when it runs.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from .errors import ZooError

app = typer.Typer(
    name="zoo",
    help="Symmetries discovered from data, and the equivariant networks built from them.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
out = Console()

Name = Annotated[str, typer.Argument(help="A name from `zoo list`, or the path of a .safetensors file.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")]
Write = Annotated[bool, typer.Option("--write", help="Store the result in the registry.")]


def main() -> None:
    """Run the command line; an error that zoo raises on purpose is shown as one message, without a traceback."""
    try:
        app()
    except ZooError as error:
        Console(stderr=True).print("[bold red]error[/]", end=" ")
        Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(str(error))
        sys.exit(1)


@app.command("list")
def list_command(
    pattern: Annotated[str, typer.Argument(help="A wildcard pattern, for example 'emlp-*'.")] = "*",
    kind: Annotated[str | None, typer.Option(help="model or discoverer")] = None,
    family: Annotated[str | None, typer.Option(help="For example emlp or liegan.")] = None,
    task: Annotated[str | None, typer.Option(help="For example two_body.")] = None,
) -> None:
    """List what the registry holds."""
    from .card import models_table

    out.print(models_table(pattern, kind=kind, family=family, task=task))


@app.command()
def info(name: Name) -> None:
    """Show all that is known about a model."""
    from . import info as card

    out.print(card(name))


@app.command()
def symmetry(
    name: Annotated[str, typer.Argument(help="A discoverer, a model, a file, or an algebra such as 'so(3)'.")],
    plot: Annotated[Path | None, typer.Option(help="Draw the generators into this picture.")] = None,
    moved: Annotated[Path | None, typer.Option(help="Draw what it does to a solution, or to --image.")] = None,
    image: Annotated[Path | None, typer.Option(help="To draw below fields on images, or to be moved.")] = None,
    data: Annotated[Path | None, typer.Option(help="With --moved: an HDF5 file with a solution of your own.")] = None,
    amount: Annotated[float, typer.Option(help="With --moved: the largest coefficient of a generator.")] = 0.5,
) -> None:
    """Show a symmetry: its generators, what it is recognised as, and how well it closes."""
    from . import symmetry as find
    from .symmetries.reading import in_words

    if moved is not None:
        from .actions.draw_moved import draw_moved

        draw_moved(name, moved, amount=amount, image=image, data=data)
        out.print(f"picture written to {moved}")

    if plot is not None:
        from .actions.draw import draw_symmetry

        draw_symmetry(name, plot, image=image)
        out.print(f"picture written to {plot}")
    out.print(in_words(find(name)), highlight=False, soft_wrap=True)


@app.command()
def build(
    family: Annotated[str, typer.Argument(help="For example emlp.")],
    symmetry: Annotated[str, typer.Argument(help="A discoverer, a file, or an algebra such as 'so(3)'.")],
    to: Annotated[Path, typer.Option("--out", help="Where the untrained network is saved.")],
    config: Annotated[str, typer.Option(help="The builder's configuration, as YAML or JSON.")] = "{}",
) -> None:
    """Build an untrained network from any symmetry, check its equivariance and save it."""
    from . import build as build_network
    from . import save
    from . import symmetry as find

    network = build_network(family, find(symmetry), **_mapping(config, "--config"))
    save(network, to)
    parameters = sum(parameter.numel() for parameter in network.parameters())
    out.print(f"{family} with {parameters:,} parameters written to {to}")


@app.command()
def discover(
    method: Annotated[
        str, typer.Argument(help="liegan, augerino, symmetrygan; lconv or affine_pairs (pairs x, g x); flow.")
    ],
    data: Annotated[Path, typer.Option(help="A .npz, .npy, .csv or .h5 file with x and y; flow: .h5 of solutions.")],
    to: Annotated[Path, typer.Option("--out", help="Directory for the weights and the picture of the basis.")],
    seeds: Annotated[int, typer.Option(help="Independent runs, whose agreement is reported.")] = 1,
    config: Annotated[str, typer.Option(help="The method's configuration, as YAML or JSON.")] = "{}",
    quiet: Quiet = False,
) -> None:
    """Discover a symmetry in your own data."""
    from . import discover as find
    from .symmetries.reading import in_words
    from .tasks.arrays import read_pairs

    solutions = method == "flow" and data.suffix in (".h5", ".hdf5")
    given = data if solutions else read_pairs(data)
    found = find(method, given, seeds=seeds, out=to, progress=not quiet, **_mapping(config, "--config"))
    out.print(in_words(found.symmetry), highlight=False, soft_wrap=True)
    out.print(_two_columns(found.report))


@app.command()
def train(
    names: Annotated[list[str], typer.Argument(help="Names from `zoo list`; wildcards are allowed.")],
    seed: Annotated[list[int] | None, typer.Option(help="Instead of the recipe's seed; may be repeated.")] = None,
    all_seeds: Annotated[bool, typer.Option("--all-seeds", help="The recipe's seed and its replicas.")] = False,
    data: Annotated[Path | None, typer.Option(help="The data set (images), or training data of your own.")] = None,
    to: Annotated[
        Path | None, typer.Option("--out", help="Directory for the weights file; default: the current one.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint.")] = False,
    write: Write = False,
    quiet: Quiet = False,
) -> None:
    """Make a registry entry's weights again from its recipe."""
    from . import list_models
    from .actions.train import recipe_seeds
    from .actions.train import train as run

    for name in (match for pattern in names for match in list_models(pattern) or [pattern]):
        for one in recipe_seeds(name) if all_seeds else seed or [None]:
            run(name, seed=one, out=to, data=data, resume=resume, write=write, progress=not quiet)
            out.print(f"{name}: trained" + ("" if one is None else f" with seed {one}"))


@app.command()
def finetune(
    name: Name,
    data: Annotated[Path, typer.Option(help="A .npz, .npy, .csv or .h5 file of your own.")],
    to: Annotated[Path, typer.Option("--out", help="The .safetensors file to write.")],
    epochs: Annotated[int, typer.Option(help="Passes over the data.")] = 20,
    lr: Annotated[float, typer.Option(help="Learning rate.")] = 1e-3,
    batch_size: Annotated[int | None, typer.Option(help="Samples in a step; default: the recipe's.")] = None,
    trainable: Annotated[str, typer.Option(help="all, head or low_rank")] = "all",
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint.")] = False,
    quiet: Quiet = False,
) -> None:
    """Fine-tune a pretrained network on your own data, with its symmetry kept exact."""
    from .actions.finetune import finetune as run

    model = run(
        name,
        data,
        epochs=epochs,
        lr=lr,
        batch_size=batch_size,
        out=to,
        trainable=trainable,
        resume=resume,
        progress=not quiet,
        report=out.print,
    )
    out.print(f"fine-tuned {model.card.name if getattr(model, 'card', None) else name} written to {to}")


@app.command()
def predict(
    name: Name,
    data: Annotated[Path, typer.Argument(help="A file of the task's inputs; of images also a folder of pictures.")],
    to: Annotated[Path | None, typer.Option("--out", help="Write predictions to this .csv or .npz file.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw the predictions into this picture.")] = None,
    reading: Annotated[str, typer.Option(help="How the file is read, such as '{units: MeV}', as YAML or JSON.")] = "{}",
    device: Annotated[str | None, typer.Option(help="Where to compute, cuda for instance.")] = None,
    quiet: Quiet = False,
) -> None:
    """Predict on a file of your own, and score the predictions where the file holds the truth."""
    from .actions.predict import predict_file

    how = _mapping(reading, "--reading")
    out.print(predict_file(name, data, out=to, plot=plot, reading=how, device=device, progress=not quiet))
    for written in (to, plot):
        if written is not None:
            out.print(f"{written} written")


@app.command()
def evaluate(
    names: Annotated[list[str] | None, typer.Argument(help="Names or paths; wildcards are allowed.")] = None,
    data: Annotated[
        Path | None, typer.Option(help="The data set (images), or your own file instead of the test split.")
    ] = None,
    write: Write = False,
    table: Annotated[str | None, typer.Option(help="Write results/TASK.csv and the README's table.")] = None,
    device: Annotated[str | None, typer.Option(help="Where networks are measured; default: cpu.")] = None,
    recorded: Annotated[
        bool, typer.Option("--recorded", help="With --table: take the registry's metrics, measure nothing again.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Measure models on their task's test split, with the spread over seeds."""
    from . import evaluate as measure
    from . import list_models

    for name in (match for pattern in names or [] for match in list_models(pattern) or [pattern]):
        out.print(_two_columns(measure(name, data, write=write, device=device, progress=not quiet), title=name))
    if table is not None:
        from .actions.tables import write_tables

        for path in write_tables(table, measure=not recorded, progress=not quiet):
            out.print(f"{path} written")


@app.command()
def sweep(
    name: Annotated[str, typer.Argument(help="A network from `zoo list`.")],
    vary: Annotated[list[str], typer.Option(help="A field and its values, such as 'training.lr=[0.001, 0.003]'.")],
    to: Annotated[Path, typer.Option("--out", help="The .csv file; one that is there is gone on with.")],
    seed: Annotated[list[int] | None, typer.Option(help="Instead of the recipe's seed; may be repeated.")] = None,
    data: Annotated[Path | None, typer.Option(help="The data set (images).")] = None,
    test: Annotated[bool, typer.Option("--test", help="Measure on the test split, too: when all is chosen.")] = False,
    device: Annotated[str | None, typer.Option(help="Where to train, cuda for instance.")] = None,
    quiet: Quiet = False,
) -> None:
    """Train with every combination of some settings, and compare them on the validation split."""
    from rich.table import Table

    from .actions.sweep import sweep as run

    values = {key: value for each in vary for key, value in _mapping(_as_yaml(each), "--vary").items()}
    lines = run(name, values, out=to, seeds=seed, data=data, test=test, device=device, progress=not quiet)
    table = Table(*lines[0], title=f"{name}, {'test' if test else 'validation'} split", title_justify="left")
    for line in lines:
        table.add_row(*(f"{value:.4g}" if isinstance(value, float) else str(value) for value in line.values()))
    out.print(table)
    out.print(f"{to} written")


@app.command()
def certify(
    names: Annotated[list[str], typer.Argument(help="Names or paths; wildcards are allowed.")],
    samples: Annotated[int, typer.Option(help="Inputs and group elements drawn.")] = 64,
    seed: Annotated[int, typer.Option(help="Seed of both.")] = 0,
    data: Annotated[Path | None, typer.Option(help="The data set that inputs are taken from (images).")] = None,
    write: Write = False,
) -> None:
    """Measure whether a network keeps the symmetry that it promises, generator by generator."""
    from . import certify as measure
    from . import list_models

    for name in (match for pattern in names for match in list_models(pattern) or [pattern]):
        out.print(measure(name, samples=samples, seed=seed, data=data, write=write))


@app.command()
def verify() -> None:
    """Check every installed file: hashes, headers, fingerprints and lineage."""
    from .actions.verify import verify as check

    report = check()
    out.print(report)
    if not report.ok:
        raise typer.Exit(1)


@app.command()
def data(
    task: Annotated[
        str, typer.Argument(help="two_body, three_body, c7, inertia, toptag, mnist, cifar10, pairs_on_grid or pde")
    ],
    to: Annotated[Path, typer.Option("--out", help="The .npz, .csv or .h5 file to write; jets, solutions: .h5.")],
    split: Annotated[str, typer.Option(help="train, validation or test")] = "test",
    size: Annotated[
        int | None, typer.Option("--size", "--jets", help="Orbits, jets, solutions or samples; default: the paper's.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Default: the split's own.")] = None,
    spec: Annotated[str | None, typer.Option(help="Jets: nominal, coarse (another detector) or truth.")] = None,
    workers: Annotated[int | None, typer.Option(help="Jets, solutions: processes; default: one a core.")] = None,
    source: Annotated[
        Path | None, typer.Option("--data", help="Images: the data set that they are taken from.")
    ] = None,
    variant: Annotated[str | None, typer.Option(help="Images: default, rotated or scrambled.")] = None,
    equation: Annotated[str | None, typer.Option(help="Solutions: kdv, ks, burgers, nkdv or ckdv.")] = None,
    more: Annotated[
        str, typer.Option("--options", help="Any other options, such as '{shape: [20, 20], motion: rigid}' of pairs.")
    ] = "{}",
) -> None:
    """Write a task's data. Jets and solutions are made once and kept; an interrupted run goes on where it stopped."""
    from .errors import ConfigError
    from .tasks import get_task

    others = _mapping(more, "--options")
    if taken := sorted({"path", "split", "size", "seed", "dtype"} & set(others)):
        raise ConfigError(f"--options is for what has no flag of its own; take {', '.join(taken)} out of it")
    given = {"spec": spec, "workers": workers, "data": source, "variant": variant, "equation": equation}
    options = {name: value for name, value in given.items() if value is not None} | others
    count = get_task(task).write(to, split, size=size, seed=seed, **options)
    out.print(f"{count:,} items of the {split} split of {task} written to {to}")


def _as_yaml(assignment: str) -> str:
    """``field=[values]`` as a mapping in YAML."""
    field, equals, values = assignment.partition("=")
    return f"{{{field.strip()}: {values}}}" if equals else assignment


def _mapping(text: str, option: str) -> dict:
    """A configuration given on the command line."""
    from .errors import ConfigError, RegistryError
    from .registry.plain_yaml import load

    try:
        value = load(text, option) or {}
    except RegistryError as error:
        raise ConfigError(str(error)) from error
    if not isinstance(value, dict):
        raise ConfigError(f"{option} must be a mapping such as '{{layers: 3}}', got {text!r}")
    return value


def _two_columns(values: dict, title: str | None = None):
    """Names and numbers, one a row."""
    from rich.table import Table

    table = Table(title=title, show_header=False, title_justify="left")
    for key, value in values.items():
        table.add_row(str(key), f"{value:.4g}" if isinstance(value, float) else str(value))
    return table
