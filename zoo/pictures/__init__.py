"""Pictures of symmetries and predictions (matplotlib, extra "plot"): one kind of picture a file."""

from .agreement import plot_agreement
from .basis import plot_basis
from .forecasts import plot_forecasts
from .jets import plot_jets
from .roc import plot_roc, plot_scores

__all__ = ["plot_agreement", "plot_basis", "plot_forecasts", "plot_jets", "plot_roc", "plot_scores"]
