from __future__ import annotations

import pytest
import torch

from zoo.errors import ConfigError
from zoo.models.emlp.gate import Gate
from zoo.models.emlp.layout import Block, Layout

TARGET = Layout((Block(0, 3, 1), Block(1, 2, 4), Block(2, 1, 16)))


@pytest.mark.parametrize(("name", "function"), [("swish", torch.nn.functional.silu), ("sigmoid", torch.sigmoid)])
def test_each_tensor_is_scaled_by_its_own_gate(name, function):
    gate = Gate(TARGET, name)
    x = torch.randn(5, gate.source.dim)
    gates, scalars, vectors, tensor = x.split([3, 3, 8, 16], dim=1)
    y = gate(x)
    assert torch.allclose(y[:, :3], torch.nn.functional.silu(scalars))
    assert torch.allclose(y[:, 3:7], vectors[:, :4] * function(gates[:, :1]))
    assert torch.allclose(y[:, 7:11], vectors[:, 4:] * function(gates[:, 1:2]))
    assert torch.allclose(y[:, 11:], tensor * function(gates[:, 2:]))


def test_scalars_alone_need_no_gates():
    gate = Gate(Layout((Block(0, 4, 1),)))
    assert gate.gates == 0 and gate(torch.ones(2, 4)).shape == (2, 4)


def test_a_wrong_number_of_gates_is_refused():
    gate = Gate(TARGET)
    with pytest.raises(ConfigError, match="30 numbers, 3 of them gate scalars"):
        gate(torch.zeros(2, gate.source.dim - 1))


def test_an_unknown_gate_is_refused():
    with pytest.raises(ConfigError, match="'sigmoid', 'swish'"):
        Gate(TARGET, "relu")
