"""`Spec`: everything that a set of generated jets depends on, as one frozen value with a digest."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from ....errors import ConfigError
from .detector.settings import ATLAS, COARSE, Detector

# To be raised when the code changes which jets come out of the same settings.
VERSION = 1
_HIGHEST_PYTHIA_SEED = 900_000_000

_COMMON = (
    "Beams:idA = 2212",
    "Beams:idB = 2212",
    "Beams:eCM = 14000",
    "PartonLevel:MPI = off",
    "PhaseSpace:pTHatMin = 400",
    "PhaseSpace:pTHatMax = 1200",
    # What would decay outside the tracker reaches the calorimeter: a K0S of 20 GeV flies a metre.
    "ParticleDecays:limitCylinder = on",
    "ParticleDecays:xyMax = 1150",
    "ParticleDecays:zMax = 3510",
)
_QCD = ("HardQCD:all = on",)
_TOP = ("Top:gg2ttbar = on", "Top:qqbar2ttbar = on", "24:onMode = off", "24:onIfAny = 1 2 3 4 5")


@dataclass(frozen=True)
class Selection:
    """Which jets are kept: the leading one of an event, if it passes; momenta in GeV.

    Attributes
    ----------
    radius : float
        Of the anti-kT algorithm.
    pt_min, pt_max, eta_max : float
        Window of the leading jet.
    matching : float
        Largest distance dR of the jet from the parton-level top and from each of its three decay quarks.
    constituents : int
        Leading constituents kept.
    """

    radius: float = 0.8
    pt_min: float = 550.0
    pt_max: float = 650.0
    eta_max: float = 2.0
    matching: float = 0.8
    constituents: int = 200


@dataclass(frozen=True)
class Spec:
    """A recipe for jets.

    Attributes
    ----------
    name : str
    detector : Detector or None
        None takes the stable visible particles themselves, made massless.
    selection : Selection
    qcd, top : tuple of str
        Pythia's settings for the two classes.
    block : int
        Jets of one class that are made, and kept on disk, together.
    batch : int
        Events that pass through the detector at once.
    """

    name: str
    detector: Detector | None
    selection: Selection = field(default_factory=Selection)
    qcd: tuple[str, ...] = _COMMON + _QCD
    top: tuple[str, ...] = _COMMON + _TOP
    block: int = 500
    batch: int = 250

    def pythia(self, label: int) -> tuple[str, ...]:
        """Pythia's settings for QCD (label 0) or top (1)."""
        return self.top if label else self.qcd

    def settings(self) -> dict[str, Any]:
        """Everything that the jets depend on beside seed and split, the versions of the generators among it."""
        return {"version": VERSION, "spec": asdict(self), **{name: _version(name) for name in ("pythia8mc", "fastjet")}}

    def digest(self) -> str:
        """Hexadecimal name of `settings`; jets with different digests never share a cache folder."""
        return hashlib.sha256(repr(self.settings()).encode()).hexdigest()[:16]


SPECS: dict[str, Spec] = {
    "nominal": Spec("nominal", ATLAS),
    "coarse": Spec("coarse", COARSE),
    "truth": Spec("truth", None),
}


def get_spec(spec: Spec | str) -> Spec:
    """The spec of that name.

    Raises
    ------
    ConfigError
        If there is none.
    """
    if isinstance(spec, Spec):
        return spec
    if spec not in SPECS:
        raise ConfigError(f"no kind of jets is called {spec!r}: choose one of {', '.join(SPECS)}")
    return SPECS[spec]


@dataclass(frozen=True)
class Seeds:
    """Random seeds of one block: Pythia's (from 1 to 900,000,000) and the detector's."""

    pythia: int
    detector: int


def seeds_of(spec: Spec, split: str, seed: int, label: int, block: int) -> Seeds:
    """Seeds that belong to one block alone, however the blocks are shared out between processes."""
    digest = hashlib.sha256(f"toptag/{spec.name}/{split}/{seed}/{label}/{block}".encode()).digest()
    return Seeds(
        pythia=1 + int.from_bytes(digest[:8], "big") % _HIGHEST_PYTHIA_SEED,
        detector=int.from_bytes(digest[8:24], "big"),
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"
