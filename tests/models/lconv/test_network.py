"""The network: shapes, symmetries, certificates, files, graphs."""

from __future__ import annotations

import math

import pytest
import torch

import zoo
from zoo.errors import ConfigError, DataError, SymmetryError
from zoo.models.lconv.stages import pooled
from zoo.symmetries import LieAlgebra
from zoo.symmetries.grid import Grid

ROTATION, SHIFTS = LieAlgebra.so2(), LieAlgebra.translations(2)


def net(symmetry=ROTATION, **config):
    torch.manual_seed(0)
    options = {"input_shape": (2, 9, 9), "output_shape": (5,), "hidden": [6, 7]} | config
    return zoo.build("lconv", symmetry, **options)


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"interpolation": "linear"},
        {"interpolation": "points", "degree": 1, "pool": [2, 1]},
        {"generators": "dense", "count": 2},
        {"generators": "low_rank", "rank": 3},
        {"generators": "skew", "rank": 3},
        {"generators": "neighbours"},
        {"generators": "low_rank", "frozen": True, "share": True, "hidden": [6, 6]},
        {"pool": [2, 2], "head": "mean", "normalise": True},
        {"scramble": 3},
        {"scramble": 3, "coordinates": "found", "neighbours": 5, "pool": [2, 1], "normalise": True},
        {"input_shape": (12, 3), "grid": [12], "coordinates": "found", "neighbours": 2, "degree": 1}
        | {"symmetry": LieAlgebra.translations(1)},
        {"residual": True, "hidden": [6, 6, 6], "normalise": True},
        {"head": "nodes", "output_shape": (3, 9, 9)},
        {
            "input_shape": (12, 3),
            "grid": [12],
            "head": "nodes",
            "output_shape": (12, 2),
            "symmetry": LieAlgebra.translations(1),
        },
        {"input_shape": (12, 3), "grid": [12], "symmetry": LieAlgebra.translations(1)},
        {"input_shape": (12, 3), "grid": [3, 4], "periodic": True, "output_shape": ()},
        {"input_shape": (12, 3), "generators": "dense", "symmetry": None},
    ],
    ids=str,
)
def test_shapes_and_files(config: dict, tmp_path) -> None:
    config = dict(config)
    model = net(config.pop("symmetry", ROTATION), **config).eval()
    shape = model.input_shape
    x = torch.rand(3, *shape)
    y = model(x)
    assert y.shape == (3, *model.output_shape)
    zoo.save(model, tmp_path / "model.safetensors")
    again = zoo.load(tmp_path / "model.safetensors")
    assert torch.equal(again(x), y)
    model.calibrate(x, y)
    assert torch.isfinite(model(x)).all()


def test_what_is_trained() -> None:
    """Given generators are no parameters, frozen ones neither; learned ones get gradients."""
    given, frozen, learned = (
        net(),
        net(None, generators="low_rank", frozen=True),
        net(None, generators="low_rank"),
    )
    names = [{n for n, _ in model.named_parameters() if "operators" in n} for model in (given, frozen, learned)]
    assert not names[0] and not names[1] and names[2]
    learned(torch.rand(2, 2, 9, 9)).sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in learned.parameters())


def test_a_layer_of_commuting_generators_is_equivariant() -> None:
    for symmetry, periodic in ((ROTATION, False), (SHIFTS, True)):
        certificate = zoo.certify(net(symmetry, periodic=periodic), samples=4)
        for number in (1, 2):
            check = certificate.checks[f"own_layer_{number}"]
            assert max(check.finite["float64"]) < 1e-12 and max(check.infinitesimal["float64"]) < 1e-12
            assert max(check.finite["float32"]) < 1e-5


def test_a_layer_of_generators_that_do_not_commute_is_not_and_says_so() -> None:
    check = zoo.certify(net(LieAlgebra.affine2d()), samples=4).checks["own_layer_1"]
    assert max(check.infinitesimal["float64"]) > 0.01


