"""The measurements of a certificate: a network, or parts of it, against one algebra."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor, nn

from ..errors import SymmetryError
from ..factory.loading import cast
from ..symmetries import LieAlgebra
from ..symmetries.coefficients import Integer
from ..symmetries.equivariance import finite_error, infinitesimal_error
from ..symmetries.posed import Posed, held, parts, posed, stabiliser
from .certificate import Check

ELEMENTS = 16  # group elements a generator
_ELEMENTS_LIFTED = 4  # where they are large matrices: of all the nodes of a grid
_ELEMENTS_HELD = 4  # where it only has to be seen that a symmetry is broken, or not

_DTYPES = {"float32": torch.float32, "float64": torch.float64}


def check(
    module: nn.Module, algebra: LieAlgebra, x: Tensor, description: str, *, seed: int = 0, scale: float = 1.0
) -> Check:
    """Errors of `module` against one algebra on inputs `x` `(B, ...)`."""
    elements = ELEMENTS if posed(module, x).lift is None else _ELEMENTS_LIFTED
    return _check(posed, module, algebra, x, description, seed, scale, elements)


def held_checks(
    module: nn.Module,
    algebra: LieAlgebra,
    x: Tensor,
    label: str,
    description: str,
    *,
    seed: int = 0,
    scale: float = 1.0,
) -> dict[str, Check]:
    """What is left of a symmetry when vectors of the laboratory stay where they are; nothing where there are none.

    Two checks: all of the algebra, which breaks, and the part of it that keeps these vectors, which does not.
    """
    fixed = held(module, x)
    if fixed is None or fixed.vectors.shape[-1] != algebra.k:
        return {}
    text = f"{description}, {fixed.what} held"
    checks = {f"{label}_{fixed.what}_held": _check(held, module, algebra, x, text, seed, scale, _ELEMENTS_HELD)}
    left = stabiliser(algebra, fixed.vectors)
    if left.c:
        text = f"what of it keeps the {fixed.what}"
        checks[f"{label}_keeping_{fixed.what}"] = _check(held, module, left, x, text, seed, scale, _ELEMENTS_HELD)
    return {name: replace(found, held=fixed.what) for name, found in checks.items()}


def part_checks(
    module: nn.Module,
    algebra: LieAlgebra,
    x: Tensor,
    label: str,
    description: str,
    *,
    seed: int = 0,
    scale: float = 1.0,
) -> dict[str, Check]:
    """Errors of the parts that a network says keep a symmetry exactly (see `zoo.symmetries.posed`); often none."""

    def pose(name: str) -> Callable[[nn.Module, Tensor], Posed]:
        return lambda changed, inputs: parts(changed, inputs)[name]

    return {
        f"{label}_{name}": _check(
            pose(name), module, algebra, x, f"{description}, {name.replace('_', ' ')}", seed, scale, _ELEMENTS_LIFTED
        )
        for name in parts(module, x.to(next(module.parameters()).dtype))
    }


def _check(
    pose: Callable[[nn.Module, Tensor], Posed | None],
    module: nn.Module,
    algebra: LieAlgebra,
    x: Tensor,
    description: str,
    seed: int,
    scale: float,
    elements: int,
) -> Check:
    infinitesimal: dict[str, tuple[float, ...]] = {}
    finite: dict[str, tuple[float, ...]] = {}
    rounding = 0.0
    coefficients = group_coefficients(algebra, seed, scale, elements)
    for name, dtype in _DTYPES.items():
        tried = pose(cast(copy.deepcopy(module), x.device, dtype).eval(), x.to(dtype))
        assert tried is not None
        rep, acting = tried.rep_in, algebra if tried.lift is None else tried.lift(algebra)
        if acting.k != rep.k:
            raise SymmetryError(f"the {description} acts on R^{acting.k}, but the network on features over R^{rep.k}")
        arguments = (tried.function, acting, rep, tried.rep_out, tried.x)
        if not algebra.is_discrete:
            infinitesimal[name] = tuple(infinitesimal_error(*arguments).tolist())
        finite[name] = tuple(float(finite_error(*arguments, z).max()) for z in coefficients)
        if dtype == torch.float64:
            rounding = _of_rounded_inputs(tried, acting, coefficients)
    found = algebra.recognise()
    return Check(
        description, f"{found.name} within {found.residual:.1g}", infinitesimal, finite, input_rounding=rounding
    )


@torch.no_grad()
def _of_rounded_inputs(tried: Posed, algebra: LieAlgebra, coefficients: list[Tensor]) -> float:
    """What rounding transformed inputs to float32 changes: the most over the largest element of each generator."""
    worst = 0.0
    for z in coefficients:
        if len(z):
            (element,) = algebra.exp(z[z.abs().sum(1).argmax()][None]).to(tried.x.device)
            moved = tried.rep_in.act(element, tried.x)
            y, rounded = tried.function(moved), tried.function(moved.float().double())
            worst = max(worst, float((rounded - y).norm() / y.norm().clamp_min(torch.finfo(torch.float64).tiny)))
    return worst


def group_coefficients(algebra: LieAlgebra, seed: int, scale: float, elements: int = ELEMENTS) -> list[Tensor]:
    """For each generator the coefficients `(n, c)` of its group elements: that generator alone, of bounded size."""
    generator = torch.Generator().manual_seed(seed)
    coefficients = []
    for i, matrix in enumerate(algebra.basis):
        if isinstance(algebra.coefficients, Integer):
            powers = torch.arange(algebra.coefficients.low, algebra.coefficients.high + 1, dtype=torch.float64)
            powers = powers[powers != 0]
            size = powers[torch.randperm(len(powers), generator=generator)[:elements]]
        else:
            unit = 2 * torch.rand(elements, generator=generator, dtype=torch.float64) - 1
            size = scale * unit / torch.linalg.matrix_norm(matrix, ord=2).clamp_min(torch.finfo(torch.float64).tiny)
        z = torch.zeros(len(size), algebra.c, dtype=torch.float64)
        z[:, i] = size
        coefficients.append(z)
    return coefficients
