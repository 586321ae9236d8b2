"""A parametrised detector: tracks in a magnetic field, two calorimeters, energy flow."""

from __future__ import annotations

from .flow import energy_flow
from .settings import ATLAS, COARSE, Calorimeter, Detector, Resolution, Tracker, TrackRegion

__all__ = ["ATLAS", "COARSE", "Calorimeter", "Detector", "Resolution", "TrackRegion", "Tracker", "energy_flow"]
