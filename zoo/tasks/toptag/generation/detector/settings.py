"""The figures of a parametrised detector: `Detector`, and the two that zoo knows."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class TrackRegion:
    """Tracks up to the pseudorapidity `eta_max`.

    Attributes
    ----------
    soft_efficiency, efficiency : float
        Between `Tracker.pt_min` and `Tracker.pt_hard`, and above.
    constant, slope : float
        Relative resolution of the transverse momentum, ``sqrt(constant^2 + (slope pT)^2)``; `slope` in 1/GeV.
    """

    eta_max: float
    soft_efficiency: float
    efficiency: float
    constant: float
    slope: float


@dataclass(frozen=True)
class Tracker:
    """A solenoid: `field` in tesla, `radius` and `half_length` in metres, transverse momenta in GeV."""

    regions: tuple[TrackRegion, ...]
    field: float = 2.0
    radius: float = 1.15
    half_length: float = 3.51
    pt_min: float = 0.1
    pt_hard: float = 1.0


@dataclass(frozen=True)
class Resolution:
    """Up to `eta_max`, ``sigma^2 = (constant E)^2 + stochastic^2 E + noise^2``, in GeV."""

    eta_max: float
    constant: float
    stochastic: float
    noise: float


@dataclass(frozen=True)
class Calorimeter:
    """Cells of `eta_width` by 2 pi / `phi_cells`, seen above `energy_min` GeV and `significance` sigma."""

    eta_width: float
    phi_cells: int
    regions: tuple[Resolution, ...]
    energy_min: float
    significance: float = 2.0

    @property
    def eta_max(self) -> float:
        """Where the calorimeter ends."""
        return self.regions[-1].eta_max


@dataclass(frozen=True)
class Detector:
    """A tracker between the collision and two calorimeters.

    Attributes
    ----------
    tracker : Tracker
    ecal, hcal : Calorimeter
        Electromagnetic and hadronic.
    ecal_share : tuple of (int, float)
        Share of a particle's energy left in the electromagnetic calorimeter, the rest going to the hadronic one, by
        absolute PDG number; other visible particles leave all of it in the hadronic one.
    """

    tracker: Tracker
    ecal: Calorimeter
    hcal: Calorimeter
    ecal_share: tuple[tuple[int, float], ...] = field(default=((11, 1.0), (22, 1.0), (310, 0.3), (3122, 0.3)))


ATLAS = Detector(
    tracker=Tracker(
        (
            TrackRegion(0.5, 0.70, 0.95, 0.06, 0.0013),
            TrackRegion(1.5, 0.70, 0.95, 0.10, 0.0017),
            TrackRegion(2.5, 0.60, 0.85, 0.25, 0.0031),
        )
    ),
    ecal=Calorimeter(0.0174, 360, (Resolution(3.2, 0.0017, 0.101, 0.0),), 0.5),
    hcal=Calorimeter(0.1, 36, (Resolution(1.7, 0.0302, 0.5205, 1.59), Resolution(3.2, 0.05, 0.706, 0.0)), 1.0),
)

# Another experiment's worth of differences: cells of twice to three times the size, poorer energies, fewer tracks.
COARSE = Detector(
    tracker=Tracker(
        (
            TrackRegion(0.5, 0.65, 0.92, 0.08, 0.0020),
            TrackRegion(1.5, 0.65, 0.92, 0.13, 0.0025),
            TrackRegion(2.5, 0.55, 0.82, 0.30, 0.0040),
        )
    ),
    ecal=Calorimeter(0.05, 120, (Resolution(3.2, 0.005, 0.15, 0.0),), 0.5),
    hcal=Calorimeter(0.2, 18, (Resolution(1.7, 0.05, 0.70, 1.8), Resolution(3.2, 0.07, 0.90, 0.0)), 1.0),
)
