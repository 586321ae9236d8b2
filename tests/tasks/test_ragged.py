"""Rows of unequal length do what a tensor does, and become one by zero padding."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from zoo.errors import DataError
from zoo.tasks.ragged import Ragged
from zoo.tasks.samples import Arrays


def rows(counts: list[int], k: int = 3) -> Ragged:
    total = sum(counts)
    return Ragged(1 + torch.arange(total * k, dtype=torch.float32).reshape(total, k), torch.tensor(counts))


lists = st.lists(st.integers(0, 6), min_size=1, max_size=12)


@given(counts=lists)
def test_padding_and_back(counts):
    ragged = rows(counts)
    dense = ragged.dense()
    assert dense.shape == ragged.shape == (len(counts), max(counts), 3)
    for row, count in zip(dense, counts, strict=True):
        assert (row[:count] > 0).all() and (row[count:] == 0).all()
    back = Ragged.from_dense(dense)
    assert torch.equal(back.values, ragged.values) and torch.equal(back.counts, ragged.counts)
    assert torch.equal(ragged.dense(width=9)[:, : max(counts)], dense)


@given(counts=lists, data=st.data())
def test_selection_is_that_of_the_padded_tensor(counts, data):
    ragged, width = rows(counts), max(counts)
    dense = ragged.dense()
    index = torch.tensor(data.draw(st.lists(st.integers(0, len(counts) - 1), min_size=1, max_size=20)))
    start, stop = data.draw(st.integers(-3, 12)), data.draw(st.integers(-3, 12))
    mask = torch.tensor([data.draw(st.booleans()) for _ in counts])
    assert torch.equal(ragged.index_select(0, index).dense(width), dense.index_select(0, index))
    for chosen in (index, mask, slice(start, stop), slice(None, None, 2)):
        assert torch.equal(ragged[chosen].dense(width), dense[chosen])


@given(counts=lists, size=st.integers(1, 14))
def test_split_and_cat(counts, size):
    ragged = rows(counts)
    parts = ragged.split(size)
    assert [len(part) for part in parts] == [len(part) for part in torch.arange(len(counts)).split(size)]
    whole = Ragged.cat(parts)
    assert torch.equal(whole.values, ragged.values) and torch.equal(whole.counts, ragged.counts)


def test_a_mask_may_leave_out_entries_in_between():
    x = torch.arange(1.0, 9.0).reshape(1, 4, 2)
    kept = Ragged.from_dense(x, torch.tensor([[True, False, True, False]]))
    assert kept.dense().tolist() == [[[1, 2], [5, 6]]]


def test_to_casts_the_values_alone():
    ragged = rows([1, 2]).to(torch.float64)
    assert ragged.dtype == torch.float64 and ragged.counts.dtype == torch.int64
    assert ragged.numel() == 9 and ragged.element_size() == 8 and ragged.k == 3


def test_integers_and_loops():
    ragged = rows([1, 2])
    assert ragged[-1].values.tolist() == [[4, 5, 6], [7, 8, 9]]
    assert [len(row.values) for row in ragged] == [1, 2]


def test_padding_hides_nothing_that_is_not_finite():
    ragged = Ragged(torch.tensor([[float("nan")], [1.0]]), torch.tensor([0, 2]))
    dense = ragged.dense()
    assert (dense[0] == 0).all() and dense[1, 0].isnan() and dense[1, 1] == 1


def test_inputs_of_a_task():
    arrays = Arrays(rows([1, 2, 3]), torch.arange(3.0))  # type: ignore[arg-type]
    part = arrays[torch.tensor([2, 0])].to(torch.float64)
    assert part.x.counts.tolist() == [3, 1] and part.y.tolist() == [2, 0]
    assert "(3, 3, 3)" in repr(arrays)


def test_what_does_not_fit_is_refused():
    with pytest.raises(DataError, match="add up to 3, but there are 2"):
        Ragged(torch.zeros(2, 4), torch.tensor([1, 2]))
    with pytest.raises(DataError, match="values"):
        Ragged(torch.zeros(2), torch.tensor([2]))
    with pytest.raises(DataError, match="more than the width 1"):
        rows([2]).dense(width=1)
    with pytest.raises(DataError, match=r"\(B, n, k\)"):
        Ragged.from_dense(torch.zeros(2, 3))
