from __future__ import annotations

import pytest
import torch

from zoo.errors import SymmetryError
from zoo.models.emlp import EMLP, linear_dimension
from zoo.models.emlp.bases import TensorBases
from zoo.symmetries import LieAlgebra, Rep
from zoo.symmetries.equivariance import finite_error, infinitesimal_error

o3 = pytest.importorskip("e3nn.o3")
from zoo.models.emlp.e3nn_backend import IrrepBases  # noqa: E402

INERTIA = {"rep_in": "5x0 + 5x1", "rep_out": "1x2", "input_shape": (20,), "output_shape": (3, 3)}
REPS = ["5x0 + 5x1", "1x2", "2x2 + 1x1", "1x3", "3x0", "1x2 + 2x0 + 1x1"]


def oblique() -> LieAlgebra:
    """so(3) in coordinates that are neither orthogonal nor right-handed."""
    return LieAlgebra.so(3).conjugated([[1.0, 0.3, 0.0], [0.1, -0.8, 0.2], [0.0, 0.1, 1.3]])


@pytest.mark.parametrize("rep_in", REPS)
@pytest.mark.parametrize("rep_out", REPS)
def test_both_backends_agree_on_the_dimension_of_the_equivariant_maps(rep_in, rep_out):
    algebra = LieAlgebra.so(3)
    irreps = linear_dimension(algebra, rep_in, rep_out, backend="e3nn")
    assert irreps == linear_dimension(algebra, rep_in, rep_out)


def test_e3nn_counts_as_many_weights():
    irreps = {"5x0 + 5x1": "5x0e + 5x1e", "1x2": "0e + 1e + 2e", "2x2 + 1x1": "2x0e + 3x1e + 2x2e"}
    for rep_in, split_in in irreps.items():
        for rep_out, split_out in irreps.items():
            expected = o3.Linear(split_in, split_out).weight_numel
            assert linear_dimension(LieAlgebra.so(3), rep_in, rep_out, backend="e3nn") == expected


@pytest.mark.parametrize("algebra", [LieAlgebra.so(3), oblique()], ids=["so3", "oblique"])
def test_encoder_splits_tensors_into_e3nn_irreps(algebra):
    bases, rep = IrrepBases(algebra), Rep.parse("2x0 + 3x1 + 2x2 + 1x3", 3)
    into, back = bases.encoder(rep)
    assert torch.allclose(into @ back, torch.eye(rep.dim, dtype=torch.float64), atol=1e-12)
    irreps = o3.Irreps([(block.multiplicity, (block.kind, 1)) for block in bases.layout(rep).blocks])
    frame = bases._frame
    rotation = LieAlgebra.so(3).exp(torch.tensor([0.3, -1.1, 0.7]))
    g = frame @ rotation @ torch.linalg.inv(frame)  # an element of the algebra's group
    expected = irreps.D_from_matrix(rotation.double())
    assert torch.allclose(into @ rep.matrix(g) @ back, expected.double(), atol=1e-6)  # e3nn's D is in float32


@pytest.mark.parametrize("algebra", [LieAlgebra.so(3), oblique()], ids=["so3", "oblique"])
@pytest.mark.parametrize("hidden", ["4x0 + 2x1 + 2x2", "8x0 + 4x1"])
def test_is_equivariant(algebra, hidden, scrambled):
    torch.manual_seed(0)
    module = scrambled(EMLP(algebra, backend="e3nn", hidden=hidden, layers=1, **INERTIA))
    x = torch.randn(5, 20)
    assert infinitesimal_error(module, algebra, module.rep_in, module.rep_out, x).max() <= 1e-5
    module, x = module.double(), x.double()
    assert infinitesimal_error(module, algebra, module.rep_in, module.rep_out, x).max() <= 1e-12
    assert finite_error(module, algebra, module.rep_in, module.rep_out, x, torch.randn(4, 3)).max() <= 1e-11


def test_the_frame_is_right_handed_whatever_is_recognised():
    assert torch.linalg.det(IrrepBases(oblique())._frame) > 0


def test_builds_on_the_meta_device():
    torch.manual_seed(0)
    module = EMLP(oblique(), backend="e3nn", hidden="4x0 + 2x1", layers=1, **INERTIA)
    with torch.device("meta"):
        again = EMLP(oblique(), backend="e3nn", hidden="4x0 + 2x1", layers=1, **INERTIA)
    again.load_state_dict(module.state_dict(), assign=True)
    x = torch.randn(3, 20)
    assert torch.equal(again(x), module(x))


def test_products_are_those_of_angular_momenta():
    found = {(p.left, p.right, p.target) for p in IrrepBases(LieAlgebra.so(3)).products((0, 1, 2))}
    assert found == {(1, 1, 0), (1, 1, 1), (1, 1, 2), (2, 1, 1), (2, 1, 2), (2, 2, 0), (2, 2, 1), (2, 2, 2)}


@pytest.mark.parametrize("algebra", [LieAlgebra.lorentz(), LieAlgebra.sl(2), LieAlgebra.so2(1, 1), LieAlgebra.so(4)])
def test_other_algebras_are_refused(algebra):
    with pytest.raises(SymmetryError, match=r'needs so\(3\) on vectors.*backend="dense"'):
        EMLP(algebra, rep_in="1x1", rep_out="1x1", input_shape=(algebra.k,), output_shape=(algebra.k,), backend="e3nn")


def test_cross_product_is_a_map_of_the_tensor_backend_too():
    assert len(TensorBases(LieAlgebra.so(3)).maps(1, 2)) == len(IrrepBases(LieAlgebra.so(3)).maps(1, 1)) == 1
