"""How good a network or a discovered symmetry is, on given data."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import ConfigError
from ..symmetries import LieAlgebra, Rep, invariant_forms, nearest_form, scaling_angle
from ..symmetries.coefficients import Integer
from ..tasks.metrics import Metric
from .predict import predict

AVERAGED_OVER = 32  # group elements of test-time averaging


def network_scores(
    module: nn.Module,
    metric: Metric,
    x: Any,
    y: Tensor,
    averaged: int = 0,
    symmetry: LieAlgebra | None = None,
    *,
    main: str = "mse",
    advance: Callable[[int], object] | None = None,
    keep: Callable[[Tensor], object] | None = None,
) -> dict[str, float]:
    """The metric of the predictions, and of those averaged over `averaged` group elements ("mse_averaged").

    Parameters
    ----------
    module : Module
    metric : callable
    x : Tensor or Ragged
        Inputs `(B, ...)`.
    y : Tensor
        Targets `(B, ...)`.
    averaged : int
        Number of group elements g in mean_g g^-1 f(g x), the identity among them; 0 for none.
    symmetry : LieAlgebra, optional
        Of these elements, drawn from its coefficients.
    main : str
        The metric that is reported of averaged predictions.
    advance, keep : callable, optional
        Called with the number of inputs of every batch that is done; with the predictions, at the end.
    """
    predicted = predict(module, x, advance=advance)
    if keep is not None:
        keep(predicted)
    scores = dict(metric(predicted, y))
    if averaged and symmetry is not None:
        scores[f"{main}_averaged"] = metric(_averaged(module, symmetry, x, averaged), y)[main]
    return scores


def _averaged(module: Any, symmetry: LieAlgebra, x: Any, n: int) -> Tensor:
    if not isinstance(x, Tensor):
        raise ConfigError("predictions are averaged over inputs of one shape only; leave averaged out")
    from ..models.averaging import averaged

    def once(inputs: Tensor) -> Tensor:
        return predict(module, inputs).to(inputs)

    return averaged(once, symmetry, x, module.rep_in, module.rep_out, n=n)


def symmetry_scores(
    found: LieAlgebra, reference: LieAlgebra, rep: Rep, x: Tensor, channels: LieAlgebra | None = None
) -> dict[str, float]:
    """A discovered symmetry against the true one.

    Parameters
    ----------
    found, reference : LieAlgebra
    rep : Rep
        How they act on the data.
    x : Tensor
        Data `(B, ...)`.
    channels : LieAlgebra, optional
        All generators that were found, where the symmetry is a part of them.

    Returns
    -------
    dict
        - "generators": their number; "closure_residual": how far brackets leave their span.
        - For a continuous reference: "cosine" |tr(A^T B)| / |A| |B| of single generators (the measure of the LieGAN
          paper, without the sign, which no discoverer can know); "angle_degrees", the largest principal angle
          between the spans; "cosine_on_data" and "angle_on_data_degrees", the same of the motions L x of the data: two
          generators that move all data alike cannot be told apart.
        - Where the reference leaves one metric alone, and an indefinite one (every compact group leaves a definite one
          alone): "metric_cosine" |tr(A^T B)| / |A| |B| of it and the form that is nearest to invariant under all
          channels, see `zoo.symmetries.nearest_form`.
        - Where the symmetry is a part of what was found: "channels", the number of generators in all,
          "channels_closure_residual", and "scaling_degrees", the angle from their span to the scaling x -> s x.
        - For a discrete one: "element_degrees" and "element_power", see `element_error`.
    """
    scores = {"generators": float(found.c), "closure_residual": float(found.structure_constants().residual)}
    if isinstance(reference.coefficients, Integer):
        degrees, power = element_error(found, reference)
        return scores | {"element_degrees": degrees, "element_power": float(power)}
    if found.c == reference.c == 1:
        scores["cosine"] = abs(found.cosine(reference))
    channels = found if channels is None else channels
    if channels.c != found.c:
        scores["channels"] = float(channels.c)
        scores["channels_closure_residual"] = float(channels.structure_constants().residual)
        scores["scaling_degrees"] = math.degrees(scaling_angle(channels))
    metric = _metric_of(reference)
    if metric is not None:
        scores["metric_cosine"] = abs(float((nearest_form(channels).form * metric).sum() / metric.norm()))
    scores["angle_degrees"] = _largest(found.principal_angles(reference), found, reference)
    on_data = _largest(_angles_on_data(found, reference, rep, x), found, reference)
    return scores | {"cosine_on_data": math.cos(math.radians(on_data)), "angle_on_data_degrees": on_data}


def _metric_of(reference: LieAlgebra) -> Tensor | None:
    """The reference's one invariant form, if that is symmetric and indefinite."""
    forms = invariant_forms(reference, exact=True)
    if forms.rank != 1 or forms.n_symmetric != 1 or 0 in forms.signature[:2]:
        return None
    return forms.basis[0]


def element_error(found: LieAlgebra, reference: LieAlgebra) -> tuple[float, int]:
    """How far the elements exp(L_i) are from the nearest element exp(j L) of a discrete group, the identity left out.

    Returns
    -------
    degrees : float
        2 arcsin(|exp(L_i) - exp(j L)| / 2) in the spectral norm, at most 180, of the worst i: the angle between them
        where both are rotations.
    power : int
        Its j, between the bounds of the coefficients.
    """
    assert isinstance(reference.coefficients, Integer)
    powers = [j for j in range(reference.coefficients.low, reference.coefficients.high + 1) if j]
    group = reference.exp(torch.tensor(powers, dtype=torch.float64)[:, None])
    elements = found.exp(torch.eye(found.c, dtype=torch.float64))
    distances = torch.linalg.matrix_norm(elements[:, None] - group[None], ord=2)
    nearest, which = distances.min(dim=1)
    worst = int(nearest.argmax())
    degrees = math.degrees(2 * math.asin(min(1.0, float(nearest[worst]) / 2)))
    return degrees, powers[int(which[worst])]


def report_scores(report: Mapping[str, Any]) -> dict[str, float]:
    """The plain numbers in a discoverer's own report."""
    return {
        f"report_{key}": float(value)
        for key, value in report.items()
        if isinstance(value, int | float) and math.isfinite(value)
    }


def _angles_on_data(found: LieAlgebra, reference: LieAlgebra, rep: Rep, x: Tensor) -> Tensor:
    """Principal angles in radians between the spans of the motions of all data, found and true."""
    from ..symmetries.span import principal_angles

    x = x.double()
    first, second = (
        torch.stack([rep.act_infinitesimally(generator, x).flatten() for generator in algebra.basis])
        for algebra in (found, reference)
    )
    # a common orthonormal basis of both spans makes small matrices of them, with the same angles
    _, triangle = torch.linalg.qr(torch.cat([first, second]).T)
    width = triangle.shape[0]
    rows = torch.zeros(first.shape[0] + second.shape[0], width, width, dtype=torch.float64)
    rows[:, 0] = triangle.T
    return torch.from_numpy(principal_angles(rows[: len(first)].numpy(), rows[len(first) :].numpy()))


def _largest(angles: Tensor, found: LieAlgebra, reference: LieAlgebra) -> float:
    """In degrees; a generator too few or too many, or one that moves nothing, is a right angle away."""
    if found.c != reference.c or len(angles) < reference.c:
        return 90.0
    return math.degrees(float(angles.max()))
