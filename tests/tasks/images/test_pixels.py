"""Bytes that are taken for images."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from zoo.engine.tensors import dense
from zoo.errors import DataError
from zoo.tasks.images import Pixels


@pytest.fixture
def pixels() -> Pixels:
    generator = torch.Generator().manual_seed(0)
    return Pixels(torch.randint(0, 256, (7, 2, 3, 4), generator=generator, dtype=torch.uint8))


def test_dense_are_numbers_from_0_to_1(pixels):
    assert torch.equal(dense(pixels), pixels.values.float() / 255)
    double = pixels.to(torch.float64)
    assert double.dense().dtype == torch.float64 and double.values.data_ptr() == pixels.values.data_ptr()
    assert Pixels(torch.full((1, 1, 1, 1), 255, dtype=torch.uint8)).dense().item() == 1
    assert np.array_equal(np.asarray(pixels), pixels.dense().numpy())
    assert pixels.values.dtype == torch.uint8, "what is kept stays as it was"


def test_it_selects_as_a_tensor_does(pixels):
    values = pixels.dense()
    index = torch.tensor([5, 0, 5])
    mask = torch.tensor([True, False] * 3 + [True])
    for rows in (slice(1, 4), index, mask, slice(None, None, 2)):
        assert torch.equal(pixels[rows].dense(), values[rows])
    assert torch.equal(pixels[2].dense(), values[2:3]) and torch.equal(pixels[-1].dense(), values[-1:])
    assert torch.equal(pixels.index_select(0, index).dense(), values[index])
    assert [len(part) for part in pixels.split(3)] == [3, 3, 1]
    assert torch.equal(torch.cat([part.dense() for part in pixels.split(3)]), values)


def test_it_describes_itself(pixels):
    assert len(pixels) == 7 and pixels.shape == (7, 2, 3, 4) and pixels.ndim == 4
    assert pixels.numel() == 168 and pixels.element_size() == 1 and "float32" in repr(pixels)
    other = pixels[torch.tensor([1, 0, 2, 3, 4, 5, 6])]
    assert pixels.identity() == pixels[:].identity() != other.identity() != pixels.to(torch.float64).identity()


def test_like_a_parameter(pixels):
    assert pixels.to(torch.zeros(1, dtype=torch.float64)).dense().dtype == torch.float64
    assert pixels.to("cpu").dtype == torch.float32


def test_mistakes():
    with pytest.raises(DataError, match="uint8"):
        Pixels(torch.zeros(2, 1, 3, 3))
    with pytest.raises(DataError, match="uint8"):
        Pixels(torch.zeros(3, 3, dtype=torch.uint8))
    with pytest.raises(DataError, match="along the axis 0"):
        Pixels(torch.zeros(2, 1, 3, 3, dtype=torch.uint8)).index_select(1, torch.tensor([0]))
