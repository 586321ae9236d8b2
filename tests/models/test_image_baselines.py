"""The baselines on images: convolutional, residual and fully connected networks."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import zoo
from zoo.errors import ConfigError, DataError
from zoo.models.resnet import Halve
from zoo.models.scramble import Scramble
from zoo.symmetries.permutation import permutation

DIGIT, THING = [1, 28, 28], [3, 32, 32]
SMALL = {"input_shape": [2, 8, 10], "output_shape": [4]}
FAMILIES = ["cnn", "dense_image", "resnet"]


def images(count: int = 6, shape: tuple[int, ...] = (2, 8, 10)) -> Tensor:
    return torch.rand(count, *shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("family", "config", "parameters"),
    [
        ("cnn", {"input_shape": DIGIT}, 216_650),
        ("cnn", {"input_shape": DIGIT, "kernel": 5}, 185_162),
        ("cnn", {"input_shape": DIGIT, "kernel": 4}, 200_554),
        ("cnn", {"input_shape": DIGIT, "kernel": [2, 3]}, 224_874),
        ("cnn", {"input_shape": DIGIT, "kernel": 2, "hidden": [24]}, 175_090),
        ("cnn", {"input_shape": THING}, 288_906),
        ("dense_image", {"input_shape": DIGIT, "hidden": [72, 32 * 784]}, 2_138_834),
        ("dense_image", {"input_shape": THING, "hidden": [72, 32 * 1024], "output_shape": [10]}, 2_941_010),
    ],
)
def test_the_papers_networks_have_its_numbers_of_parameters(family, config, parameters):
    if config == {"input_shape": THING, "hidden": [72, 32 * 1024], "output_shape": [10]}:
        parameters = 3072 * 72 + 72 + 72 * 32_768 + 32_768 + 32_768 * 10 + 10
        assert parameters == 2_941_010
    network = zoo.build(family, None, **config)
    assert sum(parameter.numel() for parameter in network.parameters()) == parameters


def test_resnet_has_the_depth_and_the_parameters_of_its_paper():
    """Table 6: ResNet-20 has 0.27 million; with single pixels in place of the paper's free shortcuts 2,752 more."""
    network = zoo.build("resnet", None, input_shape=THING)
    convolutions = [part for part in network.modules() if isinstance(part, nn.Conv2d) and part.kernel_size == (3, 3)]
    assert len(convolutions) + 1 == 20
    assert sum(parameter.numel() for parameter in network.parameters()) == 269_722 + 2_752
    x = images(2, (3, 32, 32))
    assert network.layers[:3](network.stem(x)).shape == (2, 16, 32, 32)
    assert network.layers(network.stem(x)).shape == (2, 64, 8, 8) and network(x).shape == (2, 10)
    with pytest.raises(ConfigError, match="4 stages halve an image 3 times, and this one is 6 x 9"):
        zoo.build("resnet", None, input_shape=(1, 6, 9), hidden=[2, 2, 2, 2])


@pytest.mark.parametrize("seed", range(3))
def test_antialiased_features_hardly_change_when_an_image_is_shifted_by_a_pixel(seed):
    """Beside steps of two, with as many parameters, on white noise; of what images have in common nothing counts."""
    x, changes, sizes = images(8, (3, 32, 32)), [], []
    for antialias in (False, True):
        torch.manual_seed(seed)
        network = zoo.build("resnet", None, input_shape=THING, blocks=1, antialias=antialias).eval()
        with torch.no_grad():
            here, shifted = network.features(x), network.features(x.roll(1, 3))
        changes.append(float((here - shifted).norm() / (here - here.mean(0)).norm()))
        sizes.append(sum(parameter.numel() for parameter in network.parameters()))
    assert changes[1] < 0.6 * changes[0] and sizes[0] == sizes[1]


def test_halving_keeps_what_is_linear():
    ramp = torch.arange(9.0).expand(1, 2, 6, 9)
    halved = Halve(2)(ramp)
    assert halved.shape == (1, 2, 3, 5)
    torch.testing.assert_close(halved[0, 0, :, 1:-1], torch.tensor([2.0, 4, 6]).expand(3, 3))
    torch.testing.assert_close(Halve(2)(torch.ones(1, 2, 4, 4)), torch.ones(1, 2, 2, 2))


def test_the_paper_network_by_hand():
    torch.manual_seed(0)
    network = zoo.build("cnn", None, **SMALL).eval()
    x = images()
    first, last = network.layers[0], network.output
    expected = torch.relu(nn.functional.conv2d(x, first.weight, first.bias)).flatten(1) @ last.weight.T + last.bias
    torch.testing.assert_close(network(x), expected)
    assert network(x).shape == (6, 4)


def test_deeper_networks():
    config = {**SMALL, "hidden": [8, 16], "padding": "same", "pool": [2, 1], "normalise": True}
    flat = zoo.build("cnn", None, **config)
    assert flat.output.in_features == 16 * 4 * 5 and flat(images()).shape == (6, 4)
    assert zoo.build("cnn", None, **config, head="mean").output.in_features == 16
    assert [type(layer).__name__ for layer in flat.layers].count("BatchNorm2d") == 2
    shallow = zoo.build("cnn", None, **{**config, "padding": "valid", "normalise": False})
    assert shallow.output.in_features == 16 * 1 * 2
    dense = zoo.build("dense_image", None, **SMALL, hidden=[12, 6], normalise=True)
    assert [type(layer).__name__ for layer in dense.hidden] == ["Linear", "BatchNorm1d", "ReLU"] * 2
    first, second = dense(images())[0], dense(images()[:3])[0]
    assert first.shape == (4,) and not torch.allclose(first, second)  # statistics of the batch while it trains


