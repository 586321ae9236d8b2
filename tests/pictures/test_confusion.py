"""Which class is taken for which."""

from __future__ import annotations

import numpy as np
import pytest

from zoo.pictures import plot_confusion
from zoo.pictures.confusion import confusion


def test_shares_of_each_true_class():
    truth, predicted = np.array([0, 0, 0, 0, 1, 1]), np.array([0, 0, 0, 2, 1, 0])
    expected = [[0.75, 0, 0.25], [0.5, 0.5, 0], [0, 0, 0]]
    np.testing.assert_array_equal(confusion(predicted, truth, 3), expected)


def test_the_picture_is_written(tmp_path):
    pytest.importorskip("matplotlib")
    plot_confusion(np.array([0, 1, 1]), np.array([0, 1, 0]), ("cat", "dog"), tmp_path / "a.png", title="net")
    assert (tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"
