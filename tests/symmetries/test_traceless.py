"""The part of trace zero, and the angle to the scaling."""

from __future__ import annotations

import math

import pytest
import torch

from zoo.errors import SymmetryError
from zoo.symmetries import Integer, LieAlgebra, Normal, scaling_angle, traceless

LORENTZ = LieAlgebra.lorentz()
IDENTITY = torch.eye(4, dtype=torch.float64)[None]


def mixed(basis, seed=0, noise=0.0):
    """The span in another orthonormal basis."""
    generator = torch.Generator().manual_seed(seed)
    frame = torch.linalg.qr(torch.randn(len(basis), len(basis), generator=generator, dtype=torch.float64)).Q
    noisy = basis + noise * torch.randn(basis.shape, generator=generator, dtype=torch.float64)
    return torch.einsum("ab,bij->aij", frame, noisy)


def test_of_the_conformal_group_of_the_light_cone_it_is_the_lorentz_group():
    cone = LieAlgebra(mixed(torch.cat([LORENTZ.basis, IDENTITY])), Normal(0.3))
    part = traceless(cone)
    assert part.same_span(LORENTZ) and part.coefficients == Normal(0.3)
    assert cone.recognise().name == "so(1,3) + scaling" and part.recognise().name == "so(1,3)"
    assert scaling_angle(cone) < 1e-12


def test_combinations_are_orthonormal():
    """Of generators with one norm and no overlap it leaves such ones, whatever these were."""
    orthonormal = LieAlgebra(mixed(torch.cat([LORENTZ.basis / 2**0.5, IDENTITY / 2]), noise=0.1)).orthonormal()
    part = traceless(LieAlgebra(2 * orthonormal.basis)).basis.flatten(1)
    torch.testing.assert_close(part @ part.T, 4 * torch.eye(6, dtype=torch.float64))


def test_it_is_in_the_span_and_has_no_trace():
    noisy = LieAlgebra(mixed(torch.cat([LORENTZ.basis, IDENTITY]), noise=0.2))
    part = traceless(noisy)
    assert part.c == 6
    assert part.basis.diagonal(dim1=1, dim2=2).sum(1).abs().max() < 1e-12
    outside = part.basis.flatten(1) - part.basis.flatten(1) @ noisy.projector
    assert outside.abs().max() < 1e-12


def test_without_traces_nothing_is_taken_away():
    assert traceless(LORENTZ) is LORENTZ
    assert traceless(LieAlgebra(IDENTITY)).c == 0


def test_angle_to_the_scaling():
    assert scaling_angle(LORENTZ) == pytest.approx(math.pi / 2)
    tilted = LieAlgebra(torch.diag(torch.tensor([1.0, 1.0, 1.0, 1.1]))[None])
    cosine = 4.1 / 2 / math.sqrt(3 + 1.21)
    assert scaling_angle(tilted) == pytest.approx(math.acos(cosine))


def test_a_discrete_group_has_no_part():
    with pytest.raises(SymmetryError, match="discrete group"):
        traceless(LieAlgebra(IDENTITY, Integer(-1, 1)))