@pytest.mark.parametrize("family", FAMILIES)
def test_scrambled_pixels_are_those_of_the_plain_network_on_scrambled_images(family):
    torch.manual_seed(0)
    scrambled = zoo.build(family, None, **SMALL, scramble=5).eval()
    plain = zoo.build(family, None, **SMALL).eval()
    plain.load_state_dict(scrambled.state_dict(), strict=False)
    x = images()
    moved = x.flatten(2)[..., permutation(5, 80)].view_as(x)
    torch.testing.assert_close(scrambled(x), plain(moved))
    assert not torch.allclose(plain(x), plain(moved))


def test_scramble_moves_pixels_of_all_channels_alike():
    x = torch.arange(3 * 12.0).view(1, 3, 3, 4)
    moved = Scramble(2, 12)(x)
    assert torch.equal(moved[:, 1] - 12, moved[:, 0]) and torch.equal(
        moved[:, 0].flatten().sort().values, x[0, 0].flatten()
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_weights_keep_their_permutation(family, tmp_path):
    network = zoo.build(family, None, **SMALL, scramble=7, input_dropout=0.2, dropout=0.1).eval()
    network.calibrate(images(), torch.zeros(6))
    zoo.save(network, tmp_path / "a.safetensors")
    loaded = zoo.load(tmp_path / "a.safetensors")
    assert torch.equal(loaded.input.scramble.order, permutation(7, 80)) and loaded.config == network.config
    assert torch.equal(loaded(images()), network(images()))
    other = permutation(8, 80)
    network.input.scramble.order.copy_(other)
    zoo.save(network, tmp_path / "b.safetensors")
    assert torch.equal(zoo.load(tmp_path / "b.safetensors").input.scramble.order, other)


@pytest.mark.parametrize("family", FAMILIES)
def test_calibration_standardises_each_channel(family):
    network = zoo.build(family, None, **SMALL).eval()
    x = images(50) * torch.tensor([0.5, 0.1])[:, None, None]
    network.calibrate(x, torch.zeros(50))
    standard = network.input(x)
    torch.testing.assert_close(standard.mean((0, 2, 3)), torch.zeros(2), atol=1e-5, rtol=0)
    torch.testing.assert_close(standard.std((0, 2, 3), correction=0), torch.ones(2), atol=1e-5, rtol=0)
    network.calibrate(torch.full((3, 2, 8, 10), 0.25), torch.zeros(3))
    assert not network.input(torch.full((1, 2, 8, 10), 0.25)).any(), "a constant channel is not divided by zero"


@pytest.mark.parametrize("family", FAMILIES)
def test_dropout_is_for_training(family):
    network = zoo.build(family, None, **SMALL, input_dropout=0.5).train()
    assert not torch.equal(network(images()), network(images()))
    assert 0.4 < (network.input(images(200)) == 0).float().mean() < 0.6
    network.eval()
    assert torch.equal(network(images()), network(images()))


@pytest.mark.parametrize("family", FAMILIES)
def test_rotations_act_on_the_images(family):
    """Of the natural image, whatever the network does to its pixels."""
    network = zoo.build(family, None, input_shape=[1, 9, 9], output_shape=[3], scramble=4).double().eval()
    y, x = torch.meshgrid(*2 * [torch.linspace(-1, 1, 9, dtype=torch.float64)], indexing="ij")
    blob = torch.exp(-12 * (x**2 + y**2))[None, None]
    spot = torch.exp(-12 * ((x - 0.4) ** 2 + y**2))[None, None]
    so2 = zoo.LieAlgebra.so(2)
    posed = network.posed(torch.cat([blob, spot]))
    lifted = posed.lift(so2)
    assert lifted.k == posed.rep_in.k == 81
    moved = posed.rep_in.act_infinitesimally(lifted.basis[0], posed.x)
    assert moved[0].norm() < 0.05 * moved[1].norm(), "what is round stays, but for the coarse grid"
    certificate = zoo.certify(network, so2, samples=2)
    assert certificate.checks["given"].worst("float64") > 0.05


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"input_shape": [8, 10]}, "channels, height, width"),
        ({"output_shape": []}, r"output_shape is \(classes,\)"),
        ({"output_shape": [1]}, "two of them or more"),
        ({"input_dropout": 1.0}, "input_dropout is a share"),
        ({"dropout": -0.1}, "dropout is a share"),
        ({"scramble": -1}, "seed of a permutation"),
        ({"activation": "step"}, "activation"),
        ({"hidden": [0]}, "hidden must be a whole number"),
        ({"widths": [3]}, "widths"),
    ],
)
def test_mistakes(family, options, message):
    with pytest.raises(ConfigError, match=message):
        zoo.build(family, None, **{**SMALL, **options})
    with pytest.raises(ConfigError, match="uses no symmetry"):
        zoo.build(family, "so(2)", **SMALL)
    with pytest.raises(DataError, match=r"\(B, 2, 8, 10\)"):
        zoo.build(family, None, **SMALL)(torch.zeros(3, 2, 10, 8))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kernel": 9}, "nothing is left of 8 x 10 pixels behind layer 1"),
        ({"hidden": [4, 4, 4], "pool": [2, 2, 2]}, "behind layer 2"),
        ({"kernel": [3, 3, 3]}, "side of a kernel"),
        ({"kernel": 0}, "kernel must be a whole number"),
        ({"pool": [2, 2]}, "one number for each layer"),
        ({"hidden": []}, "needs a layer"),
        ({"head": "max"}, "head must be one of"),
        ({"padding": "some"}, "padding must be one of"),
    ],
)
def test_mistakes_of_convolutions(options, message):
    with pytest.raises(ConfigError, match=message):
        zoo.build("cnn", None, **{**SMALL, **options})
