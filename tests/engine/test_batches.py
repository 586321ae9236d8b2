"""The order of the samples: random, complete, and a function of seed, epoch and rank alone."""

from __future__ import annotations

from itertools import islice

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from zoo.engine import batches as module
from zoo.engine.batches import Batches, mix
from zoo.errors import ConfigError, DataError


def numbers(n: int) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.arange(n), torch.arange(n) * 10


@given(n=st.integers(1, 60), batch=st.integers(1, 70), seed=st.integers(0, 5))
def test_an_epoch_shows_every_sample_at_most_once(n, batch, seed):
    batches = Batches(numbers(n), batch, seed)
    epoch = list(islice(batches.from_step(0), batches.per_epoch))
    seen = torch.cat([x for x, _ in epoch])
    assert len(seen) == len(seen.unique()) == batches.per_epoch * batches.batch
    assert n - len(seen) < batches.batch
    assert all(torch.equal(y, 10 * x) for x, y in epoch)


def test_rows_of_unequal_length_come_padded_to_the_longest_of_their_batch(monkeypatch):
    from zoo.tasks.ragged import Ragged

    counts = torch.arange(23) % 5
    rows = Ragged(torch.arange(1.0, 1 + int(counts.sum()))[:, None], counts)
    whole = rows.dense()
    monkeypatch.setattr(module, "_BLOCK_BYTES", 200)  # a few batches a block
    batches = Batches((rows, torch.arange(23)), 4, 7)
    steps = list(islice(batches.from_step(0), 14))
    for x, number in steps:
        assert x.shape[1] == counts[number].max()
        assert torch.equal(x, whole[number][:, : x.shape[1]]) and not whole[number][:, x.shape[1] :].any()
    for (x, number), (again, same) in zip(steps[8:], batches.from_step(8), strict=False):
        assert torch.equal(x, again) and torch.equal(number, same)


def test_epochs_differ_and_seeds_differ():
    first, second, other = Batches(numbers(50), 50, 0), Batches(numbers(50), 50, 0), Batches(numbers(50), 50, 1)
    assert torch.equal(first.order(3), second.order(3))
    assert not torch.equal(first.order(3), first.order(4))
    assert not torch.equal(first.order(3), other.order(3))


@given(step=st.integers(0, 40))
def test_starting_in_the_middle_gives_the_same_batches(step):
    batches = Batches(numbers(23), 4, 7)
    whole = list(islice(batches.from_step(0), step + 9))[step:]
    for (x, _), (again, _) in zip(whole, islice(batches.from_step(step), 9), strict=True):
        assert torch.equal(x, again)


def test_processes_divide_the_batch(monkeypatch):
    monkeypatch.setattr(module, "_BLOCK_BYTES", 64)  # several blocks an epoch
    one = list(islice(Batches(numbers(40), 12, 3).from_step(1), 7))
    two = [list(islice(Batches(numbers(40), 12, 3, rank, 2).from_step(1), 7)) for rank in range(2)]
    for (x, _), (left, _), (right, _) in zip(one, *two, strict=True):
        assert torch.equal(x, torch.cat([left, right]))


def test_refusals():
    with pytest.raises(ConfigError, match="multiple of 2"):
        Batches(numbers(40), 7, 0, 0, 2)
    with pytest.raises(DataError, match="lengths"):
        Batches((torch.zeros(3), torch.zeros(4)), 2, 0)
    with pytest.raises(DataError, match="at least one sample"):
        Batches((torch.zeros(0, 4),), 2, 0)


def test_mixed_seeds_differ_in_their_low_bits():
    """torch's CPU generator keeps 32 bits of a seed: 20000 steps give about 0.05 collisions if these are random."""
    low = {mix(0, step, rank) & 0xFFFFFFFF for step in range(10_000) for rank in range(2)}
    assert len(low) > 19_990
    assert all(0 <= mix(a, b) < 2**63 for a in (0, 1, 2**40) for b in (0, 5))
