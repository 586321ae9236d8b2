"""Training: one loop on accelerate for every network and discoverer, with checkpoints that survive `kill -9`."""

from .journal import History
from .learner import Fit, Learner
from .loop import fit
from .schedule import Schedule
from .supervised import Supervised

__all__ = ["Fit", "History", "Learner", "Schedule", "Supervised", "fit"]
