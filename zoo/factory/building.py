"""`build`: a new module of a family, tried out before it is handed over."""

from __future__ import annotations

import difflib
import inspect
from typing import Any

import torch
from torch import nn

from ..errors import ConfigError, EquivarianceError, SymmetryError
from ..symmetries import LieAlgebra
from ..symmetries.equivariance import finite_error, infinitesimal_error
from ..symmetries.field import GeneratorField
from ..symmetries.posed import posed
from .meaning import symmetry as as_symmetry
from .probing import sample_input
from .providers import Builder, builder

# What is left of exact equivariance after rounding, relative: about a thousand operations deep.
TOLERANCE = {torch.float64: 1e-9, torch.float32: 1e-3}


def build(family: str, symmetry: Any, **config: Any) -> nn.Module:
    """A new, untrained module.

    Parameters
    ----------
    family : str
        Such as ``"emlp"``; see `families`.
    symmetry : object
        Whatever `zoo.symmetry` takes, or None for families that use none. Fields of generators that are affine
        (`GeneratorField.to_algebra`) become the algebra of their matrices.
    **config
        The family's own options.

    Returns
    -------
    Module
        With `.symmetry`, `.config` and `.family`.

    Raises
    ------
    ConfigError
        If the family or an option is unknown.
    SymmetryError
        If fields are not affine, and the family takes no others; their affine-ness is named.
    EquivarianceError
        If the family promises exact equivariance and the module does not keep it.
    """
    make = builder(family)
    module = call(make, family, None if symmetry is None else _as_taken(as_symmetry(symmetry), make, family), config)
    check_promise(module)
    return module


def _as_taken(symmetry: LieAlgebra | GeneratorField, make: Builder, family: str) -> LieAlgebra | GeneratorField:
    """Fields that are affine are matrices, on which every family can be built; few take any others."""
    if isinstance(symmetry, LieAlgebra):
        return symmetry
    try:
        return symmetry.to_algebra()
    except SymmetryError as error:
        if getattr(make, "takes_fields", False):
            return symmetry
        raise SymmetryError(f'the family "{family}" is built on matrices: {error}') from error


def call(make: Builder, family: str, symmetry: Any, config: dict[str, Any]) -> nn.Module:
    """The builder's module, after its options have been checked by name.

    Raises
    ------
    ConfigError
        If an option is unknown or a required one is missing.
    """
    parameters = list(inspect.signature(make).parameters.values())[1:]
    named = [p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    allowed = [p.name for p in named]
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters)
    if not takes_any and (unknown := [key for key in config if key not in allowed]):
        close = difflib.get_close_matches(unknown[0], allowed, n=1)
        hint = f'did you mean "{close[0]}"? ' if close else ""
        raise ConfigError(f'{family} has no option "{unknown[0]}"; {hint}It takes {", ".join(allowed) or "none"}')
    if missing := [p.name for p in named if p.default is p.empty and p.name not in config]:
        raise ConfigError(f"{family} needs {', '.join(missing)}; it takes {', '.join(allowed)}")
    module = make(symmetry, **config)
    if not isinstance(module, nn.Module):
        raise ConfigError(f'the builder of the family "{family}" gave a {type(module).__name__}, not a torch Module')
    return module


def check_promise(module: nn.Module, *, differentiate: bool = True) -> None:
    """The short certificate: infinitesimal, or with `differentiate=False` one element of each generator.

    A discrete group has elements only. Loading does not differentiate: the first derivative of a process takes torch
    0.3 s to prepare, and the probe in the weights file has found other changes already.

    Raises
    ------
    EquivarianceError
        If the module promises exact equivariance and the error is beyond rounding.
    """
    algebra = getattr(module, "symmetry", None)
    if not getattr(module, "promises_equivariance", False) or not isinstance(algebra, LieAlgebra) or algebra.c == 0:
        return
    dtype = next((p.dtype for p in module.parameters() if p.is_floating_point()), torch.float32)
    tried = posed(module, sample_input(module, samples=4).to(dtype))
    function, rep_in, rep_out, x = tried.function, tried.rep_in, tried.rep_out, tried.x
    if algebra.is_discrete or not differentiate:
        # elements exp(L_i) of a discrete group; else turns and boosts of about half a radian
        one_each = torch.eye(algebra.c, dtype=torch.float64)
        if not algebra.is_discrete:
            one_each = 0.5 * one_each / torch.linalg.matrix_norm(algebra.basis, 2)[:, None]
        errors = finite_error(function, algebra, rep_in, rep_out, x, one_each)
    else:
        errors = infinitesimal_error(function, algebra, rep_in, rep_out, x)
    allowed = TOLERANCE.get(dtype, 1e-1)
    if not errors.max() <= allowed:
        worst = int(errors.argmax())
        raise EquivarianceError(
            f'the family "{module.family}" promises exact equivariance, but generator {worst} of {algebra.c} is broken '
            f"by {float(errors[worst]):.1e} relative (allowed {allowed:.0e} in {str(dtype).removeprefix('torch.')}); "
            "this is a fault of the family, not of the data: zoo.certify(module) shows each generator"
        )
