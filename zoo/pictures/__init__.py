"""Pictures of symmetries and predictions (matplotlib, extra "plot"): one kind of picture a file."""

from .agreement import plot_agreement
from .basis import plot_basis
from .confusion import plot_confusion
from .fields import plot_fields
from .forecasts import plot_forecasts
from .jets import plot_jets
from .roc import plot_roc, plot_scores
from .vector_field import nearest_field, plot_vector_field

__all__ = [
    "nearest_field",
    "plot_agreement",
    "plot_basis",
    "plot_confusion",
    "plot_fields",
    "plot_forecasts",
    "plot_jets",
    "plot_roc",
    "plot_scores",
    "plot_vector_field",
]
