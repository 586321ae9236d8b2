"""The columns of the README's tables: what a row says under each heading, by the metric that its task is judged by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..registry import Entry

Columns = tuple[tuple[str, Callable[[Entry], str]], ...]

# What a discoverer is judged by, and what that is called.
MEASURES = (
    ("correlation", "correlation"),
    ("correlation_bilinear", "bilinear pairs"),
    ("correlation_images", "natural images, in their metric"),
    ("correlation_scrambled", "scrambled against not"),
    ("largest_angle", "angle to the true algebra"),
    ("cosine", "cosine"),
    ("cosine_on_data", "cosine on the data"),
    ("metric_cosine", "cosine of the metric"),
    ("angle_degrees", "angle to the truth"),
    ("element_degrees", "nearest element"),
    ("scaling_degrees", "angle of the rest to the scaling"),
)

# How affine learned fields are, and R^2 of true symmetries in their span.
_BEST_SMALL = ("affine_spare", "r2_least_random")
FIELD_MEASURES = (
    ("affine_least", "least affine measure"),
    ("affine_spare", "largest of a spare slot"),
    ("r2_affine", "least R² of an affine field"),
    ("r2_x", "R² of the shift in x"),
    ("r2_t", "in t"),
    ("r2_boost", "of the boost"),
    ("r2_least_random", "least of random fields"),
)


def network_columns(main_metric: str) -> Columns:
    """Headings with what stands under them, for networks judged by that metric."""
    special = {"auroc": _TAGGERS, "accuracy": _CLASSIFIERS}.get(main_metric) or _regressions(main_metric)
    return (("symmetry", symmetry_of), *special, ("certificate", lambda entry: certificate(entry.certificate)))


def symmetry_of(entry: Entry) -> str:
    """What a network was built from, or by what its training data were moved."""
    if entry.symmetry:
        return f"`{entry.symmetry}`"
    moved = entry.training.get("moved") or entry.training.get("augment")
    if not moved:
        return "none"
    named = "flips and crops" if moved["symmetry"] == "flip_and_crop" else f"`{moved['symmetry']}`"
    by = {"known": "the true symmetries", "random": "random fields"}.get(moved.get("kind"), named)
    return f"data moved by {by}"


def form_of(metric: str) -> Callable[[float], str]:
    """How a metric's values are written: shares as decimals, errors by their order of magnitude."""
    return (lambda value: _share(value, 4)) if metric in ("accuracy", "auroc") else _scientific


def discoverer_columns() -> Columns:
    """Headings of discoverers."""
    measures = tuple(
        (f"{title} (worst seed)", lambda entry, key=key: _with_worst(entry.metrics.get(key), key))
        for key, title in MEASURES
    )
    fields = tuple(
        (f"{title} (worst seed)", lambda entry, key=key: _share_with_worst(entry.metrics.get(key), key))
        for key, title in FIELD_MEASURES
    )
    truth = ("true fields add to the residual", lambda entry: _share(_value(entry, "adds_most")))
    return (("found", _generators), *fields, truth, *measures, ("paper", _paper_of_discoverer))


def certificate(certificate: Mapping[str, Any]) -> str:
    """The largest error against the own symmetry, float64 / float32."""
    own = certificate.get("own")
    if not own:
        return ""
    worst = [max((*own.get(f"infinitesimal_{d}", []), *own[f"finite_{d}"])) for d in ("float64", "float32")]
    return " / ".join(f"{error:.0e}" for error in worst)


def _regressions(metric: str) -> Columns:
    return (
        (f"test {metric.upper()}", lambda entry: _scientific(_value(entry, metric))),
        ("over seeds", lambda entry: over_seeds(entry, metric, _scientific)),
        ("median solution", lambda entry: over_seeds(entry, f"{metric}_median", _scientific)),
        ("other integrator", lambda entry: _scientific(_value(entry, f"{metric}_scipy"))),
        ("averaged", lambda entry: _scientific(_value(entry, f"{metric}_averaged"))),
        ("in moving frames", lambda entry: _scientific(_value(entry, f"{metric}_moving"))),
        ("paper", lambda entry: _scientific(entry.reference.table.get(metric))),
    )


