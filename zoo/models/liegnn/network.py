"""The network: LorentzNet's message passing (Gong et al. 2022) with the forms of any algebra (LieGAN, section 5.3)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ...errors import ConfigError, SymmetryError
from ...symmetries import LieAlgebra, Rep, nearest_form
from ...symmetries.posed import Held, Posed
from ..arguments import positive, refuse_unknown
from ..plain_operations import wants_plain_operations
from . import forms as bilinear
from . import promise
from .clouds import Clouds, arrange, points_of
from .geometry import PairFeatures, norms, pair_features
from .layer import Layer
from .whole import whole

BEAMS = ((math.sqrt(2.0), 0.0, 0.0, 1.0), (math.sqrt(2.0), 0.0, 0.0, -1.0))
"""The two beam particles (E, px, py, pz), of unit mass, along the axis of the detector."""


class LieGNN(nn.Module):
    """A classifier of point clouds that sees the points through invariant bilinear forms alone.

    Messages between all pairs of points are functions of (x - y)^T J (x - y) and x^T J y, node features start from
    x^T J x, for the forms J with L^T J + J L = 0 of the symmetry. With so(1, 3) this is LorentzNet, with so(3) on
    momenta EGNN, with a discovered algebra LieGNN.

    Parameters
    ----------
    symmetry : LieAlgebra or None
        May be noisy: the forms are those of `symmetry.regular()`. None where `forms` are given.
    k : int
        Dimension of the points.
    hidden, layers : int
        Width, and number of rounds of messages.
    forms : nested list or "nearest", optional
        `(F, k, k)`: use these forms instead of the symmetry's. Or the one symmetric form that its generators come
        nearest to leaving alone, by least squares: for generators that are far from closing under the bracket.
    coordinates : sequence of int, optional
        Which of the k coordinates the symmetry acts on, where it is not all of them; the others are not looked at.
    inner_products : bool
        Whether messages see x^T J y beside the norms of differences.
    beams : bool
        Add the two beam particles to every cloud (k = 4, GeV). They are inputs, fixed in the laboratory: the network
        is invariant when they are transformed along with the cloud.
    moves : int, optional
        In how many layers, from the first, the points move; default: in all but the last, as in LorentzNet.
    step : float
        How far the points move in a layer (`c_weight`).
    dropout : float
    scale : float
        Points are multiplied by this number first: choose it so that their differences are of the order of 1 to 100.

    Attributes
    ----------
    symmetry, discovered : LieAlgebra
        The exact algebra on R^k that keeps the forms in use, and the one that was given.
    forms : Tensor
        `(F, k, k)`.

    Raises
    ------
    SymmetryError
        If the algebra keeps no bilinear form, or acts on another space.
    ConfigError
        If an argument is out of range.

    Notes
    -----
    In evaluation mode `torch.export` and `torch.compile` take the network as one graph, for any number of clouds and
    points; padding is then computed along (see `whole`). In training mode it cannot be exported, and `torch.compile`
    breaks the graph where clouds are sorted by size, which gains nothing.
    """

    family = "liegnn"
    head_names = ("head",)
    promises_equivariance = True

    def __init__(
        self,
        symmetry: LieAlgebra | None,
        *,
        k: int = 4,
        hidden: int = 32,
        layers: int = 4,
        forms: Any = None,
        coordinates: Sequence[int] | None = None,
        inner_products: bool = True,
        beams: bool = False,
        moves: int | None = None,
        step: float = 0.005,
        dropout: float = 0.2,
        scale: float = 1.0,
        **unknown: Any,
    ) -> None:
        super().__init__()
        refuse_unknown(LieGNN, unknown)
        k, hidden, layers = positive("k", k), positive("hidden", hidden), positive("layers", layers)
        if beams and k != 4:
            raise ConfigError(f"beam particles are four-momenta, but the points have {k} coordinates; set beams=False")
        if moves is not None and not 0 <= moves < layers:
            raise ConfigError(
                f"points can move in 0 to {layers - 1} of {layers} layers, as nobody looks at them after the last; "
                f"got moves={moves!r}"
            )
        self.config: dict[str, Any] = {
            "k": k,
            "hidden": hidden,
            "layers": layers,
            "forms": bilinear.as_config(forms),
            "coordinates": None if coordinates is None else [int(c) for c in coordinates],
            "inner_products": bool(inner_products),
            "beams": bool(beams),
            "moves": layers - 1 if moves is None else int(moves),
            "step": float(step),
            "dropout": float(dropout),
            "scale": float(scale),
        }
        with torch.device("cpu"):
            self.discovered, self.symmetry, self.forms = _measures(symmetry, forms, coordinates, k)
        self.rep_in, self.rep_out = Rep.parse("1x1", k), Rep.parse("1x0", k)  # of one point; see `posed`
        self.input_shape, self.output_shape = (None, k), ()
        is_symmetric = (self.forms - self.forms.mT).abs().amax((1, 2)) <= 1e-9
        products = self.forms if inner_products else self.forms[:0]
        # no buffers: these stay in float64, so that a network that was in float32 keeps its symmetry to rounding again
        self._symmetric, self._products = self.forms[is_symmetric], products
        self._beams = torch.tensor(BEAMS, dtype=torch.float64, device="cpu")
        scalars = int(is_symmetric.sum()) + (2 if beams else 0)
        features = int(is_symmetric.sum()) + len(products)
        if not features:
            raise SymmetryError(
                "the symmetry keeps antisymmetric forms only, which give no norms; set inner_products=True"
            )
        self.embed = nn.Linear(max(scalars, 1), hidden)
        self.layers = nn.ModuleList(
            Layer(hidden, scalars, features, moves=index < self.config["moves"], step=float(step))
            for index in range(layers)
        )
        self.head = nn.Sequential(
            nn.Dropout(dropout), nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, 1)
        )

    def forward(self, momenta: Any, mask: Tensor | None = None, *, beams: Tensor | None = None) -> Tensor:
        """Logits `(B,)` of clouds.

        Parameters
        ----------
        momenta : Tensor or torch_geometric Batch
            Points `(B, N, k)` padded with zeros, or a batch of graphs with `x` `(M, k)`; edges are not looked at.
        mask : Tensor, optional
            `(B, N)`, which points are there; by default those that are not zero.
        beams : Tensor, optional
            `(2, k)`, instead of the beam particles of the laboratory, where the network has them.

        Raises
        ------
        DataError
            If a shape is wrong, or a cloud has no points.
        """
        if beams is not None and not self.config["beams"]:
            raise ConfigError("this network has no beam particles, so it takes none")
        k, scale = self.config["k"], self.config["scale"]
        added = (self._beams if beams is None else beams).to(self.embed.weight) if self.config["beams"] else None
        if wants_plain_operations() and isinstance(momenta, Tensor) and not self.training:
            clouds = whole(momenta, mask, scale, added, k)
        else:
            points, counts = points_of(momenta, mask, k)
            clouds = arrange(points * scale, counts, added, self.config["hidden"])
        return self.head(self._pooled(clouds)).squeeze(-1)

    def posed(self, x: Tensor) -> Posed:
        """The points `(B, N, k)` and the beam particles in one tensor, as the map whose invariance is promised."""
        return promise.posed(self, x)

    def held(self, x: Tensor) -> Held | None:
        """The same points while the beam particles stay in the laboratory; None without beams."""
        return promise.held(self, x)

    def compiled(self, walk: bool = True) -> LieGNN:
        """Walk messages in compiled C++ from now on (or no longer): the same up to rounding, some times as fast.

        For CPUs, and widths that are multiples of 8 (float32) or 4 (float64). The loops are compiled at the first
        call and kept in zoo's cache; without a C++ compiler a warning is logged, and messages are walked as before.
        Returns the network.
        """
        for layer in self.layers:
            layer.compiled = walk
        return self

    def _pooled(self, clouds: Clouds) -> Tensor:
        """The mean of the node features of each cloud, `(B, hidden)`."""
        scalars = self._scalars(clouds)
        h = self.embed(scalars if scalars.shape[1] else clouds.x.new_ones(clouds.x.shape[0], 1))
        x = [group.padded(clouds.x) for group in clouds.groups]
        features = self._features(x, clouds)
        for layer in self.layers:
            h, moved = layer(h, x, features, scalars, clouds)
            if moved is not x:
                x, features = moved, self._features(moved, clouds)
        return clouds.mean(h)

    def _features(self, x: list[Tensor], clouds: Clouds) -> PairFeatures:
        """Invariants of pairs."""
        return pair_features(x, self._symmetric.to(x[0]), self._products.to(x[0]), clouds)

    def _scalars(self, clouds: Clouds) -> Tensor:
        """Invariants of single points `(M, S)`."""
        parts = [norms(clouds.x, self._symmetric.to(clouds.x))] if len(self._symmetric) else []
        if self.config["beams"]:
            parts.append(torch.stack([1 - clouds.fixed, clouds.fixed], dim=1))
        return torch.cat(parts, dim=1) if parts else clouds.x.new_zeros(clouds.x.shape[0], 0)


def _nearest(symmetry: LieAlgebra | None) -> Tensor:
    if symmetry is None:
        raise SymmetryError('forms="nearest" is the form that a symmetry comes nearest to keeping; give a symmetry')
    return nearest_form(symmetry).form


def _measures(
    symmetry: LieAlgebra | None, forms: Any, coordinates: Sequence[int] | None, k: int
) -> tuple[LieAlgebra, LieAlgebra, Tensor]:
    """The given algebra, and on R^k the exact one that is kept and its forms."""
    if forms is not None:
        given = bilinear.given_forms(_nearest(symmetry) if forms == "nearest" else forms, k)
        kept = bilinear.preserving(given)
        return (kept if symmetry is None else symmetry), kept, given
    if symmetry is None:
        raise SymmetryError("liegnn needs a symmetry, whose invariant forms it measures with; or give forms=[J]")
    exact = symmetry.regular().algebra
    found = bilinear.forms_of(exact)
    if coordinates is not None:
        exact = bilinear.on_coordinates(exact, coordinates, k)
        found = bilinear.form_on_coordinates(found, coordinates, k)
    if exact.k != k:
        raise SymmetryError(
            f"the symmetry acts on R^{symmetry.k}, but the points have {k} coordinates; set k={symmetry.k}, or say on "
            "which coordinates it acts: coordinates=[...]"
        )
    return symmetry, exact, found
