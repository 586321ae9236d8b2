"""Where the data set is: at the path that the user gives, or in the folder that ZOO_DATA names."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ....errors import DataError, MissingData
from .kind import Kind

VARIABLE = "ZOO_DATA"


def find_data(given: Any, kind: Kind) -> Path:
    """The file or folder of a data set.

    Parameters
    ----------
    given : str, Path or None
        Its path, or a folder in which it lies under one of the usual names; None for the folder in ZOO_DATA.
    kind : Kind
        Its `places` are these names.

    Raises
    ------
    MissingData
        If nothing was given, and there is nothing in that folder.
    DataError
        If there is no such file.
    """
    if given is None:
        return _in_the_environment(kind)
    path = Path(given).expanduser()
    if not path.exists():
        raise DataError(f"{path}: there is no such file; check the path, the working directory is {Path.cwd()}")
    return (_inside(path, kind) or path) if path.is_dir() else path


def _inside(folder: Path, kind: Kind) -> Path | None:
    return next((folder / name for name in kind.places if (folder / name).exists()), None)


def _in_the_environment(kind: Kind) -> Path:
    folder = os.environ.get(VARIABLE)
    advice = (
        f"give their path, with --data PATH on the command line and data=PATH in Python, or set the environment "
        f"variable {VARIABLE} to a folder in which they lie as {', '.join(kind.places)}"
    )
    if not folder:
        raise MissingData(f"the images of {kind.name} are files of your own, which zoo does not bring: {advice}")
    found = _inside(Path(folder).expanduser(), kind)
    if found is None:
        raise MissingData(f"{VARIABLE} is {folder}, where no images of {kind.name} are: {advice}")
    return found
