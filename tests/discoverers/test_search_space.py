"""Which entries of a generator are searched."""

from __future__ import annotations

import pytest
import torch

from zoo.discoverers.search_space import mask
from zoo.errors import ConfigError


def test_blocks_of_two_are_one_for_every_plane_vector():
    expected = torch.block_diag(*[torch.ones(2, 2)] * 6).bool()
    assert torch.equal(mask("2x2", 12), expected)


def test_positions_mix_with_positions_and_momenta_with_momenta():
    pattern = mask("4x4", 8)
    positions = [0, 1, 4, 5]
    for row in range(8):
        assert pattern[row].nonzero().flatten().tolist() == (positions if row in positions else [2, 3, 6, 7])


@pytest.mark.parametrize(("k", "blocks"), [(4, 2), (8, 4), (12, 6)])
def test_four_by_four_grows_with_the_number_of_bodies(k, blocks):
    assert int(mask("4x4", k).sum(1).unique()) == blocks


def test_free_affine_and_own_groups():
    assert mask("free", 5).all()
    assert mask("affine", 3).tolist() == [[True] * 3, [True] * 3, [False] * 3]
    own = mask([[0, 3], [1]], 4)
    assert own.nonzero().tolist() == [[0, 0], [0, 3], [1, 1], [3, 0], [3, 3]]


@pytest.mark.parametrize(
    ("space", "k", "message"),
    [
        ("3x3", 9, "no search space '3x3'"),
        ("2x2", 5, "multiple of 2"),
        ("4x4", 6, "multiple of 4"),
        ([[0, 1], [1, 2]], 4, "at most once"),
        ([[0, 7]], 4, "0, ..., 3"),
        ([], 4, "at least one"),
        ([0, 1], 4, "groups of coordinates look like"),
    ],
)
def test_impossible_spaces_are_refused(space, k, message):
    with pytest.raises(ConfigError, match=message.replace("(", r"\(")):
        mask(space, k)
