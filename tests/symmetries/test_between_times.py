"""Solutions between the times at which they are known."""

from __future__ import annotations

import pytest
import torch

from zoo.errors import DataError
from zoo.symmetries.between_times import refined

STEP = 0.4


def test_polynomials_of_degree_seven_are_exact() -> None:
    t = STEP * torch.arange(9, dtype=torch.float64)
    fine = STEP / 4 * torch.arange(33, dtype=torch.float64)
    factors = torch.linspace(0.2, 1.0, 8, dtype=torch.float64)
    u = sum(a * t**k for k, a in enumerate(factors))[None, :, None]
    rate = sum(k * a * t ** (k - 1) for k, a in enumerate(factors) if k)[None, :, None]
    wanted = sum(a * fine**k for k, a in enumerate(factors))[None, :, None]
    torch.testing.assert_close(refined(u, rate, STEP, 4), wanted, rtol=1e-12, atol=1e-12)


def test_waves_that_turn_by_a_quarter_a_step_are_found_between_them() -> None:
    t, fine = STEP * torch.arange(20, dtype=torch.float64), STEP / 3 * torch.arange(58, dtype=torch.float64)
    speed = torch.tensor([1.0, 2.0, 4.0], dtype=torch.float64)  # 4 x 0.4: a quarter of a turn
    u, rate = (speed * t[:, None]).sin()[None], (speed * (speed * t[:, None]).cos())[None]
    found = refined(u, rate, STEP, 3)
    assert found.shape == (1, 58, 3) and torch.equal(found[:, ::3], u)
    off = (found[0] - (speed * fine[:, None]).sin()).abs()
    assert off.amax(0)[0] < 1e-7 and off[3:-3, 2].max() < 5e-4 and off[:, 2].max() < 1e-2


def test_one_part_is_all_that_was_there_and_few_times_are_refused() -> None:
    u = torch.randn(2, 5, 3)
    assert torch.equal(refined(u, torch.zeros_like(u), STEP, 1), u)
    for other in (torch.zeros(2, 5, 4), torch.zeros(2, 4, 3)):
        with pytest.raises(DataError, match="4 times at least"):
            refined(u, other, STEP, 2)
    with pytest.raises(DataError, match="4 times at least"):
        refined(u[:, :3], u[:, :3], STEP, 2)
