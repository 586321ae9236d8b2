"""What an action is about: a module, where it comes from, and the problem that it solves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError
from ..registry import Entry, Registry

if TYPE_CHECKING:
    from torch import nn

    from ..tasks.task import Task


@dataclass(frozen=True, eq=False)
class Subject:
    """A module with what is known about it.

    Attributes
    ----------
    module : Module
    label : str
        What to call it.
    task : Task or None
        The problem that it solves, where that is known.
    recipe : mapping
        How it was trained, as in the registry; empty where that is not known.
    name : str or None
        Its registry entry, where it was asked for by that name.
    registry : Registry or None
    """

    module: nn.Module
    label: str
    task: Task | None
    recipe: Mapping[str, Any]
    name: str | None = None
    registry: Registry | None = None

    @property
    def entry(self) -> Entry:
        """The registry entry.

        Raises
        ------
        ConfigError
            If it has none, so that nothing can be written about it.
        """
        if self.name is None or self.registry is None:
            raise ConfigError(
                f"{self.label} was not asked for by a registry name, so there is no entry to write to; "
                "give the name, or leave write out"
            )
        return self.registry.entries[self.name]

    @property
    def is_discoverer(self) -> bool:
        """Whether it finds symmetries instead of predicting."""
        from ..factory.providers import kind

        return hasattr(self.module, "family") and kind(self.module) == "discoverer"

    def members(self) -> Iterator[tuple[int | None, nn.Module]]:
        """Seed and module: this one, then the same recipe with other seeds, as far as their files are there."""
        yield self.recipe.get("seed"), self.module
        if self.name is None or self.registry is None:
            return
        from ..factory.loading import assemble, cast
        from ..weights import read_weights

        parameter = next(chain(self.module.parameters(), self.module.buffers()))
        for replica in self.entry.replicas:
            path = self.registry.file(replica.file, self.name)
            if path.is_file():
                tensors, header = read_weights(path, sha256=replica.sha256, size=replica.bytes)
                yield replica.seed, cast(assemble(tensors, header, str(path)), parameter.device, parameter.dtype)


def subject_of(model_or_name: Any, registry: Registry | None = None) -> Subject:
    """A name, a path or a module as a `Subject`; errors as in `zoo.load`."""
    if not isinstance(model_or_name, str | PathLike):
        return _of_module(model_or_name, type(model_or_name).__name__)
    from ..factory import load
    from ..factory.places import is_path

    registry = Registry.load() if registry is None else registry
    if is_path(model_or_name):
        return _of_module(load(model_or_name, registry=registry), fspath(model_or_name))
    name = registry.resolve(fspath(model_or_name))
    entry = registry.entries[name]
    return Subject(load(name, registry=registry), name, _task(entry.task), entry.training, name, registry)


def _of_module(module: nn.Module, label: str) -> Subject:
    """What the card says, or else the summary of the training in the file that the module comes from."""
    card = getattr(module, "card", None)
    recipe = getattr(card, "training", None) or {}
    return Subject(module, label, _task(getattr(card, "task", None) or recipe.get("task")), recipe)


def _task(name: str | None) -> Task | None:
    from ..tasks import TASKS, get_task

    return get_task(name) if name in TASKS else None
