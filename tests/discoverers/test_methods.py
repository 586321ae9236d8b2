"""LieGAN, Augerino+ and SymmetryGAN on small problems with a known symmetry."""

from __future__ import annotations

import math

import pytest
import torch

from zoo.discoverers import METHODS
from zoo.discoverers.augerino import Augerino
from zoo.discoverers.liegan import LieGAN
from zoo.discoverers.symmetrygan import SymmetryGAN
from zoo.engine import Schedule, fit
from zoo.errors import ConfigError, SymmetryError
from zoo.factory import build, load, save
from zoo.symmetries import Integer, LieAlgebra, Normal

# On pairs (x, y); the others are solved for, or about solutions and images, and tested by themselves.
TRAINED = sorted(METHODS.keys() - {"lconv_pairs", "affine_pairs", "flow"})
TURN = LieAlgebra(torch.tensor([[[0.0, -1.0], [1.0, 0.0]]]))


def spiral(n=2000, seed=0):
    """x isotropic in the plane, y = x turned and stretched according to |x|: symmetric under turns alone."""
    x = torch.randn(n, 2, generator=torch.Generator().manual_seed(seed))
    radius = x.norm(dim=1, keepdim=True)
    quarter = torch.stack([-x[:, 1], x[:, 0]], dim=1)
    return x, x * radius.cos() + quarter * radius.sin()


def train(module, data, epochs, seed=0, batch_size=128, **options):
    schedule = Schedule(epochs=epochs, batch_size=batch_size, seed=seed, floor=0.02, average=0.99)
    fit(module.learner(data, **options), data, schedule, progress=False, device="cpu")
    return module


def make(family, **options):
    torch.manual_seed(3)
    return build(family, None, **options)


def test_liegan_finds_the_turn_of_the_plane():
    module = train(make("liegan", k=2, width=64), spiral(), 25, noise=(0.5, 0.05))
    assert math.degrees(float(module.symmetry.principal_angles(TURN).max())) < 2
    assert module.symmetry.coefficients == Normal(1.0)


def test_the_result_depends_on_the_seed_alone():
    found = [train(make("liegan", k=2, width=16), spiral(400), 2, candidates_seed).symmetry.basis
             for candidates_seed in (0, 0, 1)]  # fmt: skip
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])


def test_candidates_are_kept_apart_and_the_best_is_chosen():
    module = make("liegan", k=2, width=64, candidates=4)
    train(module, spiral(), 25, batch_size=256, noise=(0.5, 0.05), renew_every=20)
    assert module.generator.scores.shape == (4,)
    assert module.generator.best == int(module.generator.scores.argmax())
    assert (module.generator.scores > 1.0).all() and (module.generator.scores <= 2 * math.log(2)).all()
    assert math.degrees(float(module.symmetry.principal_angles(TURN).max())) < 4


def test_targets_that_are_classes_are_embedded_and_left_alone():
    x = torch.randn(256, 2, generator=torch.Generator().manual_seed(0))
    y = (x.norm(dim=1) > 1).long()
    module = make("liegan", k=2, rep_out="1x0", classes=2, width=16)
    moved_x, moved_y = module(x, y, torch.Generator().manual_seed(0))
    assert moved_y is y and not torch.equal(moved_x, x)
    train(module, (x, y), 2)
    assert torch.isfinite(module.symmetry.basis).all()


def test_the_regularisers_enter():
    """The cosine term alone drives a free generator away from the identity, the correlation two generators apart."""
    module = make("liegan", k=2, channels=2, orthonormal=False, initial_scale=0.3, width=8)
    flat = torch.nn.functional.normalize(module.generator.bases()[0].detach().flatten(1))
    before = abs(float(flat[0] @ flat[1]))
    train(module, spiral(600), 10, lr_critic=1e-9, channel_correlation=10.0, cosine=0.0)
    flat = torch.nn.functional.normalize(module.symmetry.basis.flatten(1))
    assert abs(float(flat[0] @ flat[1])) < 0.3 * before

    module = make("liegan", k=2, orthonormal=False, initial_scale=0.05, width=8)
    size = float(module.symmetry.basis.norm())
    train(module, spiral(600), 10, lr_critic=1e-9, cosine=10.0)
    assert float(module.symmetry.basis.norm()) > 3 * size


def test_rep_out_moves_the_target_by_its_own_representation():
    module = make("liegan", k=3, rep_in="2x0 + 1x1", rep_out="1x2", output_shape=(3, 3), channels=3)
    x, y = torch.randn(7, 5), torch.randn(7, 3, 3)
    g = module.sample(7, torch.Generator().manual_seed(0))
    moved_x, moved_y = module.transform(g, x, y)
    assert torch.equal(moved_x[:, :2], x[:, :2])
    torch.testing.assert_close(moved_x[:, 2:], torch.einsum("bij,bj->bi", g, x[:, 2:]))
    torch.testing.assert_close(moved_y, g @ y @ g.mT, rtol=1e-4, atol=1e-4)


