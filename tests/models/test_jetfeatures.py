"""The control network on masses and multiplicities."""

from __future__ import annotations

import math

import pytest
import torch

import zoo
from zoo.errors import ConfigError, DataError
from zoo.models.jetfeatures import FEATURES, jet_features
from zoo.tasks.toptag import TASK


def jet(*momenta: tuple[float, float, float]) -> torch.Tensor:
    """Massless constituents."""
    p = torch.tensor(momenta)
    return torch.cat([p.norm(dim=1, keepdim=True), p], dim=1)[None]


def test_values():
    x = jet((60.0, 0.0, 0.0), (0.0, 30.0, 0.0), (0.0, 0.0, 5.0), (6.0, 0.0, 0.0), (4.0, 0.0, 0.0))
    m_squared = 105.0**2 - 70.0**2 - 30.0**2 - 5.0**2
    logs = torch.tensor([math.log1p(m_squared), *(math.log1p(n) for n in (5, 1, 2)), *3 * [math.log1p(m_squared)]])
    torch.testing.assert_close(jet_features(x), logs[None], rtol=1e-5, atol=0)
    assert len(FEATURES) == logs.numel() == 7


def test_padding_mask_and_direction_change_nothing(toy_jets):
    jets, _, _ = toy_jets("test", 30, 0)
    x = jets.dense()
    features = jet_features(x)
    torch.testing.assert_close(jet_features(jets.dense(60)), features)
    torch.testing.assert_close(jet_features(x, mask=(x != 0).any(-1)), features)
    turned = x.clone()
    turned[..., 1], turned[..., 2] = -x[..., 2], x[..., 1]
    torch.testing.assert_close(jet_features(turned), features, rtol=1e-4, atol=1e-4)
    alone = torch.cat([jet_features(one.dense()) for one in jets])
    torch.testing.assert_close(alone, features)


def test_a_mask_hides_constituents():
    x = jet((60.0, 0.0, 0.0), (0.0, 30.0, 0.0), (9.0, 9.0, 5.0))
    hidden = jet_features(x, mask=torch.tensor([[True, True, False]]))
    torch.testing.assert_close(hidden, jet_features(x[:, :2]))


def test_calibration_standardises(toy_jets):
    jets, labels, _ = toy_jets("train", 300, 0)
    network = zoo.build("jetfeatures", None)
    network.calibrate(jets, labels)
    features = (jet_features(jets.dense()) - network.mean) / network.scale
    torch.testing.assert_close(features.mean(0), torch.zeros(7), atol=1e-4, rtol=0)
    torch.testing.assert_close(features.std(0, correction=0), torch.ones(7), atol=1e-4, rtol=0)


def test_saves_and_loads(tmp_path, toy_jets):
    torch.manual_seed(0)
    network = zoo.build("jetfeatures", None, hidden=[8]).eval()
    zoo.save(network, tmp_path / "a.safetensors", training={"task": "toptag"})
    loaded = zoo.load(tmp_path / "a.safetensors")
    x = TASK.make("test", size=20).x
    assert torch.equal(zoo.predict(network, x), zoo.predict(loaded, x))
    assert zoo.predict(loaded, x.dense()).shape == (20,)


def test_mistakes():
    with pytest.raises(ConfigError, match="uses no symmetry"):
        zoo.build("jetfeatures", "so(1,3)")
    with pytest.raises(ConfigError, match="activation"):
        zoo.build("jetfeatures", None, activation="step")
    with pytest.raises(DataError, match=r"\(B, N, 4\)"):
        zoo.build("jetfeatures", None)(torch.zeros(3, 4))
    with pytest.raises(DataError, match=r"\(B, N, 4\)"):
        zoo.predict(zoo.build("jetfeatures", None), torch.zeros(3, 5, 3))