def test_relus_keep_the_symmetry_of_smooth_images_nearly() -> None:
    """On what the grid resolves, a relu aliases little: less the smoother."""
    model = net(SHIFTS, input_shape=(1, 17, 17), periodic=True, hidden=[4]).double().eval()
    grid = Grid((17, 17), periodic=True)
    noise = torch.randn(8, 1, 289, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    shift = torch.linalg.matrix_exp(0.5 * grid.shift())
    errors = []
    for fraction in (0.15, 0.3, 1.5):
        f = grid.band_limited(noise, fraction)
        with torch.no_grad():
            first, then = model.features(f @ shift.T), model.features(f) @ shift.T
        errors.append(float((first - then).norm() / then.norm()))
    assert errors[0] < errors[1] < errors[2] and errors[0] < 0.1, errors


def test_scrambled_pixels_are_put_in_the_same_order_for_good() -> None:
    plain, scrambled = net(None, generators="dense"), net(None, generators="dense", scramble=7)
    scrambled.load_state_dict({**plain.state_dict(), "scramble.order": scrambled.scramble.order})
    x = torch.rand(2, 2, 9, 9)
    shuffled = x.flatten(2)[:, :, scrambled.scramble.order].view_as(x)
    torch.testing.assert_close(scrambled(x), plain(shuffled))
    assert not torch.equal(scrambled.scramble.order, torch.arange(81))


def test_symmetries_of_every_kind() -> None:
    field = zoo.symmetry(lambda p: torch.stack([-p[:, 1], p[:, 0]], dim=1), n=2)
    one, other = net(ROTATION), net(field)
    torch.testing.assert_close(other.layers[0].operators.matrices(), one.layers[0].operators.matrices())
    nodes = LieAlgebra(torch.randn(3, 12, 12, dtype=torch.float64))  # of the nodes themselves
    given = net(nodes, input_shape=(12, 2))
    sizes = torch.linalg.matrix_norm(nodes.basis, keepdim=True)
    torch.testing.assert_close(given.layers[0].operators.matrices(), nodes.basis * math.sqrt(12) / sizes)


def test_a_sphere_has_no_grid() -> None:
    """Rotations of points on a sphere: L x_a is the field's component, up to the common scale of the generator."""
    generator = torch.Generator().manual_seed(0)
    points = torch.nn.functional.normalize(torch.randn(400, 3, generator=generator, dtype=torch.float64), dim=1)
    model = net(LieAlgebra.so(3), input_shape=(400, 1), points=points, neighbours=16)
    matrices = model.layers[0].operators.matrices()
    for matrix, basis in zip(matrices, LieAlgebra.so(3).basis, strict=True):
        found, wanted = matrix @ points, -points @ basis.T
        cosine = (found * wanted).sum() / (found.norm() * wanted.norm())
        assert cosine > 0.999
    assert model(torch.rand(2, 400, 1)).shape == (2, 5)


def test_graphs() -> None:
    pytest.importorskip("torch_geometric")
    from torch_geometric.data import Batch, Data

    generator = torch.Generator().manual_seed(0)

    def graph(n: int) -> Data:
        pos = torch.rand(n, 2, generator=generator)
        edges = zoo.symmetries.grid.nearest_edges(pos, 7).flip(0)  # the second is the one that looks
        return Data(x=torch.rand(n, 3, generator=generator), pos=pos, edge_index=edges)

    graphs = [graph(20), graph(31)]
    model = net(SHIFTS, input_shape=(None, 3), head="mean").eval()
    together = model(Batch.from_data_list(graphs))
    alone = torch.cat([model(each) for each in graphs])
    assert together.shape == (2, 5)
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)
    together.sum().backward()
    nodes = net(SHIFTS, input_shape=(None, 3), output_shape=(None, 5), head="nodes")
    assert nodes(graphs[0]).shape == (20, 5)
    # a linear function of the position has constant derivatives
    linear = Data(x=graphs[0].pos[:, :1].repeat(1, 3), pos=graphs[0].pos, edge_index=graphs[0].edge_index)
    operators = zoo.symmetries.grid.generators_on_points(SHIFTS, linear.pos, linear.edge_index.flip(0))
    found = zoo.symmetries.grid.from_incidence(operators, linear.edge_index.flip(0), 20) @ linear.x[:, :1].double()
    torch.testing.assert_close(found[:, :, 0], torch.tensor([-1.0, 0.0]).double()[:, None].expand(2, 20))
    with pytest.raises(DataError, match="edge_index"):
        model(Data(x=graphs[0].x, pos=graphs[0].pos))
    with pytest.raises(DataError, match=r"x \(M, 3\)"):
        model(torch.rand(2, 3, 4))


@pytest.mark.parametrize(
    ("symmetry", "config", "error", "says"),
    [
        (None, {}, SymmetryError, "needs a symmetry"),
        (LieAlgebra.so(3), {"input_shape": (2, 3, 3), "grid": [9]}, ConfigError, "on a grid already"),
        (LieAlgebra.so(4), {}, SymmetryError, "R\\^4"),
        (ROTATION, {"generators": "sparse"}, ConfigError, "generators must be one of"),
        (ROTATION, {"pool": [2]}, ConfigError, "each of the 2 layers"),
        (ROTATION, {"pool": [2, 5]}, ConfigError, "blocks of a grid"),
        (ROTATION, {"input_shape": (12, 2), "grid": [5]}, ConfigError, "12"),
        (None, {"input_shape": (12, 2), "generators": "neighbours"}, ConfigError, "give edges"),
        (ROTATION, {"input_shape": (12, 2)}, SymmetryError, "no coordinates"),
        (ROTATION, {"input_shape": (None, 2)}, ConfigError, "flattened"),
        (ROTATION, {"head": "nodes"}, ConfigError, "with these nodes"),
        (ROTATION, {"output_shape": (2, 3)}, ConfigError, r"gives \(classes,\)"),
        (ROTATION, {"wide": 3}, ConfigError, "wide"),
    ],
    ids=str,
)
def test_wrong_arguments(symmetry, config: dict, error: type, says: str) -> None:
    with pytest.raises(error, match=says):
        net(symmetry, **config)


