"""LieGAN on pairs of massless momenta: the seven dimensions of the conformal group of the light cone."""

from __future__ import annotations

import math

import pytest
import torch

from zoo.actions.scores import symmetry_scores
from zoo.actions.sureness import sureness
from zoo.engine import Schedule, fit
from zoo.factory import build, load, save
from zoo.symmetries import LieAlgebra, Normal, nearest_form
from zoo.symmetries.recognise import recognise

LORENTZ = LieAlgebra.lorentz()
IDENTITY = torch.eye(4, dtype=torch.float64)[None]
CHANGE = torch.eye(4) + 0.25 * torch.tensor(
    [[0.3, -1.0, 0.5, 0.2], [0.7, 0.1, 0.9, -0.4], [-0.6, 0.8, -0.2, 0.5], [0.1, -0.3, 0.6, 0.4]]
)


def jets(n, seed=0):
    """Two leading constituents of jets in a narrow region: no rotation but one, and no boost, leaves that alone."""
    random = torch.Generator().manual_seed(seed)
    y = torch.randint(0, 2, (n,), generator=random)
    pt = 550 + 100 * torch.rand(n, generator=random, dtype=torch.float64)
    eta = (0.9 * torch.randn(n, generator=random, dtype=torch.float64)).clamp(-2, 2)
    phi = 2 * math.pi * torch.rand(n, generator=random, dtype=torch.float64)
    share = 0.05 + 0.4 * torch.rand(n, 2, generator=random, dtype=torch.float64).sort(1, descending=True).values
    wide = torch.where(y == 1, 0.25, 0.12).double()[:, None]
    etas, phis = (
        angle[:, None] + wide * torch.randn(n, 2, generator=random, dtype=torch.float64) for angle in (eta, phi)
    )
    pts = pt[:, None] * share
    p = torch.stack([pts * phis.cos(), pts * phis.sin(), pts * etas.sinh()], dim=2).float()
    return torch.cat([p.norm(dim=2, keepdim=True), p], dim=2), y


def trained(data, *, channels=7, epochs=20, part="traceless", **options):
    torch.manual_seed(0)
    module = build(
        "liegan", None, k=4, rep_in="2x1", rep_out="1x0", input_shape=(2, 4), classes=2, channels=channels,
        coefficients={"kind": "normal", "scale": 0.2}, view="quadrics", part=part, width=64, **options,
    )  # fmt: skip
    schedule = Schedule(epochs=epochs, batch_size=256, floor=0.02, average=0.99, checkpoint_seconds=None)
    fit(module.learner(data, noise=(0.5, 0.05)), data, schedule, progress=False, device="cpu")
    return module.eval()


@pytest.fixture(scope="module")
def module():
    return trained(jets(10_000))


def test_the_metric_comes_out_of_the_data(module):
    scores = symmetry_scores(module.symmetry, LORENTZ, module.rep_in, jets(500, 1)[0].double(), module.found)
    assert scores["generators"] == 6 and scores["channels"] == 7
    assert scores["metric_cosine"] > 0.9995
    assert scores["angle_degrees"] < 2 and scores["scaling_degrees"] < 1
    assert scores["closure_residual"] < 0.02 and scores["channels_closure_residual"] < 0.02
    found = module.symmetry.recognise()
    assert found.name == "so(1,3)" and found.residual < math.radians(2)
    assert module.symmetry.nearest_closed().algebra.principal_angles(LORENTZ).max() < math.radians(2)


def test_the_part_and_the_whole(module):
    assert module.symmetry.c == 6 and module.found.c == 7
    assert module.symmetry.coefficients == Normal(0.2)
    assert module.symmetry.basis.diagonal(dim1=1, dim2=2).sum(1).abs().max() < 1e-6
    inside = module.symmetry.basis.flatten(1) @ module.found.projector
    torch.testing.assert_close(inside, module.symmetry.basis.flatten(1))
    assert recognise(module.found.basis.numpy()).name == "so(1,3) + scaling"


def test_the_report_says_what_the_seventh_is(module):
    report = sureness([module], jets(2000, 2)).report
    assert report["recognised"] == "so(1,3)" and report["channels_recognised"] == "so(1,3) + scaling"
    assert report["channels"] == 7 and report["channels_closure"] < 0.02 and report["scaling_degrees"] < 1
    # random generators leave the cone
    assert report["auroc_random"] > 0.95 and report["auroc"] < 0.75
    assert report["moved"] > 0.2


def test_the_file_holds_both(module, tmp_path):
    save(module, tmp_path / "found.safetensors")
    again = load(tmp_path / "found.safetensors")
    assert torch.equal(again.symmetry.basis, module.symmetry.basis)
    assert torch.equal(again.found.basis, module.found.basis)


def test_no_coordinates_are_preferred():
    """In skewed coordinates the metric is another matrix, and nothing in the method is nearer to the first."""
    x, y = jets(10_000)
    module = trained((x @ CHANGE.T, y))
    back = torch.linalg.inv(CHANGE.double())
    assert module.symmetry.conjugated(back).principal_angles(LORENTZ).max() < math.radians(3)
    true = back.T @ torch.diag(torch.tensor([1.0, -1.0, -1.0, -1.0], dtype=torch.float64)) @ back
    form = nearest_form(module.found).form
    assert abs(float((form * true).sum() / true.norm())) > 0.999
    # which is far from what it is in the first coordinates
    assert abs(float((form * torch.diag(torch.tensor([0.5, -0.5, -0.5, -0.5]))).sum())) < 0.97


def test_without_a_cone_there_is_no_lorentz_group():
    """Energies that say nothing of the momenta."""
    x, y = jets(6000)
    x[..., 0] = x[torch.randperm(len(x), generator=torch.Generator().manual_seed(0)), :, 0]
    module = trained((x, y), epochs=10)
    scores = symmetry_scores(module.symmetry, LORENTZ, module.rep_in, x[:500].double(), module.found)
    assert scores["angle_degrees"] > 10 and scores["metric_cosine"] < 0.99
