"""Errors that users are meant to read: each names what was wrong, what was expected and what to do."""

from __future__ import annotations

import importlib
from types import ModuleType


class ZooError(Exception):
    """Base class of every error that zoo raises on purpose."""


class ConfigError(ZooError, ValueError):
    """A configuration value is missing, unknown or out of range."""


class DataError(ZooError, ValueError):
    """The user's data cannot be used as they are."""


class MissingData(DataError):
    """The data of a task are files of the user's own, and none were named."""


class SymmetryError(ZooError, ValueError):
    """A symmetry is malformed, or does not allow what was asked of it."""


class EquivarianceError(ZooError):
    """A network that promises equivariance does not keep it."""


class RegistryError(ZooError):
    """The registry is malformed, or does not hold what was asked for."""


class WeightsError(ZooError):
    """A weights file is damaged, foreign or does not fit."""


class TrainingError(ZooError, RuntimeError):
    """A training run cannot go on: its loss or its weights became NaN or infinite."""


class MissingExtra(ZooError, ImportError):
    """A feature needs a package that the base installation leaves out."""


def require(module: str, extra: str) -> ModuleType:
    """Import `module`, or say which extra brings it.

    Raises
    ------
    MissingExtra
        If `module` cannot be found.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not module.startswith(error.name.split(".")[0]):
            raise
        raise MissingExtra(
            f'this needs the package "{module.split(".")[0]}", which is not installed; run: pip install "zoo[{extra}]"'
        ) from error
