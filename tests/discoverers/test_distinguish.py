"""The two-sample test."""

from __future__ import annotations

import pytest
import torch

from zoo.discoverers.distinguish import TwoSample, auroc, two_sample_test
from zoo.discoverers.liegan import LieGAN
from zoo.symmetries import LieAlgebra, Normal


def data(n=1600):
    """y = |x| x, with x of unequal spread from the start: the plane's turn, and nothing else in gl(2)."""
    x = torch.randn(n, 2, generator=torch.Generator().manual_seed(0))
    return x, x * x.norm(dim=1, keepdim=True)


def test_auroc_of_known_scores():
    assert auroc(torch.tensor([2.0, 3.0]), torch.tensor([0.0, 1.0])) == 1.0
    assert auroc(torch.tensor([0.0, 1.0]), torch.tensor([2.0, 3.0])) == 0.0
    assert auroc(torch.ones(5), torch.ones(7)) == 0.5
    assert auroc(torch.tensor([1.0, 3.0]), torch.tensor([2.0])) == 0.5


def test_a_true_symmetry_passes_and_a_false_one_does_not():
    module = LieGAN(k=2)
    turn = LieAlgebra(torch.tensor([[[0.0, -1.0], [1.0, 0.0]]]))
    passed = two_sample_test(module, turn, data(), seed=1)
    assert abs(passed.auroc - 0.5) < 0.06 and passed.null > 0.6 and passed.moved > 0.5
    assert passed.verdict.startswith("a symmetry")
    failed = two_sample_test(module, LieAlgebra(torch.eye(2)[None]), data(), seed=1)
    assert failed.auroc > 0.65
    assert not failed.verdict.startswith("a symmetry")
    assert two_sample_test(module, turn, data(), seed=1) == passed


def test_the_identity_is_called_so():
    nothing = LieAlgebra(torch.tensor([[[0.0, -1.0], [1.0, 0.0]]]), Normal(1e-3))
    assert two_sample_test(LieGAN(k=2), nothing, data(400)).verdict.startswith("next to the identity")


@pytest.mark.parametrize(
    ("auroc_found", "null", "moved", "start"),
    [
        (0.51, 0.9, 1.0, "a symmetry"),
        (0.65, 0.99, 1.0, "probably a symmetry"),
        (0.9, 0.95, 1.0, "no symmetry"),
        (0.51, 0.9, 0.01, "next to the identity"),
    ],
)
def test_verdicts(auroc_found, null, moved, start):
    assert TwoSample(auroc_found, null, moved).verdict.startswith(start)


def test_a_test_without_power_says_so():
    assert TwoSample(auroc=0.5, null=0.51, moved=1.0).verdict.startswith("undecided")
    assert TwoSample(auroc=0.5, null=0.9, moved=1.0).verdict.startswith("a symmetry")
