"""LieGNN keeps the group of any algebra that has an invariant form, and says which have none."""

from __future__ import annotations

import pytest
import torch

import zoo
from zoo.errors import ConfigError, SymmetryError
from zoo.models.liegnn import LieGNN
from zoo.symmetries import LieAlgebra

COUNTS = [6, 11, 1, 8]
SYMPLECTIC = LieAlgebra([[[1.0, 0.0], [0.0, -1.0]], [[0.0, 1.0], [0.0, 0.0]], [[0.0, 0.0], [1.0, 0.0]]])  # sp(2)
PLANES = LieAlgebra.so2(1).direct_sum(LieAlgebra.so2(1))
BOOSTS = [
    [[0.0, 1, 0], [1, 0, 0], [0, 0, 0]],
    [[0.0, 0, 1], [0, 0, 0], [1, 0, 0]],
    [[0.0, 0, 0], [0, 0, 1], [0, -1, 0]],
]
ALGEBRAS = {
    "so(3)": LieAlgebra.so(3),
    "so(1,3)": LieAlgebra.lorentz(),
    "so(2) x so(2)": PLANES,
    "one so(2) on two planes": LieAlgebra.so2(2),
    "sp(2)": SYMPLECTIC,
    "so(5)": LieAlgebra.so(5),
    "so(2,1) in another basis": LieAlgebra(BOOSTS).conjugated([[1.0, 0.5, 0], [0, 1, 0.2], [0, 0, 2]]),
}
FORMS = {"so(3)": 1, "so(1,3)": 1, "so(2) x so(2)": 4, "one so(2) on two planes": 8, "sp(2)": 1, "so(5)": 1}


def stirred(symmetry, **config) -> LieGNN:
    """In float64 and evaluation mode, with weights that let points move far."""
    torch.manual_seed(0)
    network = LieGNN(symmetry, **{"hidden": 8, "layers": 3, "step": 0.1, **config}).double()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return network.eval()


def changes(network, g, x, **more) -> float:
    moved = network(x @ g.T, (x != 0).any(-1), **more)
    return float((moved - network(x)).detach().abs().max() / network(x).detach().abs().max())


@pytest.mark.parametrize("name", ALGEBRAS)
def test_the_group_changes_nothing(name, clouds):
    algebra = ALGEBRAS[name]
    network, x = stirred(algebra, k=algebra.k), clouds(COUNTS, k=algebra.k)
    assert len(network.forms) == FORMS.get(name, 1)
    for form in network.forms:
        assert (algebra.basis.mT @ form + form @ algebra.basis).abs().max() < 1e-12
    generator = torch.Generator().manual_seed(1)
    for g in algebra.sample(4, generator, scale=0.7):
        assert changes(network, g, x) < 1e-9
    assert network(x).std() > 1e-3
    other = torch.eye(algebra.k, dtype=torch.float64)
    other[0, 0] = 1.5
    assert changes(network, other, x) > 1e-5


def test_boosts_and_rotations_with_the_beams(clouds):
    network, x = stirred(LieAlgebra.lorentz(), beams=True), clouds(COUNTS)
    beams = torch.tensor([[2**0.5, 0, 0, 1], [2**0.5, 0, 0, -1]], dtype=torch.float64)
    about_the_axis = LieAlgebra.lorentz().exp(torch.eye(6)).sub(torch.eye(4)).matmul(beams.T).abs().amax((1, 2)) < 1e-12
    assert about_the_axis.sum() == 1
    for generator, keeps in enumerate(about_the_axis):
        g = LieAlgebra.lorentz().exp(0.8 * torch.eye(6, dtype=torch.float64)[generator])
        assert changes(network, g, x, beams=beams @ g.T) < 1e-9
        assert (changes(network, g, x) < 1e-9) is bool(keeps)


def test_the_true_metric_does_not_leak(clouds):
    """With another form, nothing of the network knows of Minkowski's: not the scalars of single points either."""
    change = torch.eye(4, dtype=torch.float64)
    change[0, 1], change[2, 3] = 0.4, -0.3
    other = LieAlgebra.lorentz().conjugated(change)
    network, x = stirred(other), clouds(COUNTS)
    for i in range(6):
        z = 0.5 * torch.eye(6, dtype=torch.float64)[i]
        assert changes(network, other.exp(z), x) < 1e-9
    assert max(changes(network, g, x) for g in LieAlgebra.lorentz().exp(0.5 * torch.eye(6))) > 1e-3


