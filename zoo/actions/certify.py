"""Certify: does a network keep the symmetry that it was built with, and is that the true one?"""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import ConfigError, SymmetryError
from ..registry import Registry
from ..symmetries import LieAlgebra, Rep
from ..symmetries.coefficients import Integer
from ..symmetries.equivariance import finite_error, infinitesimal_error
from .certificate import Certificate, Check
from .subject import Subject, subject_of

ELEMENTS = 16  # group elements a generator

_DTYPES = {"float32": torch.float32, "float64": torch.float64}


def certify(
    model_or_name: Any,
    symmetry: Any = None,
    *,
    samples: int = 64,
    seed: int = 0,
    scale: float = 1.0,
    write: bool = False,
    registry: Registry | None = None,
) -> Certificate:
    """Measure the equivariance errors of a network, generator by generator, in float32 and float64.

    Against its own symmetry, and where it solves a task against the true one. `Check` says how errors are defined.

    Parameters
    ----------
    model_or_name : Module, str or Path
        A network; a module needs `rep_in` and `rep_out`.
    symmetry : object, optional
        A further symmetry to measure against: whatever `zoo.symmetry` takes.
    samples : int
        Number of inputs: from the test distribution of the network's task, else normal ones.
    seed : int
        Of inputs and group elements.
    scale : float
        Bound of the group elements: exp(z L) with |z| |L| <= scale in the spectral norm, that is an angle for
        rotations and a rapidity for boosts. Elements of discrete groups are exp(n L) with integers n, unbounded.
    write : bool
        Store the certificate in the registry.
    registry : Registry, optional
        Instead of the one that comes with zoo.

    Returns
    -------
    Certificate

    Raises
    ------
    ConfigError
        If there is nothing that could be certified, or a number is out of range.
    SymmetryError
        If there is no symmetry to measure against, or it acts on another space.
    """
    for label, value in (("samples", samples), ("scale", scale)):
        if not value > 0:
            raise ConfigError(f"{label} must be positive, got {value!r}")
    subject = subject_of(model_or_name, registry)
    module = _network(subject)
    if write:
        _ = subject.entry  # an error before the work, not after it
    x, inputs = _inputs(subject, samples, seed)
    symmetries = _symmetries(subject, symmetry)
    checks = {
        label: check(module, algebra, x, description, seed=seed, scale=scale)
        for label, (description, algebra) in symmetries.items()
    }
    own, true = getattr(module, "symmetry", None), symmetries.get("true")
    discovered = getattr(module, "discovered", None)
    given = discovered if discovered is not None else own
    result = Certificate(
        name=subject.label,
        promises=bool(getattr(module, "promises_equivariance", False)),
        checks=checks,
        angles_to_truth=_angles(given, true[1]) if given is not None and true is not None else None,
        projection=None if discovered is None or own is None else max(_angles(discovered, own), default=0.0),
        samples=samples,
        seed=seed,
        scale=scale,
        inputs=inputs,
    )
    if write and subject.registry is not None and subject.name is not None:
        subject.registry.update(subject.name, certificate=result.as_dict())
    return result


def check(
    module: nn.Module, algebra: LieAlgebra, x: Tensor, description: str, *, seed: int = 0, scale: float = 1.0
) -> Check:
    """Errors of `module` against one algebra on inputs `x` `(B, ...)`."""
    rep_in, rep_out = _reps(module)
    if algebra.k != rep_in.k:
        raise SymmetryError(f"the {description} acts on R^{algebra.k}, but the network on features over R^{rep_in.k}")
    infinitesimal: dict[str, tuple[float, ...]] = {}
    finite: dict[str, tuple[float, ...]] = {}
    coefficients = group_coefficients(algebra, seed, scale)
    for name, dtype in _DTYPES.items():
        network, inputs = copy.deepcopy(module).to(dtype).eval(), x.to(dtype)
        if not algebra.is_discrete:
            errors = infinitesimal_error(network, algebra, rep_in, rep_out, inputs)
            infinitesimal[name] = tuple(errors.tolist())
        finite[name] = tuple(
            float(finite_error(network, algebra, rep_in, rep_out, inputs, z).max()) for z in coefficients
        )
    found = algebra.recognise()
    return Check(description, f"{found.name} within {found.residual:.1g}", infinitesimal, finite)


