"""Jets of top quarks and of light quarks and gluons, by the recipe of the Top Quark Tagging Reference Dataset.

Pythia 8 at 14 TeV without multiple interactions, a parametrised detector in the terms of the ATLAS card, anti-kT jets
of R = 0.8 from energy-flow objects; the leading jet of an event with 550 < pT < 650 GeV and |eta| < 2, top jets
holding a parton-level top with its three decay quarks; the 200 leading constituents, massless, in GeV.
"""

from __future__ import annotations

from .block import generate_block
from .check import check_physics
from .production import jets
from .ragged_jets import Jets
from .spec import SPECS, Selection, Spec, get_spec

__all__ = ["SPECS", "Jets", "Selection", "Spec", "check_physics", "generate_block", "get_spec", "jets"]