def test_wrong_inputs() -> None:
    with pytest.raises(DataError, match=r"\(B, 2, 9, 9\)"):
        net()(torch.rand(2, 2, 8, 9))


def test_residual_layers_add_what_they_are_given() -> None:
    torch.manual_seed(0)
    plain, residual = (net(ROTATION, hidden=[6, 6, 3], residual=answer).eval() for answer in (False, True))
    residual.load_state_dict(plain.state_dict())
    f = torch.randn(2, 2, 81)
    assert torch.equal(residual.features(f, 1), plain.features(f, 1))  # 2 features to 6: nothing to add
    first = plain.features(f, 1)
    second = first + torch.relu(plain.layers[1](first))
    torch.testing.assert_close(residual.features(f, 2), second)
    torch.testing.assert_close(residual.features(f), torch.relu(plain.layers[2](second)))


def smooth_images(count: int) -> torch.Tensor:
    axis, generator = torch.linspace(-1, 1, 9), torch.Generator().manual_seed(0)
    centres = 2.4 * torch.rand(count, 2, 2, 1, generator=generator) - 1.2
    rows, columns = (torch.exp(-(((axis - centres[:, :, i]) / 0.4) ** 2)) for i in range(2))
    return rows[..., None] * columns[:, :, None]


def test_coordinates_of_scrambled_pixels_are_found_by_calibration(tmp_path) -> None:
    """The operators shift what they were not told where it is: along a direction of the plane."""
    model = net(SHIFTS, scramble=3, coordinates="found", neighbours=8, hidden=[6], normalise=True)
    x = smooth_images(600)
    model.calibrate(x, torch.zeros(600))
    natural = model.generators()  # of the pixels in their order
    points = Grid((9, 9)).points
    slopes = natural @ points / model.layers[0].operators.matrices().square().sum((1, 2)).sqrt()[:, None, None]
    inside = (points.abs() < 0.7).all(1)
    directions = torch.nn.functional.normalize(slopes[:, inside], dim=2)  # -V at every pixel
    assert (directions.mean(1).norm(dim=1) > 0.9).all()  # the same everywhere,
    assert abs(torch.linalg.det(directions.mean(1))) > 0.8  # and two of them
    measured = model.measures()
    assert measured["layout_error"] < 0.7 and measured["lit"] == 81 and net(SHIFTS).measures() == {}
    model.eval()
    zoo.save(model, tmp_path / "found.safetensors")
    again = zoo.load(tmp_path / "found.safetensors")
    assert torch.equal(again(x[:3]), model(x[:3])) and torch.equal(again.places, model.places)
    assert torch.equal(again.generators(), natural)
    certificate = zoo.certify(model, samples=4)
    assert max(certificate.checks["own_layer_1"].infinitesimal["float64"]) < 0.2


def test_coordinates_are_found_for_symmetries_of_lattices_only() -> None:
    for config in ({"generators": "dense"}, {"input_shape": (12, 3)}):
        with pytest.raises(ConfigError, match='coordinates="found" is for'):
            net(SHIFTS, coordinates="found", **config)


def test_blocks_of_points_are_pooled() -> None:
    """Of points on a sphere an eighth is left, which every point is near; of each block the largest value."""
    generator = torch.Generator().manual_seed(0)
    points = torch.nn.functional.normalize(torch.randn(300, 3, generator=generator, dtype=torch.float64), dim=1)
    model = net(LieAlgebra.so(3), input_shape=(300, 1), points=points, neighbours=12, pool=[2, 1], hidden=[4, 4])
    fine, coarse = model.spaces[0], model.spaces[1]
    assert coarse.d == 300 // 8 and model.spaces[2] is coarse
    assert torch.equal(points[coarse.blocks[:, 0]], coarse.points)  # each belongs to its own block
    assert torch.cdist(points, coarse.points).min(1).values.max() < 0.6
    f = torch.randn(2, 4, 300)
    torch.testing.assert_close(pooled(f, fine, coarse, 2), f[:, :, coarse.blocks].amax(3))
    assert model(torch.rand(2, 300, 1)).shape == (2, 5)
    with pytest.raises(ConfigError, match="leaves one of 8 points"):
        net(LieAlgebra.so(3), input_shape=(300, 1), points=points, neighbours=40, pool=[2, 1])


def test_a_lattice_as_points() -> None:
    """Slopes by least squares over all eight neighbours: what the lattice says, blurred across."""
    rough, smooth = (net(SHIFTS, interpolation=kind, degree=1).layers[0].operators for kind in ("linear", "points"))
    grid = Grid((9, 9))
    inside = (grid.points.abs() < 0.8).all(1)
    for one, other in zip(rough.matrices(), smooth.matrices(), strict=True):
        slopes = (one @ grid.points)[inside], (other @ grid.points)[inside]
        torch.testing.assert_close(*(each / each.norm() for each in slopes))
        assert [int((each[40].abs() > 1e-9).sum()) for each in (one, other)] == [2, 6]
    with pytest.raises(ConfigError, match="no way round a periodic lattice"):
        net(SHIFTS, interpolation="points", periodic=True)