def group_coefficients(algebra: LieAlgebra, seed: int, scale: float) -> list[Tensor]:
    """For each generator the coefficients `(n, c)` of its group elements: that generator alone, of bounded size."""
    generator = torch.Generator().manual_seed(seed)
    coefficients = []
    for i, matrix in enumerate(algebra.basis):
        if isinstance(algebra.coefficients, Integer):
            powers = torch.arange(algebra.coefficients.low, algebra.coefficients.high + 1, dtype=torch.float64)
            powers = powers[powers != 0]
            size = powers[torch.randperm(len(powers), generator=generator)[:ELEMENTS]]
        else:
            unit = 2 * torch.rand(ELEMENTS, generator=generator, dtype=torch.float64) - 1
            size = scale * unit / torch.linalg.matrix_norm(matrix, ord=2).clamp_min(torch.finfo(torch.float64).tiny)
        z = torch.zeros(len(size), algebra.c, dtype=torch.float64)
        z[:, i] = size
        coefficients.append(z)
    return coefficients


def _network(subject: Subject) -> nn.Module:
    if subject.is_discoverer:
        raise ConfigError(
            f"{subject.label} is a discoverer, which is no map between features; evaluate it with zoo.evaluate, or "
            "certify a network that was built with its symmetry"
        )
    return subject.module


def _reps(module: nn.Module) -> tuple[Rep, Rep]:
    rep_in, rep_out = getattr(module, "rep_in", None), getattr(module, "rep_out", None)
    if not isinstance(rep_in, Rep) or not isinstance(rep_out, Rep):
        raise ConfigError(
            f"cannot certify a {type(module).__name__}: it does not say how a symmetry acts on its inputs and outputs; "
            'set module.rep_in and module.rep_out, for instance zoo.Rep.parse("5x1", k=8)'
        )
    return rep_in, rep_out


def _symmetries(subject: Subject, given: Any) -> dict[str, tuple[str, LieAlgebra]]:
    """The symmetries to measure against, with a description each."""
    rep_in, _ = _reps(subject.module)
    found: dict[str, tuple[str, Any]] = {}
    if getattr(subject.module, "symmetry", None) is not None:
        found["own"] = ("own symmetry", subject.module.symmetry)
    if subject.task is not None and subject.task.k == rep_in.k:
        found["true"] = ("true symmetry", subject.task.reference())
    if given is not None:
        from ..factory import symmetry

        found["given"] = ("given symmetry", symmetry(given))
    if not found:
        raise SymmetryError(
            f"{subject.label} was built without a symmetry and belongs to no task; say against which symmetry to "
            'certify it, for instance zoo.certify(module, "so(3)")'
        )
    for description, algebra in found.values():
        if not isinstance(algebra, LieAlgebra):
            raise SymmetryError(f"the {description} is no matrix Lie algebra; take its to_algebra()")
    return found


def _angles(first: LieAlgebra, second: LieAlgebra) -> tuple[float, ...]:
    """Principal angles in degrees; a right angle for each generator that only one of the two has."""
    angles = torch.rad2deg(first.principal_angles(second)).tolist()
    return (*angles, *[90.0] * abs(first.c - second.c))


def _inputs(subject: Subject, samples: int, seed: int) -> tuple[Tensor, str]:
    """Inputs in float64 on the module's device, and where they come from."""
    device = next((parameter.device for parameter in subject.module.parameters()), torch.device("cpu"))
    shape = tuple(getattr(subject.module, "config", {}).get("input_shape", (_reps(subject.module)[0].dim,)))
    task = subject.task
    if task is not None and task.input_shape == shape:
        x = task.make("test", size=samples, seed=seed, dtype=torch.float64).x
        chosen = torch.linspace(0, len(x) - 1, samples).round().long()  # of each orbit another window
        return x[chosen].to(device), f"the test distribution of {task.name}"
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(samples, *shape, generator=generator, dtype=torch.float64).to(device), "N(0, 1)"
