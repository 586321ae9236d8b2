"""The form that noisy generators come nearest to leaving unchanged."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from zoo.errors import SymmetryError
from zoo.symmetries import Integer, LieAlgebra, invariant_forms, nearest_form

LORENTZ = LieAlgebra.lorentz()
MINKOWSKI = torch.diag(torch.tensor([1.0, -1.0, -1.0, -1.0], dtype=torch.float64)) / 2
IDENTITY = torch.eye(4, dtype=torch.float64)[None]


def cosine(first, second):
    return abs(float((first * second).sum() / first.norm() / second.norm()))


def test_exact_generators_have_their_metric():
    found = nearest_form(LORENTZ)
    torch.testing.assert_close(found.form, MINKOWSKI)
    assert found.residual < 1e-12
    torch.testing.assert_close(found.form, invariant_forms(LORENTZ).basis[0])
    euclidean = nearest_form(LieAlgebra.so(3))
    torch.testing.assert_close(euclidean.form, torch.eye(3, dtype=torch.float64) / 3**0.5)


def test_a_scaling_among_the_generators_leaves_it_where_it_is():
    found = nearest_form(LieAlgebra(torch.cat([LORENTZ.basis, 5 * IDENTITY])))
    torch.testing.assert_close(found.form, MINKOWSKI)
    # of seven unit generators the scaling alone, I / 2, changes J: by J
    assert found.residual == pytest.approx(7**-0.5)


def test_it_moves_with_the_coordinates():
    change = torch.eye(4, dtype=torch.float64) + 0.3 * torch.tensor(np.random.default_rng(0).standard_normal((4, 4)))
    found = nearest_form(LORENTZ.conjugated(change))
    inverse = torch.linalg.inv(change)
    assert cosine(found.form, inverse.T @ MINKOWSKI @ inverse) == pytest.approx(1, abs=1e-12)


def test_noise_of_the_generators_is_averaged():
    """Six equations for every entry: J is an order better than the generators are."""
    noise = torch.tensor(np.random.default_rng(1).standard_normal((6, 4, 4)))
    found = nearest_form(LieAlgebra(LORENTZ.basis + 0.03 * noise))
    assert cosine(found.form, MINKOWSKI) > 0.9995
    assert 0.01 < found.residual < 0.2


def test_the_span_is_what_counts():
    mix = torch.tensor(np.random.default_rng(2).standard_normal((6, 6)))
    noisy = LORENTZ.basis + 0.05 * torch.tensor(np.random.default_rng(3).standard_normal((6, 4, 4)))
    first, second = nearest_form(LieAlgebra(noisy)), nearest_form(LieAlgebra(torch.einsum("ab,bij->aij", mix, noisy)))
    torch.testing.assert_close(first.form, second.form)
    assert first.residual == pytest.approx(second.residual)


def test_what_has_no_form_by_least_squares():
    with pytest.raises(SymmetryError, match="discrete group"):
        nearest_form(LieAlgebra(IDENTITY, Integer(-1, 1)))
    with pytest.raises(SymmetryError, match="without generators"):
        nearest_form(LieAlgebra(torch.zeros(0, 4, 4)))
