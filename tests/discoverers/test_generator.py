"""The generator: nothing off the mask, orthonormal where asked, distributions of coefficients."""

from __future__ import annotations

import pytest
import torch

from zoo.discoverers.generator import Generator
from zoo.errors import ConfigError
from zoo.symmetries import Integer, Normal, Uniform

NORMAL = {"kind": "normal", "scale": 1.0}


def make(**options):
    torch.manual_seed(0)
    return Generator(options.pop("k", 8), options.pop("channels", 2), **{"coefficients": NORMAL, **options})


def test_raw_junk_off_the_mask_is_seen_nowhere():
    generator = make(search_space="2x2")
    with torch.no_grad():
        generator.raw.fill_(7.0)
    off = ~generator.mask
    assert (generator.algebra.basis[:, off] == 0).all()
    assert (generator.bases()[..., off] == 0).all()
    assert (generator(5, torch.Generator().manual_seed(0))[:, off] == 0).all()


def test_junk_gets_no_gradient_and_is_cleared():
    generator = make(search_space="2x2", orthonormal=False)
    generator(64, torch.Generator().manual_seed(0)).square().sum().backward()
    assert generator.raw.grad is not None
    assert (generator.raw.grad[..., ~generator.mask] == 0).all()
    assert generator.raw.grad[..., generator.mask].abs().min() > 0
    generator.retract()
    assert (generator.raw[..., ~generator.mask] == 0).all()


@pytest.mark.parametrize("channels", [1, 3])
def test_retraction_makes_the_generators_orthogonal_with_the_norm_of_a_turn(channels):
    generator = make(channels=channels, search_space="4x4", candidates=2)
    generator.retract()
    flat = generator.bases().detach().flatten(-2)
    torch.testing.assert_close(flat @ flat.mT, 8.0 * torch.eye(channels).expand(2, -1, -1), rtol=1e-5, atol=1e-5)
    before = generator.raw.detach().clone()
    generator.retract()
    torch.testing.assert_close(generator.raw.detach(), before, rtol=1e-5, atol=1e-5)


def test_the_retraction_is_the_nearest_frame_and_so_keeps_the_span():
    generator = make(channels=3, k=3)
    span = torch.linalg.qr(generator.raw.detach()[0].flatten(1).T).Q
    generator.retract()
    after = torch.linalg.qr(generator.raw.detach()[0].flatten(1).T).Q
    assert torch.linalg.svdvals(span.T @ after).min() > 1 - 1e-5


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (NORMAL, Normal(1.0)),
        ({"kind": "uniform", "low": -1.0, "high": 2.0}, Uniform(-1.0, 2.0)),
        ({"kind": "integer", "low": -10, "high": 9}, Integer(-10, 9)),
    ],
)
def test_coefficients_reach_the_symmetry(spec, expected):
    assert make(coefficients=spec).algebra.coefficients == expected


def test_integer_coefficients_give_powers_of_one_element():
    generator = make(k=2, channels=1, coefficients={"kind": "integer", "low": -1, "high": 1}, orthonormal=False)
    element = torch.linalg.matrix_exp(generator.bases()[0, 0])
    powers = torch.stack([torch.linalg.inv(element), torch.eye(2), element])
    samples = generator(60, torch.Generator().manual_seed(0))
    nearest = (samples[:, None] - powers).flatten(2).norm(dim=2).min(dim=1)
    assert nearest.values.max() < 1e-3  # float32 through seven squarings
    assert nearest.indices.unique().tolist() == [0, 1, 2]


def test_a_learned_scale_gets_a_gradient_and_is_reported():
    generator = make(learn_scale=True, coefficients={"kind": "normal", "scale": 0.5})
    distribution = generator.algebra.coefficients
    assert isinstance(distribution, Normal) and distribution.scale == pytest.approx(0.5)
    generator(32, torch.Generator().manual_seed(0)).square().sum().backward()
    scale = generator.draw.log_scale
    assert scale is not None and scale.grad is not None and scale.grad.abs() > 0
    with pytest.raises(ConfigError, match="only the scale of normal"):
        make(learn_scale=True, coefficients={"kind": "integer", "low": 0, "high": 2})


def test_the_best_candidate_counts():
    generator = make(candidates=3)
    generator.scores.copy_(torch.tensor([0.1, 0.3, 0.2]))
    torch.testing.assert_close(generator.algebra.basis.float(), generator.bases()[1].detach())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"channels": 0}, "channels"),
        ({"channels": 17, "search_space": "2x2"}, "16 entries"),
        ({"candidates": 0}, "candidates"),
        ({"coefficients": {"kind": "cauchy"}}, "cannot read the coefficient"),
    ],
)
def test_options_out_of_range(options, message):
    with pytest.raises(ConfigError, match=message):
        make(**options)
