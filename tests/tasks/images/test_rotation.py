"""Images that are rotated once."""

from __future__ import annotations

import numpy as np
import pytest

from zoo.tasks.images import rotation
from zoo.tasks.task import random_stream


def test_angles_are_uniform_and_a_prefix():
    found = rotation.angles(20_000, random_stream("mnist", "train", 0))
    assert np.array_equal(found[:50], rotation.angles(50, random_stream("mnist", "train", 0)))
    assert found.min() >= -90 and found.max() <= 90
    assert abs(found.mean()) < 5 * 90 / np.sqrt(3 * 20_000) and abs(found.std() - 180 / np.sqrt(12)) < 1


@pytest.mark.parametrize("channels", [1, 3])
def test_quarter_turns_are_exact(channels):
    images = np.random.default_rng(0).integers(0, 256, (4, channels, 9, 9), dtype=np.uint8)
    turned = rotation.rotate(images, np.array([0.0, 90.0, -90.0, 180.0]))
    for image, found, quarters in zip(images, turned, (0, 1, -1, 2), strict=True):
        assert np.array_equal(found, np.rot90(image, quarters, axes=(1, 2)))


def test_small_turns_move_a_spot_about_the_middle():
    y, x = np.mgrid[:21, :21] - 10.0
    spot = 255 * np.exp(-((x - 5) ** 2 + y**2) / 4)
    turned = rotation.rotate(spot.astype(np.uint8)[None, None], np.array([30.0]))[0, 0].astype(float)
    middle = np.array([(turned * y).sum(), (turned * x).sum()]) / turned.sum()
    np.testing.assert_allclose(np.hypot(*middle), 5, atol=0.05)
    np.testing.assert_allclose(abs(np.degrees(np.arctan2(*middle))), 30, atol=0.5)


def test_the_edge_is_repeated_and_overshoots_are_cut_off():
    white = np.full((1, 1, 9, 9), 255, dtype=np.uint8)
    assert (rotation.rotate(white, np.array([37.0])) == 255).all()
    step = np.zeros((1, 1, 16, 16), dtype=np.uint8)
    step[..., 8:] = 255
    turned = rotation.rotate(step, np.array([20.0]))
    assert turned.min() == 0 and turned.max() == 255, "no byte wraps round"
    assert set(np.unique(turned[0, 0, 8, :4])) <= {0, 1, 2, 3, 4, 5, 6}


def test_many_are_kept_and_damage_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path))
    monkeypatch.setattr(rotation, "_KEPT", 3)
    images = np.random.default_rng(0).integers(0, 256, (4, 1, 8, 8), dtype=np.uint8)
    degrees = np.linspace(-90, 90, 4)
    found = rotation.rotated(lambda: images, degrees, "mnist-test-2", "a")
    assert np.array_equal(found, rotation.rotate(images, degrees))
    (path,) = (tmp_path / "images").iterdir()
    calls = []
    monkeypatch.setattr(rotation, "rotate", lambda x, angles: calls.append(1) or found)
    assert np.array_equal(rotation.rotated(lambda: images, degrees, "mnist-test-2", "a"), found) and not calls
    rotation.rotated(lambda: images, degrees + 1, "mnist-test-2", "a")
    rotation.rotated(lambda: images[::-1], degrees, "mnist-test-2", "b")
    assert len(calls) == 2 and len(list((tmp_path / "images").iterdir())) == 3
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 255
    path.write_bytes(damaged)
    assert np.array_equal(rotation.rotated(lambda: images, degrees, "mnist-test-2", "a"), found) and len(calls) == 3
    rotation.rotated(lambda: images[:2], degrees[:2], "few", "a")
    assert len(calls) == 4 and not list(tmp_path.rglob("few*")), "few are rotated anew"


def test_a_cache_that_cannot_be_written_only_costs_time(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "file"))
    monkeypatch.setattr(rotation, "_KEPT", 1)
    images = np.zeros((2, 1, 5, 5), dtype=np.uint8)
    assert np.array_equal(rotation.rotated(lambda: images, np.zeros(2), "a", "a"), images)