def test_a_noisy_algebra_is_made_exact(clouds):
    generator = torch.Generator().manual_seed(0)
    noise = 0.005 * torch.randn(6, 4, 4, generator=generator, dtype=torch.float64)
    noisy = LieAlgebra(LieAlgebra.lorentz().basis + noise)
    network, x = stirred(noisy, beams=False), clouds(COUNTS)
    assert network.discovered is noisy and network.symmetry.c == 6
    assert network.symmetry.structure_constants().residual < 1e-10 < noisy.structure_constants().residual
    for g in network.symmetry.sample(3, generator, scale=0.5):
        assert changes(network.float().double(), g, x) < 1e-9  # casting loses nothing of the forms


def test_some_of_the_coordinates(clouds):
    network, x = stirred(LieAlgebra.so(3), coordinates=[1, 2, 3]), clouds(COUNTS)
    (g,) = LieAlgebra.so(3).sample(1, torch.Generator().manual_seed(0))
    assert changes(network, torch.block_diag(torch.ones(1, 1), g).double(), x) < 1e-9
    other = x.clone()
    other[..., 0] *= 3
    assert torch.equal(network(other), network(x))  # the energy is not looked at


def test_given_forms(clouds):
    form = torch.tensor([[2.0, 0.3, 0, 0], [0.3, -1, 0, 0], [0, 0, -1, 0.5], [0, 0, 0.5, 1]], dtype=torch.float64)
    network, x = stirred(None, forms=form.tolist()), clouds(COUNTS)
    assert network.symmetry.c == 6
    for g in network.symmetry.sample(3, torch.Generator().manual_seed(0), scale=0.5):
        assert (g.mT @ form @ g - form).abs().max() < 1e-10 and changes(network, g, x) < 1e-8
    assert torch.allclose(torch.linalg.matrix_norm(network.forms, ord=2), torch.ones(1, dtype=torch.float64))


@pytest.mark.parametrize("algebra", [LieAlgebra(torch.eye(3)[None]), LieAlgebra.gl(3)], ids=["scaling", "gl(3)"])
def test_no_form_no_network(algebra):
    with pytest.raises(SymmetryError, match="keeps no bilinear form"):
        LieGNN(algebra, k=3)


def test_a_form_may_see_a_part_only(clouds):
    """so(3) beside a scaling measures three coordinates; affine maps (x, y, 1) keep no more than the 1."""
    x = clouds(COUNTS)
    network = stirred(LieAlgebra.so(3).direct_sum(LieAlgebra([[[1.0]]])))
    assert changes(network, torch.diag(torch.tensor([1.0, 1, 1, 5], dtype=torch.float64)), x) == 0
    network = stirred(zoo.symmetry("affine(2)"), k=3)
    assert changes(network, torch.diag(torch.tensor([3.0, 0.2, 1], dtype=torch.float64)), x[..., :3]) == 0


def test_refusals():
    lorentz = LieAlgebra.lorentz()
    with pytest.raises(SymmetryError, match="needs a symmetry"):
        LieGNN(None)
    with pytest.raises(SymmetryError, match=r"acts on R\^3, but the points have 4"):
        LieGNN(LieAlgebra.so(3))
    with pytest.raises(SymmetryError, match="inner_products=True"):
        LieGNN(SYMPLECTIC, k=2, inner_products=False)
    with pytest.raises(ConfigError, match="beams=False"):
        LieGNN(LieAlgebra.so(3), k=3, beams=True)
    for wrong in ([1, 2], [1, 2, 2], [2, 3, 4]):
        with pytest.raises(ConfigError, match="coordinates must name 3"):
            LieGNN(LieAlgebra.so(3), coordinates=wrong)
    for wrong, what in (
        ([[1.0, 0], [0, 1]], "forms must be"),
        (torch.zeros(4, 4), "zero"),
        (torch.ones(4, 4).tril(), "symmetric"),
    ):
        with pytest.raises(ConfigError, match=what):
            LieGNN(None, forms=wrong)
    with pytest.raises(ConfigError, match="liegnn does not know depth"):
        LieGNN(lorentz, depth=3)
    for wrong in ({"hidden": 0}, {"layers": 0}, {"moves": 4}):
        with pytest.raises(ConfigError):
            LieGNN(lorentz, **wrong)
