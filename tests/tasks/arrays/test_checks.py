"""What counts as an array of numbers."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from zoo.errors import DataError
from zoo.tasks.arrays import as_numbers


@pytest.mark.parametrize(
    "value",
    [
        [[1, 2], [3, 4]],
        np.array([[1, 2], [3, 4]], dtype=np.int8),
        np.array([[1, 2], [3, 4]], dtype=">f4"),
        np.array([[1, 3], [2, 4]], dtype=np.float16).T,
        np.array([[3, 4], [1, 2]], dtype=np.longdouble)[::-1],
        torch.tensor([[1, 2], [3, 4]]),
        torch.tensor([[1, 2], [3, 4]], dtype=torch.bfloat16),
        torch.tensor([[1.0, 2], [3, 4]], requires_grad=True),
    ],
)
def test_numbers(value):
    got = as_numbers(value, "x", (None, 2), torch.float32)
    assert torch.equal(got, torch.tensor([[1.0, 2.0], [3.0, 4.0]])) and not got.requires_grad


def test_is_a_copy():
    value = np.zeros((2, 2))
    as_numbers(value, "x", (None, 2))[:] = 1
    assert not value.any()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([[1, 2], [3]], "rows are not equally long"),
        ([["1", "2"]], "it holds strings"),
        (np.array([[object(), 1]]), "Python objects"),
        (np.array([[1, 2]], dtype="datetime64[s]"), "the dtype datetime64"),
        (np.zeros((2, 2), dtype=[("a", float)]), "the dtype"),
        ([[1j, 2]], "complex numbers"),
        (torch.zeros(2, 2, dtype=torch.bool), "booleans"),
        ([[1, None]], "Python objects"),
        (np.zeros((0, 2)), r"there are no samples, .*expected \(N, 2\)"),
        (np.zeros(2), r"the shape is \(2,\), expected \(N, 2\)"),
        (3.0, r"the shape is \(\)"),
        ([[np.nan, 1]], r"1 of 2 numbers are NaN or infinite, the first at index \(0, 0\)"),
    ],
)
def test_refused(value, message):
    with pytest.raises(DataError, match=f"^x: .*{message}"):
        as_numbers(value, "x", (None, 2))


def test_overflow_of_the_dtype():
    with pytest.raises(DataError, match=r"too large for torch\.float32"):
        as_numbers([[1e60, 1]], "x", (None, 2), torch.float32)
