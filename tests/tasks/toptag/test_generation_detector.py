"""The parametrised detector: flight, tracks, calorimeters and energy flow, against figures worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from zoo.tasks.toptag.generation.detector import ATLAS, energy_flow
from zoo.tasks.toptag.generation.detector.flight import bending_radius, reach_calorimeter
from zoo.tasks.toptag.generation.detector.tracks import efficiency, measure_tracks
from zoo.tasks.toptag.generation.particles import Particles, azimuth, pseudorapidity, separation, transverse

PHOTON, PION, KLONG, MUON, ELECTRON = 22, 211, 130, 13, 11
# A tracker that misses nothing and measures all but perfectly, and one that sees nothing.
PERFECT, BLIND = (
    replace(
        ATLAS,
        tracker=replace(
            ATLAS.tracker,
            regions=tuple(
                replace(region, soft_efficiency=chance, efficiency=chance, constant=1e-9, slope=0.0)
                for region in ATLAS.tracker.regions
            ),
        ),
    )
    for chance in (1.0, 0.0)
)


def particles(
    pdg: int, pt: np.ndarray, eta: np.ndarray | float = 0.0, charge: float = 0.0, vertex: np.ndarray | None = None
) -> Particles:
    """One particle an event, of random azimuth."""
    pt = np.asarray(pt, np.float64)
    eta = np.broadcast_to(np.asarray(eta, np.float64), pt.shape)
    phi = np.random.default_rng(1).uniform(-np.pi, np.pi, len(pt))
    momentum = np.stack([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)], axis=-1)
    return Particles(
        np.arange(len(pt)),
        np.full(len(pt), pdg),
        np.full(len(pt), charge),
        momentum,
        np.linalg.norm(momentum, axis=-1),
        np.zeros_like(momentum) if vertex is None else vertex,
    )


def turned(heading: np.ndarray, angle: np.ndarray) -> np.ndarray:
    x, y, z = heading.T
    return np.stack([np.cos(angle) * x - np.sin(angle) * y, np.sin(angle) * x + np.cos(angle) * y, z], axis=-1)


def stepped(flying: Particles, step: float = 2e-3) -> np.ndarray:
    """The same flight in small steps of the equation of motion."""
    energy = np.linalg.norm(flying.momentum, axis=-1)
    heading, place = flying.momentum / energy[:, None], flying.vertex.copy()
    turn = -0.299792458 * flying.charge * ATLAS.tracker.field / energy * step
    end, flies = place.copy(), np.ones(len(flying), bool)
    while flies.any():
        heading = turned(heading, turn / 2)
        place = place + step * heading
        heading = turned(heading, turn / 2)
        out = (transverse(place) >= ATLAS.tracker.radius) | (np.abs(place[:, 2]) >= ATLAS.tracker.half_length)
        end[flies & out] = place[flies & out]
        flies &= ~out
    return end


def test_bending_radius() -> None:
    # p = 0.3 B R: 0.6 GeV in 2 T turn on a radius of one metre.
    np.testing.assert_allclose(bending_radius(np.array([0.6, 0.6]), np.array([1.0, -2.0]), 2.0), [1.0007, 0.5003], 1e-3)
    assert np.isinf(bending_radius(np.array([1.0]), np.array([0.0]), 2.0)).all()


@pytest.mark.parametrize("charge", [1.0, -1.0, 0.0])
def test_flight_agrees_with_small_steps(charge: float) -> None:
    random = np.random.default_rng(2)
    pt, eta = (
        np.exp(random.uniform(np.log(0.1), np.log(30), 60)),
        random.choice([-1, 1], 60) * random.uniform(0.3, 3, 60),
    )
    vertex = np.concatenate([np.zeros((30, 3)), random.uniform(-0.7, 0.7, (30, 3))])
    flying = particles(PION, pt, eta, charge, vertex)
    point, inside = reach_calorimeter(flying, ATLAS.tracker)
    assert inside.all()
    np.testing.assert_allclose(point, stepped(flying), atol=6e-3)


def test_positive_particles_turn_clockwise() -> None:
    flying = particles(PION, np.full(20, 2.0), 0.0, 1.0)
    point, _ = reach_calorimeter(flying, ATLAS.tracker)
    turned = np.mod(azimuth(point) - azimuth(flying.momentum) + np.pi, 2 * np.pi) - np.pi
    # The chord of a circle: sin(turn) = R / 2r.
    np.testing.assert_allclose(turned, -np.arcsin(1.15 / 2 / bending_radius(2.0, 1.0, 2.0)), rtol=1e-6)
    np.testing.assert_allclose(transverse(point), 1.15)


def test_slow_particles_spiral_into_the_end_cap() -> None:
    # Below 0.3 x 2 T x 1.15 m / 2 = 0.345 GeV.
    point, _ = reach_calorimeter(particles(PION, np.array([0.3, 0.4]), 0.5, 1.0), ATLAS.tracker)
    assert point[0, 2] == pytest.approx(3.51) and transverse(point)[0] < 1.15
    assert transverse(point)[1] == pytest.approx(1.15) and point[1, 2] < 3.51


def test_what_is_born_outside_is_not_seen() -> None:
    vertex = np.array([[1.2, 0.0, 0.0], [0.0, 0.0, 4.0], [0.0, 0.0, 0.0]])
    seen = energy_flow(particles(PHOTON, np.full(3, 50.0), vertex=vertex), ATLAS, np.random.default_rng(0))
    assert seen.event.tolist() == [2]


@pytest.mark.parametrize(
    ("pt", "eta", "expected"), [(5.0, 0.3, 0.95), (0.5, 1.2, 0.70), (5.0, -2.0, 0.85), (0.5, 2.4, 0.60)]
)
def test_track_efficiency(pt: float, eta: float, expected: float) -> None:
    flying = particles(PION, np.full(20_000, pt), eta, 1.0)
    share = len(measure_tracks(flying, ATLAS.tracker, np.random.default_rng(3)).particle) / len(flying)
    assert abs(share - expected) < 5 * np.sqrt(expected * (1 - expected) / len(flying))


def test_no_tracks_of_neutral_very_soft_or_forward_particles() -> None:
    assert not efficiency(np.array([0.05, 10.0]), np.array([0.0, 2.6]), ATLAS.tracker).any()
    neutral = particles(PHOTON, np.full(100, 10.0))
    assert len(measure_tracks(neutral, ATLAS.tracker, np.random.default_rng(0)).particle) == 0


@pytest.mark.parametrize(
    ("pt", "eta", "constant", "slope"),
    [(10.0, 0.2, 0.06, 0.0013), (100.0, 1.0, 0.10, 0.0017), (50.0, 2.0, 0.25, 0.0031)],
)
def test_track_resolution(pt: float, eta: float, constant: float, slope: float) -> None:
    flying = particles(PION, np.full(40_000, pt), eta, 1.0)
    tracks = measure_tracks(flying, ATLAS.tracker, np.random.default_rng(4))
    measured, expected = transverse(tracks.momentum) / pt, np.hypot(constant, slope * pt)
    assert measured.min() > 0
    assert measured.mean() == pytest.approx(1.0, abs=5 * expected / 190)
    assert measured.std() == pytest.approx(expected, rel=0.05)
    np.testing.assert_allclose(separation(tracks.momentum, flying.momentum[tracks.particle]), 0.0, atol=1e-7)
    np.testing.assert_allclose(tracks.sigma / tracks.energy, expected)


@pytest.mark.parametrize(
    ("pdg", "energy", "variance"),
    [
        (PHOTON, 50.0, (0.0017 * 50) ** 2 + 0.101**2 * 50),
        (KLONG, 100.0, (0.0302 * 100) ** 2 + 0.5205**2 * 100 + 1.59**2),
    ],
)
def test_calorimeter_resolution(pdg: int, energy: float, variance: float) -> None:
    flying = particles(pdg, np.full(10_000, energy))
    seen = energy_flow(flying, ATLAS, np.random.default_rng(5))
    measured = np.linalg.norm(seen.momentum, axis=-1)
    assert np.array_equal(seen.event, flying.event)
    assert measured.mean() == pytest.approx(energy, abs=5 * np.sqrt(variance) / 100)
    assert measured.std() == pytest.approx(np.sqrt(variance), rel=0.05)
    # Nothing is seen farther away than a cell is wide.
    width = (0.0174, np.pi / 180) if pdg == PHOTON else (0.1, np.pi / 18)
    assert np.abs(pseudorapidity(seen.momentum) - pseudorapidity(flying.momentum)).max() < width[0]
    turn = np.abs(azimuth(seen.momentum) - azimuth(flying.momentum))
    assert np.minimum(turn, 2 * np.pi - turn).max() < width[1]


@pytest.mark.parametrize(("pdg", "energy"), [(PHOTON, 0.2), (KLONG, 0.8)])
def test_little_energy_is_not_seen(pdg: int, energy: float) -> None:
    seen = energy_flow(particles(pdg, np.full(1000, energy)), ATLAS, np.random.default_rng(6))
    assert len(seen) < 60


def test_kaons_leave_energy_in_both_calorimeters() -> None:
    seen = energy_flow(particles(310, np.full(1000, 100.0)), ATLAS, np.random.default_rng(7))
    energy = np.linalg.norm(seen.momentum, axis=-1)
    assert len(seen) == pytest.approx(2000, abs=20)
    assert energy[energy < 45].mean() == pytest.approx(30, abs=1) and energy[energy > 45].mean() == pytest.approx(
        70, abs=1
    )


@pytest.mark.parametrize("pdg", [PION, ELECTRON])
def test_energy_that_tracks_explain_is_not_counted_twice(pdg: int) -> None:
    flying = particles(pdg, np.full(5000, 30.0), 0.3, 1.0)
    seen = energy_flow(flying, PERFECT, np.random.default_rng(8))
    # The track is always there; a fluctuation of two sigma upwards, one time in forty, makes a false neutral.
    assert 1.0 <= len(seen) / len(flying) < 1.05


def test_a_neutral_hadron_is_found_beside_a_track() -> None:
    charged, neutral = (
        particles(pdg, np.full(1000, 50.0), 0.55, charge) for pdg, charge in ((PION, 1.0), (KLONG, 0.0))
    )
    # The neutral one flies where the charged one meets the calorimeter.
    point, _ = reach_calorimeter(charged, ATLAS.tracker)
    momentum = point / np.linalg.norm(point, axis=-1, keepdims=True) * neutral.energy[:, None]
    both = [np.concatenate([getattr(charged, name), getattr(neutral, name)]) for name in Particles.__dataclass_fields__]
    both[3] = np.concatenate([charged.momentum, momentum])
    seen = energy_flow(Particles(*both), PERFECT, np.random.default_rng(9))
    total = np.bincount(seen.event, np.linalg.norm(seen.momentum, axis=-1))
    assert len(seen) == pytest.approx(2000, abs=20)
    assert total.mean() == pytest.approx(charged.energy[0] + neutral.energy[0], rel=0.01)


def test_untracked_charged_particles_leave_neutral_energy() -> None:
    seen = energy_flow(particles(PION, np.full(500, 50.0), 0.3, 1.0), BLIND, np.random.default_rng(10))
    assert np.array_equal(np.unique(seen.event), np.arange(500))


def test_muons_leave_tracks_only() -> None:
    muons = particles(MUON, np.full(300, 50.0), 0.3, -1.0)
    assert len(energy_flow(muons, BLIND, np.random.default_rng(11))) == 0
    seen = energy_flow(muons, PERFECT, np.random.default_rng(11))
    np.testing.assert_allclose(seen.momentum, muons.momentum, rtol=1e-6)


def test_cells_add_up_the_particles_of_one_event_only() -> None:
    alone = particles(PHOTON, np.full(400, 40.0))
    pairs = alone[np.repeat(np.arange(400), 2)]
    seen = energy_flow(pairs, ATLAS, np.random.default_rng(12))
    assert np.array_equal(seen.event, np.arange(400))
    assert np.linalg.norm(seen.momentum, axis=-1).mean() == pytest.approx(80, abs=0.3)
