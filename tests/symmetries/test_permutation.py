"""A fixed order of the nodes of a signal."""

from __future__ import annotations

import torch

from zoo.symmetries.permutation import permutation


def test_it_is_the_permutation_of_its_seed():
    order = permutation(3, 49)
    assert order.dtype == torch.int64 and order.sort().values.tolist() == list(range(49))
    assert torch.equal(order, permutation(3, 49)) and not torch.equal(order, permutation(4, 49))
    assert permutation(0, 10).tolist() == [4, 1, 7, 5, 3, 9, 0, 8, 6, 2], "weights that were trained keep their order"


def test_the_users_generator_is_left_alone():
    torch.manual_seed(0)
    before = torch.get_rng_state()
    permutation(1, 20)
    assert torch.equal(torch.get_rng_state(), before)


def test_signals_and_operators():
    order, f = permutation(1, 12), torch.randn(12, dtype=torch.float64)
    operator = torch.randn(12, 12, dtype=torch.float64)
    assert torch.equal(f[order][order.argsort()], f)
    torch.testing.assert_close(operator[order][:, order] @ f[order], (operator @ f)[order])