def test_augerino_lowers_its_misfit_and_reads_off_the_mask():
    data = spiral()
    module = make("augerino", k=2, search_space=[[0, 1]], width=32)
    schedule = Schedule(epochs=15, batch_size=128)
    history = fit(module.learner(data, lr_generator=1e-2, lr_predictor=1e-2), data, schedule, progress=False)
    assert history.steps == 15 * (len(data[0]) // 128)
    module.eval()
    g = module.sample(500, torch.Generator().manual_seed(1)).cpu()
    x, y = spiral(500, seed=9)
    moved_x, moved_y = module.cpu().transform(g, x, y)
    assert (module.predictor(moved_x) - moved_y).square().mean() < 0.5 * moved_y.square().mean()


def test_symmetrygan_finds_one_element():
    module = train(make("symmetrygan", k=2, width=64), spiral(), 30, lr_element=1e-2, lr_critic=3e-3, cosine=0.3)
    element = module.element.detach().double()
    gram = element.T @ element
    assert (gram - torch.eye(2)).abs().max() < 0.15
    assert torch.linalg.det(element) > 0
    assert module.symmetry.coefficients == Integer(-1, 1)
    torch.testing.assert_close(torch.linalg.matrix_exp(module.symmetry.basis[0]), element, rtol=1e-6, atol=1e-6)


def test_a_reflection_has_no_symmetry_to_offer():
    module = make("symmetrygan", k=2)
    with torch.no_grad():
        module.raw.copy_(torch.diag(torch.tensor([1.0, -1.0])))
    with pytest.raises(SymmetryError, match="no real logarithm"):
        module.symmetry  # noqa: B018
    assert module.element.tolist() == [[1.0, 0.0], [0.0, -1.0]]


def test_symmetrygan_is_the_identity_off_the_mask():
    module = make("symmetrygan", k=4, search_space=[[0, 1]])
    with torch.no_grad():
        module.raw.fill_(5.0)
    assert torch.equal(module.element[2:], torch.eye(4)[2:])
    assert torch.equal(module.element[:2, 2:], torch.zeros(2, 2))


@pytest.mark.parametrize("family", TRAINED)
def test_a_file_holds_all_of_it(family, tmp_path):
    module = make(family, k=4, search_space="2x2", input_shape=(4,), width=16)
    if family == "symmetrygan":
        with torch.no_grad():
            module.raw.copy_(torch.linalg.matrix_exp(torch.randn(4, 4) * 0.2 * module.mask))
    save(module, tmp_path / "found.safetensors")
    again = load(tmp_path / "found.safetensors")
    assert type(again) is type(module) and again.config == module.config
    assert torch.equal(again.symmetry.basis, module.symmetry.basis)
    assert again.symmetry.coefficients == module.symmetry.coefficients
    state = module.state_dict()
    assert all(torch.equal(tensor, state[name]) for name, tensor in again.state_dict().items())


@pytest.mark.parametrize("family", TRAINED)
def test_the_state_is_the_same_in_both_modes_and_config_is_plain(family):
    module = make(family, k=4, output_shape=(4,))
    names = list(module.train().state_dict())
    assert list(module.eval().state_dict()) == names
    assert module.config["output_shape"] == [4] and module.config["k"] == 4
    assert "symmetry" not in module.config and not module.promises_equivariance
    assert module.kind == "discoverer" and module.report == {}


def test_shapes_must_fit_the_representation():
    with pytest.raises(ConfigError, match=r"input_shape \(3,\) holds 3 numbers"):
        make("liegan", k=4, input_shape=(3,))
    with pytest.raises(ConfigError, match="noise is a pair"):
        make("liegan", k=2).learner(spiral(10), noise=(0.1, 0.5))
    with pytest.raises(ConfigError, match="anneal"):
        make("liegan", k=2).learner(spiral(10), anneal=0.0)


def test_options_of_the_learners_are_named():
    assert LieGAN.learner_options() == [
        "lr_generator", "lr_critic", "cosine", "channel_correlation", "noise", "anneal", "renew_every",
    ]  # fmt: skip
    assert Augerino.learner_options()[:2] == ["lr_generator", "lr_predictor"]
    assert SymmetryGAN.learner_options() == ["lr_element", "lr_critic", "cosine"]


def test_a_candidate_that_does_nothing_is_not_the_best():
    """The discriminator sees the identity least of all."""
    module = make("liegan", k=2, orthonormal=False, candidates=2, width=32)
    with torch.no_grad():
        module.generator.raw.zero_()
        module.generator.raw[1, 0] = TURN.basis[0]
    train(module, spiral(1000), 15, lr_generator=1e-9, noise=(0.1, 0.05))
    assert module.generator.best == 1
