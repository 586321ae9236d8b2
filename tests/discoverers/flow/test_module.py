"""Vector fields as a discoverer: trained, appraised, kept and loaded."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

import zoo
from zoo.discoverers.flow import Flow, SolutionValidity
from zoo.discoverers.flow.appraisal import Appraisal, appraise, random_like
from zoo.discoverers.flow.objective import points_of
from zoo.errors import ConfigError, DataError, WeightsError
from zoo.symmetries.field import GeneratorField
from zoo.tasks.pde import EQUATIONS, write_solutions

from .solitons import LENGTH, T, X, solitons, two_symmetries_and_two_others

SMALL = {"count": 2, "trunk": [8, 8], "head": 4, "inner": [1, 2]}


def kdv(u: Tensor, u_t: Tensor, u_x: Tensor, u_xxx: Tensor) -> Tensor:
    return u_t + u * u_x + u_xxx


def small(seed: int = 0) -> Flow:
    torch.manual_seed(seed)
    return zoo.build("flow", None, coordinates=["x", "t", "u"], count=3, trunk=[8, 8], head=4, periodic={"x": LENGTH})


@pytest.fixture(scope="module")
def found() -> Flow:
    """Hardly trained."""
    return zoo.discover("flow", (solitons(12), X, T), score=kdv, epochs=2, progress=False, **SMALL)


def test_symmetries_are_told_from_what_is_none() -> None:
    given = two_symmetries_and_two_others()
    u = solitons(8).float()
    score = SolutionValidity.of(EQUATIONS["kdv"].residual, solitons(12).float(), X, T)
    points = score.points(u)
    given.place(points)
    given.normalise(points)
    appraisal = appraise(given, score, u, reach=1.0, draws=4, networks=2)
    assert appraisal.real.tolist() == [True, True, False, False], appraisal
    assert appraisal.still <= appraisal.validity.min() + 0.5 and len(appraisal.null) == 2 * 4
    report = appraisal.report()
    assert report["symmetries"] == report["spare"] == 2 and report["verdict"].startswith("2 of 4 fields are symmetries")


def test_random_fields_are_as_many_and_as_large() -> None:
    made, points = small(), torch.rand(200, 3) * torch.tensor([LENGTH, 10.0, 1.0])
    made.field.place(points)
    made.real[:2] = True
    first, other = made.random(points, 1), made.random(points, 2)
    values = first(points) / made.field.scale[:, None]
    assert first.c == 2 and torch.allclose(values.square().sum(1).mean(0), torch.ones(2), atol=1e-5)
    assert torch.equal(values, made.random(points, 1)(points) / made.field.scale[:, None])
    assert not torch.allclose(first(points), other(points), atol=0.1)


def test_what_beats_random_fields_is_no_symmetry_yet() -> None:
    appraisal = Appraisal(torch.tensor([-5.0, -0.7, -0.2]), torch.tensor([-0.5, 0.5]), -5.0, 0.2, 0.03)
    wanted = [math.exp(each) - math.exp(-5) for each in (-5, -0.7, -0.2)]
    assert appraisal.violation.tolist() == pytest.approx(wanted, abs=1e-6)
    assert appraisal.beaten.tolist() == [1, 1, 0.5] and appraisal.real.tolist() == [True, False, False]
    alone = Appraisal(torch.tensor([-5.0]), torch.tensor([-1.0, -0.9]), -5.0, 0.2, 0.03)
    assert "none is spare: try more, and 0.36 of 2 random fields" in alone.report()["verdict"]


def test_symmetries_that_are_only_nearly_ones_are_called_so() -> None:
    still = math.log(0.01)
    appraisal = Appraisal(
        torch.log(0.01 + torch.tensor([0.001, 0.02, 0.05, 0.6])), torch.tensor([0.5, 0.9]), still, 0.2, 0.03
    )
    assert appraisal.real.tolist() == [True, True, True, False]
    assert appraisal.approximate.tolist() == [False, False, True, False]
    report = appraisal.report()
    assert (report["symmetries"], report["approximate"], report["spare"]) == (3, 1, 1)
    assert "3 of 4 fields are symmetries, 1 of them only approximately (violation 0.050 or more)" in report["verdict"]
    assert (
        "the others with a violation of 0.020 at most; 0.20 is tolerated, 0.60 is the least of the rest"
        in report["verdict"]
    )


def test_random_fields_are_like_the_learned_ones() -> None:
    field = small().field
    field.place(torch.randn(50, 3) * torch.tensor([1.0, 2, 3]) + 4)
    other = random_like(field, 3)
    assert torch.equal(other.centre, field.centre) and torch.equal(other.scale, field.scale)
    assert [p.shape for p in other.parameters()] == [p.shape for p in field.parameters()]
    assert not torch.equal(other.first, field.first) and torch.equal(other.first, random_like(field, 3).first)


def test_discovery_on_the_users_solutions(found: Flow) -> None:
    assert found.config["periodic"] == {"x": pytest.approx(LENGTH)} and found.field.c == 2
    assert found.report["runs"] == 1 and len(found.report["validity"]) == 2 and "verdict" in found.report
    points = points_of(solitons(12).float()[:8], X, T)
    norms = (found.field(points) / found.field.scale[:, None]).square().sum(1).mean(0).sqrt()
    torch.testing.assert_close(norms, torch.ones(2), rtol=0.2, atol=0)


def test_a_seed_gives_the_same_fields_again(found: Flow) -> None:
    again = zoo.discover("flow", (solitons(12), X, T), score="kdv", epochs=2, progress=False, **SMALL)
    assert again.fingerprint == found.fingerprint


def test_saved_and_loaded(found: Flow, tmp_path) -> None:
    found.real.copy_(torch.tensor([False, True]))
    zoo.save(found, tmp_path / "mine.safetensors")
    loaded = zoo.load(tmp_path / "mine.safetensors")
    points = torch.randn(5, 3)
    torch.testing.assert_close(loaded.symmetry(points), found.field(points)[..., 1:])
    symmetry = zoo.symmetry(tmp_path / "mine.safetensors")
    assert isinstance(symmetry, GeneratorField) and symmetry.c == 1 and symmetry.coordinates == ("x", "t", "u")
    assert symmetry.flow(points, 0.3).shape == (5, 3)
    assert zoo.info(tmp_path / "mine.safetensors").recognised == "1 vector field on (x, t, u)"
    with torch.no_grad():
        found.field.second[0, 0, 0] += 1
    assert found.fingerprint != loaded.fingerprint


def test_a_file_of_other_fields_than_its_header_says(found: Flow, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(Flow, "fingerprint", "field3-0")
    zoo.save(found, tmp_path / "mine.safetensors")
    monkeypatch.undo()
    with pytest.raises(WeightsError, match="another symmetry off these parameters"):
        zoo.load(tmp_path / "mine.safetensors")


def test_a_file_of_solutions(tmp_path) -> None:
    write_solutions(tmp_path / "u.h5", "train", [solitons(10)], 10, X, T)
    one = zoo.discover("flow", tmp_path / "u.h5", score=kdv, epochs=1, seeds=2, out=tmp_path, progress=False, **SMALL)
    assert one.report["runs"] == 2 and len(one.report["symmetries_of_runs"]) == 2
    assert (tmp_path / "flow.safetensors").is_file() and (tmp_path / "flow.json").is_file()


def test_errors() -> None:
    data = (solitons(12), X, T)
    with pytest.raises(ConfigError, match="needs score"):
        zoo.discover("flow", data)
    with pytest.raises(ConfigError, match="equation must be one of kdv, ks"):
        zoo.discover("flow", data, score="heat")
    with pytest.raises(ConfigError, match="score is the name of an equation or its residual"):
        zoo.discover("flow", data, score=3)
    with pytest.raises(ConfigError, match="solutions are arrays"):
        zoo.discover("flow", (solitons(12), X), score=kdv)
    with pytest.raises(DataError, match="there are 4 solutions; give 10"):
        zoo.discover("flow", (solitons(4), X, T), score=kdv)
    with pytest.raises(DataError, match="t must grow by even steps"):
        zoo.discover("flow", (solitons(12), X, T**2), score=kdv)
    with pytest.raises(ConfigError, match="derivative in x"):
        zoo.discover("flow", data, score=lambda u, u_t: u_t - u, progress=False)
    with pytest.raises(ConfigError, match="no option"):
        zoo.discover("flow", data, score=kdv, heads=3)
    with pytest.raises(ConfigError, match="lr, reach, scales and clip are positive"):
        zoo.discover("flow", data, score=kdv, reach=-1.0, progress=False)
