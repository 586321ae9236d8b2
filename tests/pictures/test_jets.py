"""Pictures of jets."""

from __future__ import annotations

import numpy as np
import pytest

from zoo.errors import ConfigError
from zoo.pictures.jets import plot_jets

pytest.importorskip("matplotlib")


def some_jets(labels: list[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    counts = random.integers(1, 80, len(labels))
    momenta = random.normal(size=(counts.sum(), 3)) * 10
    energy = np.linalg.norm(momenta, axis=-1, keepdims=True)
    return np.concatenate([energy, momenta], axis=-1).astype(np.float32), counts, np.array(labels)


@pytest.mark.parametrize("labels", [[0, 1] * 20, [1] * 10])
def test_jets_are_drawn(tmp_path, labels: list[int]) -> None:
    plot_jets(*some_jets(labels), tmp_path / "jets.png", title="jets")
    assert (tmp_path / "jets.png").read_bytes().startswith(b"\x89PNG")


def test_unknown_format_is_refused(tmp_path) -> None:
    with pytest.raises(ConfigError, match=r"jets\.txt"):
        plot_jets(*some_jets([0, 1]), tmp_path / "jets.txt")
    assert not list(tmp_path.iterdir())