_TAGGERS: Columns = (
    ("accuracy", lambda entry: _share(_value(entry, "accuracy"), 4)),
    ("AUROC", lambda entry: _share(_value(entry, "auroc"))),
    ("over seeds", lambda entry: over_seeds(entry, "auroc", _share)),
    ("1/ε_B at 30 %", lambda entry: _with_error(entry, "rejection_30")),
    ("at 50 %", lambda entry: _with_error(entry, "rejection_50")),
    ("coarse cells", lambda entry: _share(_value(entry, "auroc_coarse"))),
    ("truth level", lambda entry: _share(_value(entry, "auroc_truth"))),
    ("paper", lambda entry: _paper_of_tagger(entry.reference.table)),
)


_CLASSIFIERS: Columns = (
    ("images", lambda entry: (entry.metrics.get("data") or {}).get("variant", "")),
    ("parameters", lambda entry: _count(_value(entry, "parameters"))),
    ("test accuracy", lambda entry: _share(_value(entry, "accuracy"), 4)),
    ("over seeds", lambda entry: over_seeds(entry, "accuracy", lambda value: _share(value, 4))),
    ("best validation accuracy", lambda entry: _share(_value(entry, "accuracy_validation"), 4)),
    ("pixels placed to within", lambda entry: _share(_value(entry, "layout_error"), 2)),
    ("paper, best validation accuracy", lambda entry: _share(entry.reference.table.get("accuracy"), 4)),
)


def _value(entry: Entry, metric: str) -> float | None:
    spread = entry.metrics.get(metric)
    return spread["value"] if spread else None


def over_seeds(entry: Entry, metric: str, form: Callable[[float], str]) -> str:
    """The mean of a metric over the seeds of a recipe; nothing where there is one seed."""
    spread = entry.metrics.get(metric) or {}
    if "mean" not in spread:
        return ""
    return with_spread(spread["mean"], spread["std"], len(entry.metrics.get("seeds") or []), form)


def with_spread(mean: float, deviation: float, seeds: int, form: Callable[[float], str]) -> str:
    """A mean over seeds, how much they differ, and how many there are."""
    return f"{form(mean)} ± {form(deviation)} ({seeds})"


def _with_error(entry: Entry, metric: str) -> str:
    value, error = _value(entry, metric), _value(entry, f"{metric}_error")
    return "" if value is None or error is None else f"{value:,.0f} ± {error:,.0f}"


def _paper_of_tagger(table: Mapping[str, Any]) -> str:
    """Accuracy and AUROC, and the rejections where there are some."""
    parts = [f"{table[key]:g}" for key in ("accuracy", "auroc", "rejection_30", "rejection_50") if key in table]
    return " / ".join(parts)


def _generators(entry: Entry) -> str:
    count = int(entry.metrics["generators"]["value"])
    found = f"{count} generator{'s' * (count != 1)}"
    channels, spare = _value(entry, "channels"), _value(entry, "spare")
    if spare is not None:
        return f"{found}, {spare:.0f} slot{'s' * (spare != 1)} to spare"
    return found if channels is None else f"{found} of {channels:.0f}"


def _paper_of_discoverer(entry: Entry) -> str:
    table = entry.reference.table
    return next((_precise(table[key], key) for key, _ in MEASURES if key in table), "")


def _with_worst(spread: Any, key: str) -> str:
    if not spread:
        return ""
    worst = spread.get("low" if _is_cosine(key) else "high")
    return _precise(spread["value"], key) + ("" if worst is None else f" ({_precise(worst, key)})")


def _share_with_worst(spread: Any, key: str) -> str:
    if not spread:
        return ""
    worst = spread.get("high" if key in _BEST_SMALL else "low")
    return f"{spread['value']:.4f}" + ("" if worst is None else f" ({worst:.4f})")


def _scientific(value: Any) -> str:
    return f"{value:.2e}" if isinstance(value, float) else "" if value is None else str(value)


def _count(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def _share(value: Any, digits: int = 5) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _precise(value: float, key: str) -> str:
    """Cosines near 1 need their digits; angles do not."""
    return f"{value:.6f}" if _is_cosine(key) else f"{value:.3g}°"


def _is_cosine(key: str) -> bool:
    """Whether 1 is best; correlations are cosines of angles between matrices."""
    return "cosine" in key or "correlation" in key
