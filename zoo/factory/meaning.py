"""`symmetry`: whatever a user calls a symmetry, as one."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn

from ..errors import SymmetryError, WeightsError
from ..registry import Registry
from ..registry.names import parse_algebra
from ..symmetries import LieAlgebra
from ..symmetries.coefficients import from_dict
from ..weights import Header, read_weights
from .places import is_path, weights_path

if TYPE_CHECKING:
    from ..symmetries.field import GeneratorField

BASIS = "symmetry.basis"


def symmetry(source: Any, *, n: int | None = None) -> LieAlgebra | GeneratorField:
    """A symmetry from its name, a file, numbers, a function or a module.

    Parameters
    ----------
    source : str, path, array, Tensor, callable or Module
        - the name of a registry entry (a discoverer, or a network, whose symmetry is taken: that which it was built
          with, or the generators that it learned), or a named algebra:
          ``"so(3)"``, ``"lorentz"``, ``"so(2)x4"`` (the same turn of four vectors), ``"cyclic(7)"``, ...
        - the path of a weights file, or of a file that `LieAlgebra.to_file` wrote
        - a basis `(c, k, k)`, or one generator `(k, k)`
        - a function from points `(P, n)` to vector fields `(P, n)` or `(P, n, c)`
        - a module with `.symmetry`, or a symmetry itself
    n : int, optional
        For a function: the dimension of its points, where the function has no attribute `n` that says so.

    Returns
    -------
    LieAlgebra or GeneratorField

    Raises
    ------
    SymmetryError
        If it means none of these.
    """
    from ..symmetries.field import GeneratorField

    if isinstance(source, LieAlgebra | GeneratorField):
        return cast("LieAlgebra | GeneratorField", source)
    if isinstance(source, str | os.PathLike):
        return from_file(source) if is_path(source) else from_name(os.fspath(source))
    if isinstance(source, nn.Module) and hasattr(source, "symmetry"):
        found = source.symmetry if source.symmetry is not None else getattr(source, "learned_symmetry", None)
        if found is None:
            raise SymmetryError(f"this {type(source).__name__} was built without a symmetry; give one of your own")
        return cast(LieAlgebra, found)
    if callable(source) and not isinstance(source, Tensor):
        return _from_callable(cast(Callable[[Tensor], Tensor], source), n)
    try:
        basis = torch.as_tensor(source)
    except (TypeError, ValueError, RuntimeError) as error:
        raise SymmetryError(
            f"cannot take a {type(source).__name__} as a symmetry ({error}); expected a name, a path, a basis of "
            "shape (c, k, k), a function of points, or a module with .symmetry"
        ) from error
    return LieAlgebra(basis)


def from_name(name: str, registry: Registry | None = None) -> Any:
    """The symmetry of a registry entry, a `LieAlgebra` or a `GeneratorField`, or a named algebra.

    Raises
    ------
    SymmetryError
        If it is neither; the nearest names are suggested.
    """
    registry = Registry.load() if registry is None else registry
    known = name in registry.entries or name in registry.deprecated
    named = parse_algebra(name)
    if known:
        return _from_entry(name, registry)
    if named is None:
        close = difflib.get_close_matches(name, list(registry), n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(close)}?" if close else "such as so(3), lorentz, sl(2) or so(2)x4"
        raise SymmetryError(f'"{name}" is neither a registry entry nor a named algebra; {hint}')
    algebra = getattr(LieAlgebra, named.constructor)(*named.arguments)
    return algebra if named.copies == 1 else algebra.on_tuples(named.copies)


def from_file(path: str | os.PathLike[str]) -> LieAlgebra | GeneratorField:
    """The symmetry in a weights file, or in a file that `LieAlgebra.to_file` wrote."""
    try:
        tensors, header = read_weights(path)
    except WeightsError:
        try:
            return LieAlgebra.from_file(path)
        except SymmetryError:
            pass
        raise
    return _required(tensors, header, os.fspath(path))


def from_tensors(tensors: dict[str, Tensor], header: Header, where: str) -> LieAlgebra | None:
    """The algebra that a weights file holds, None where the header says there is none, or that it is fields.

    Raises
    ------
    WeightsError
        If the fingerprint in the header is that of another span.
    """
    if header.symmetry is None or header.has_fields:
        return None
    algebra = LieAlgebra(tensors[BASIS], from_dict(header.symmetry["coefficients"]))
    if algebra.fingerprint != header.symmetry["fingerprint"]:
        raise WeightsError(
            f"{where}: its symmetry has the fingerprint {algebra.fingerprint}, and its header says "
            f"{header.symmetry['fingerprint']}; save it again with this version of zoo, or get the file again"
        )
    return algebra


def _from_entry(name: str, registry: Registry) -> Any:
    name = registry.resolve(name)
    entry = registry.entries[name]
    if entry.weights is None and entry.kind == "model" and entry.symmetry is not None:
        return from_name(entry.symmetry, registry)
    path = weights_path(name, entry, registry)
    assert entry.weights is not None
    return _required(*read_weights(path, sha256=entry.weights.sha256, size=entry.weights.bytes), str(path))


def _required(tensors: dict[str, Tensor], header: Header, where: str | Path) -> Any:
    algebra = from_tensors(tensors, header, str(where))
    if algebra is None:
        from .loading import assemble

        attribute = "symmetry" if header.has_fields else "learned_symmetry"
        algebra = getattr(assemble(tensors, header, str(where)), attribute, None)
    if algebra is None:
        raise SymmetryError(f'{where}: a "{header.family}" that was built without a symmetry')
    return algebra


def _from_callable(function: Callable[[Tensor], Tensor], n: int | None) -> GeneratorField:
    from ..symmetries.field import FunctionField

    n = getattr(function, "n", None) if n is None else n
    if n is None:
        raise SymmetryError("a function does not say which space its points are in: zoo.symmetry(function, n=...)")
    parameter = next(function.parameters(), None) if isinstance(function, nn.Module) else None
    return FunctionField(function, n) if parameter is None else FunctionField(function, n, parameter.dtype)
