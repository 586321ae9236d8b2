"""zoo: symmetries discovered from data, and the equivariant networks built from them.

Names are imported when they are first used, so that `import zoo` takes no time and no torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import errors
    from .actions.augment import augment
    from .actions.certify import certify
    from .actions.discover import discover
    from .actions.evaluate import evaluate
    from .actions.finetune import finetune
    from .actions.predict import predict
    from .actions.sweep import sweep
    from .actions.train import train
    from .card import Card, info
    from .factory import build, load, save, symmetry
    from .models.lconv.lagrangian import lagrangian
    from .registry import Registry, list_models
    from .symmetries import LieAlgebra, Rep
    from .symmetries.field import GeneratorField
    from .tasks import get_task
    from .tasks.task import Task

_WHERE = {
    "build": "factory",
    "load": "factory",
    "save": "factory",
    "symmetry": "factory",
    "augment": "actions.augment",
    "certify": "actions.certify",
    "discover": "actions.discover",
    "evaluate": "actions.evaluate",
    "finetune": "actions.finetune",
    "predict": "actions.predict",
    "sweep": "actions.sweep",
    "train": "actions.train",
    "Card": "card",
    "info": "card",
    "lagrangian": "models.lconv.lagrangian",
    "Registry": "registry",
    "list_models": "registry",
    "LieAlgebra": "symmetries",
    "Rep": "symmetries",
    "GeneratorField": "symmetries.field",
    "Task": "tasks.task",
    "get_task": "tasks",
}

__all__ = [
    "Card",
    "GeneratorField",
    "LieAlgebra",
    "Registry",
    "Rep",
    "Task",
    "augment",
    "build",
    "certify",
    "discover",
    "errors",
    "evaluate",
    "finetune",
    "get_task",
    "info",
    "lagrangian",
    "list_models",
    "load",
    "predict",
    "save",
    "sweep",
    "symmetry",
    "train",
]


def __getattr__(name: str) -> Any:
    if name == "errors":
        return importlib.import_module(".errors", __name__)
    if name == "__version__":
        return _version()
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module("." + _WHERE[name], __name__), name)
    globals()[name] = value  # found once; the next access does not come here
    return value


def _version() -> str:
    """As pyproject.toml has it; there is no other place."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("zoo")
    except PackageNotFoundError:
        return "0+source"


def __dir__() -> list[str]:
    return sorted({*__all__, "__version__"})
