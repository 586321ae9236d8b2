"""Certify: does a network keep the symmetry that it was built with, and is that the true one?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from ..engine.tensors import dense
from ..errors import ConfigError, MissingData, SymmetryError
from ..factory.probing import input_shape, sample_shape
from ..registry import Registry
from ..symmetries import LieAlgebra
from ..symmetries.posed import reps
from .certificate import Certificate, Check
from .checks import check, held_checks, part_checks
from .measured_data import source_of, specification
from .subject import Subject, subject_of


def certify(
    model_or_name: Any,
    symmetry: Any = None,
    *,
    samples: int = 64,
    seed: int = 0,
    scale: float = 1.0,
    write: bool = False,
    data: Any = None,
    registry: Registry | None = None,
) -> Certificate:
    """Measure the equivariance errors of a network, generator by generator, in float32 and float64.

    Against its own symmetry, and where it solves a task against the true one. `Check` says how errors are defined.
    Inputs that belong to the laboratory, such as the beams of a collider, are transformed along with the others;
    further checks say what is left of the symmetry when they are held fixed (see `zoo.symmetries.posed`).

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
    data : path, optional
        For tasks whose data are files, such as images: the data set of which the test split is taken. Where none is
        found, inputs are normal ones.
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
    reps(module)  # an error before the work, not after it
    if write:
        _ = subject.entry
    x, inputs = _inputs(subject, samples, seed, source_of(subject, data))
    symmetries = _symmetries(subject, symmetry)
    checks: dict[str, Check] = {}
    for label, (description, algebra) in symmetries.items():
        checks[label] = check(module, algebra, x, description, seed=seed, scale=scale)
        checks |= held_checks(module, algebra, x, label, description, seed=seed, scale=scale)
        checks |= part_checks(module, algebra, x, label, description, seed=seed, scale=scale)
    own, true = getattr(module, "symmetry", None), symmetries.get("true")
    discovered = getattr(module, "discovered", None)
    if discovered is not None and own is not None and discovered.k != own.k:
        discovered = None  # it was given for some of the coordinates
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


def _network(subject: Subject) -> nn.Module:
    if subject.is_discoverer:
        raise ConfigError(
            f"{subject.label} is a discoverer, which is no map between features; evaluate it with zoo.evaluate, or "
            "certify a network that was built with its symmetry"
        )
    return subject.module


def _symmetries(subject: Subject, given: Any) -> dict[str, tuple[str, LieAlgebra]]:
    """The symmetries to measure against, with a description each."""
    rep_in, _ = reps(subject.module)
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
    """Principal angles in degrees; a right angle for each generator that only one of the two has.

    An algebra on R^n is one on (x, 1) where the other acts there.
    """
    k = max(first.k, second.k)
    first, second = (_on_homogeneous(each) if each.k == k - 1 else each for each in (first, second))
    angles = torch.rad2deg(first.principal_angles(second)).tolist()
    return (*angles, *[90.0] * abs(first.c - second.c))


def _on_homogeneous(algebra: LieAlgebra) -> LieAlgebra:
    return LieAlgebra(torch.nn.functional.pad(algebra.basis, (0, 1, 0, 1)), algebra.coefficients)


def _inputs(subject: Subject, samples: int, seed: int, source: Mapping[str, Any] | None = None) -> tuple[Tensor, str]:
    """Inputs in float64 on the module's device, and where they come from."""
    device = next((parameter.device for parameter in subject.module.parameters()), torch.device("cpu"))
    module, task = subject.module, subject.task
    if task is not None and task.input_shape == (input_shape(module) or sample_shape(module)):
        try:
            options = {"variant": specification(subject).get("variant", "default")} if task.classes else {}
            x = task.make("test", size=samples, seed=seed, dtype=torch.float64, **{**options, **(source or {})}).x
            chosen = torch.linspace(0, len(x) - 1, samples).round().long()  # of each orbit another window
            return dense(x[chosen]).to(device), f"the test distribution of {task.name}"
        except MissingData:
            pass  # any inputs will do
    generator = torch.Generator().manual_seed(seed)
    shape = (samples, *sample_shape(module))
    return torch.randn(shape, generator=generator, dtype=torch.float64).to(device), "N(0, 1)"
