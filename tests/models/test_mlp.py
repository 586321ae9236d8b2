from __future__ import annotations

import math

import pytest
import torch

from zoo.errors import ConfigError
from zoo.models.mlp import MLP
from zoo.symmetries import LieAlgebra, Uniform

SHAPES = {"rep_in": "5x1", "rep_out": "5x1", "input_shape": (5, 8), "output_shape": (5, 8)}


def build(symmetry: LieAlgebra | None = None, **changes) -> MLP:
    torch.manual_seed(0)
    return MLP(symmetry, **{**SHAPES, "hidden": (16, 16), "k": 8, **changes})


def test_maps_samples_to_samples():
    module = build()
    assert module(torch.randn(3, 5, 8)).shape == (3, 5, 8)
    assert module.symmetry is None and not module.promises_equivariance
    assert build(rep_out="1x0", output_shape=())(torch.randn(3, 5, 8)).shape == (3,)


def test_config_builds_it_again():
    module = build(LieAlgebra.so2(4), activation="relu", average=2)
    with torch.device("meta"):
        again = MLP(module.symmetry, **module.config)
    again.load_state_dict(module.state_dict(), assign=True)
    x = torch.randn(2, 5, 8)
    assert torch.equal(again.eval()(x), module.eval()(x)) and again.config == module.config


def test_calibration_standardises_inputs_and_outputs():
    module = build()
    x = 100 + 7 * torch.randn(300, 5, 8)
    y = -40 + 0.01 * torch.randn(300, 5, 8)
    y[:, 0, 0] = 3.0
    module.calibrate(x, y)
    away = (module(x) - y.mean(0)).abs().flatten(1)
    assert away[:, 0].max() > 0.05  # a constant entry keeps its scale of 1
    assert away[:, 1:].max() < 0.02
    inner = (x.flatten(1) - module.input_mean) / module.input_scale
    assert inner.mean().abs() < 1e-4 and (inner.std() - 1).abs() < 1e-2


def test_averages_in_evaluation_only():
    algebra = LieAlgebra.so2(4).with_coefficients(Uniform(-math.pi, math.pi))
    plain, module = build(algebra).double(), build(algebra, average=256).double()
    module.load_state_dict(plain.state_dict())
    x = torch.randn(4, 5, 8, dtype=torch.float64)
    assert torch.equal(module(x), plain(x))
    g = algebra.exp(torch.tensor([0.8]))

    def defect(net: MLP) -> torch.Tensor:
        return (net(net.rep_in.act(g, x)) - net.rep_out.act(g, net(x))).norm()

    assert defect(module.eval()) < 0.15 * defect(plain)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"average": 8}, "needs a symmetry"),
        ({"k": None}, "needs k"),
        ({"depth": 3}, "mlp does not know depth; it takes activation, average, hidden"),
        ({"activation": "sine"}, "activation must be one of"),
        ({"input_shape": (5, 7)}, "holds 35 numbers"),
        ({"hidden": (0,)}, "hidden must be a whole number of at least 1"),
    ],
)
def test_a_config_that_does_not_fit_is_refused(changes, message):
    with pytest.raises(ConfigError, match=message):
        build(**changes)


def test_k_must_be_that_of_the_symmetry():
    with pytest.raises(ConfigError, match=r"k = 8, but the symmetry acts on R\^4"):
        build(LieAlgebra.so2(2))
