"""EMLP: an equivariant multilayer perceptron (Finzi, Welling, Wilson 2021), for any matrix Lie algebra."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ...errors import ConfigError, SymmetryError
from ...symmetries import LieAlgebra, Rep
from ..arguments import one_of, positive, refuse_unknown, shape_of
from .bases import Bases, TensorBases
from .gate import GATES
from .layer import EquivariantLayer
from .linear import EquivariantLinear

BACKENDS = ("dense", "e3nn")
PROJECTIONS = ("regular", "none")

# Relative residual of the solved maps. An exactly closed algebra leaves 1e-12 or less in float64, a basis learned
# from data leaves its noise (1e-3), so that anything in between tells the two apart.
TOLERANCE = 1e-10


class EMLP(nn.Module):
    """Equivariant multilayer perceptron.

    y = readout(h) + skip(x), where h goes through residual layers of products and gated nonlinearities, and every
    linear map is an element of the solved space of equivariant maps.

    Parameters
    ----------
    symmetry : LieAlgebra
        The algebra on R^k, or a discrete subgroup where its coefficients are integers.
    rep_in, rep_out : str
        Representations of a sample's input and output, like "5x0 + 5x1".
    input_shape, output_shape : sequence of int
        Shapes of one sample; flattened, they are laid out as `rep_in` and `rep_out` say.
    hidden : str, optional
        Representation of the hidden features, by default "64x0 + 16x1" and eight tensors of each higher rank that
        occurs in `rep_in` or `rep_out`.
    layers : int
        Hidden layers.
    pairs : int, optional
        Most copies of each product in a layer, by default the largest multiplicity of a tensor in `hidden`.
    gate : str
        "swish" or "sigmoid": the function of the gate scalars.
    nonlinearity : str
        Only "gated". A pointwise function of the entries of a vector would break equivariance silently.
    backend : str
        "dense": tensor powers and solved maps. "e3nn": irreps, for so(3) on the vectors of R^3.
    projection : str
        "regular": build on the nearest algebra that is closed and, for one generator, periodic
        (`LieAlgebra.regular`). "none": take the basis as it is.
    tolerance : float, optional
        Accept maps that are only equivariant up to this relative residual; the network then promises nothing.

    Attributes
    ----------
    symmetry : LieAlgebra
        The algebra that the network is built on.
    discovered : LieAlgebra
        The one that was given.
    distance : float
        How far the first is from the second.

    Raises
    ------
    ConfigError
        If an argument is unknown, or the shapes do not fit the representations.
    SymmetryError
        If the solved maps are not equivariant within the tolerance.
    """

    family = "emlp"
    # the parts that a fine-tuning of the head alone trains
    head_names = ("readout", "skip")

    def __init__(
        self,
        symmetry: LieAlgebra,
        *,
        rep_in: str,
        rep_out: str,
        input_shape: Sequence[int],
        output_shape: Sequence[int],
        hidden: str | None = None,
        layers: int = 3,
        pairs: int | None = None,
        gate: str = "swish",
        nonlinearity: str = "gated",
        backend: str = "dense",
        projection: str = "regular",
        tolerance: float | None = None,
        **unknown: object,
    ) -> None:
        super().__init__()
        refuse_unknown(EMLP, unknown)
        _require_algebra(symmetry)
        _require_gated(nonlinearity)
        one_of("backend", backend, BACKENDS)
        one_of("projection", projection, PROJECTIONS)
        one_of("gate", gate, tuple(GATES))
        self.rep_in, self.rep_out = Rep.parse(rep_in, symmetry.k), Rep.parse(rep_out, symmetry.k)
        self.input_shape = shape_of("input_shape", input_shape, self.rep_in)
        self.output_shape = shape_of("output_shape", output_shape, self.rep_out)
        hidden = hidden or default_hidden(self.rep_in, self.rep_out)
        self.rep_hidden = Rep.parse(hidden, symmetry.k)
        self.discovered = symmetry
        with torch.device("cpu"):
            self.symmetry, self.distance = _project(symmetry, projection)
            self.bases = make_bases(self.symmetry, backend, exact=projection == "regular")
        copies = [term.multiplicity for term in self.rep_hidden.terms if term.rank]
        pairs = positive("pairs", max(copies, default=1) if pairs is None else pairs)

        inner = self.bases.layout(self.rep_hidden, merge=True)
        into, out = self.bases.layout(self.rep_in), self.bases.layout(self.rep_out)
        self.embed = EquivariantLinear(self.bases, into, inner)
        self.layers = nn.ModuleList(
            EquivariantLayer(self.bases, inner, pairs=pairs, gate=gate) for _ in range(positive("layers", layers))
        )
        self.readout = EquivariantLinear(self.bases, inner, out)
        self.skip = EquivariantLinear(self.bases, into, out, bias=False)
        self.register_buffer("input_scale", torch.ones(len(self.rep_in.terms)))
        self.register_buffer("output_scale", torch.ones(len(self.rep_out.terms)))

        self.promises_equivariance = tolerance is None
        _require_exact(self.bases, TOLERANCE if tolerance is None else tolerance)
        self.config = {
            "rep_in": rep_in,
            "rep_out": rep_out,
            "input_shape": list(self.input_shape),
            "output_shape": list(self.output_shape),
            "hidden": hidden,
            "layers": layers,
            "pairs": pairs,
            "gate": gate,
            "nonlinearity": nonlinearity,
            "backend": backend,
            "projection": projection,
            "tolerance": tolerance,
        }

    def forward(self, x: Tensor) -> Tensor:
        """Map `(B, *input_shape)` to `(B, *output_shape)`."""
        x = x.reshape(len(x), -1) / _per_entry(self.rep_in, self.input_scale)
        x = self._change_basis(self.rep_in, x)
        h = self.embed(x)
        for layer in self.layers:
            h = layer(h)
        y = self._change_basis(self.rep_out, self.readout(h) + self.skip(x), back=True)
        y = y * _per_entry(self.rep_out, self.output_scale)
        return y.reshape(len(y), *self.output_shape)

    @torch.no_grad()
    def calibrate(self, x: Tensor, y: Tensor) -> None:
        """Set the scale of each term of the representations to its root mean square over the data.

        One scale a term commutes with the group, so that this keeps equivariance. To be called before training.
        """
        self.input_scale.copy_(_rms(self.rep_in, x))
        self.output_scale.copy_(_rms(self.rep_out, y))

    def _change_basis(self, rep: Rep, x: Tensor, back: bool = False) -> Tensor:
        matrices = self.bases.encoder(rep)
        if matrices is None:
            return x
        matrix = self.bases.cast(("encoder", str(rep), back), matrices[int(back)], x)
        return x @ matrix.T


def linear_dimension(symmetry: LieAlgebra, rep_in: str, rep_out: str, *, backend: str = "dense") -> int:
    """Dimension of the space of equivariant linear maps from one representation to another, on either backend."""
    bases = make_bases(symmetry, backend)
    source, target = (bases.layout(Rep.parse(rep, symmetry.k)) for rep in (rep_in, rep_out))
    return sum(
        out.multiplicity * block.multiplicity * len(bases.maps(block.kind, out.kind))
        for out in target.blocks
        for block in source.blocks
    )


def make_bases(symmetry: LieAlgebra, backend: str, *, exact: bool = True) -> Bases:
    """The solved spaces of a backend; `exact` takes only what is equivariant to rounding."""
    if backend == "e3nn":
        from .e3nn_backend import IrrepBases

        return IrrepBases(symmetry)
    return TensorBases(symmetry, exact=exact)


def default_hidden(rep_in: Rep, rep_out: Rep) -> str:
    """Scalars, vectors, and tensors of the higher ranks that occur outside."""
    ranks = sorted({term.rank for term in (*rep_in.terms, *rep_out.terms) if term.rank > 1})
    return " + ".join(["64x0", "16x1", *(f"8x{rank}" for rank in ranks)])


def _require_algebra(symmetry: object) -> None:
    if not isinstance(symmetry, LieAlgebra):
        raise SymmetryError(
            f"emlp is built on a LieAlgebra, which acts linearly, but got {type(symmetry).__name__}; a field of "
            "generators becomes one with .to_algebra() where it is affine enough"
        )


def _require_gated(nonlinearity: str) -> None:
    if nonlinearity != "gated":
        raise ConfigError(
            f"nonlinearity {nonlinearity!r} acts on every entry of a vector or tensor by itself, which breaks "
            'equivariance without a sign of it; emlp takes only "gated", where scalars go through swish and each '
            'tensor is multiplied by a function of a scalar of its own (see "gate")'
        )


def _require_exact(bases: Bases, tolerance: float) -> None:
    if not bases.residual <= tolerance:
        raise SymmetryError(
            f"the solved maps are equivariant only up to a relative residual of {bases.residual:.1e}, above the "
            f"tolerance of {tolerance:.0e}: this basis does not allow an exactly equivariant network. Build with "
            'projection="regular", which takes the nearest closed algebra, or pass tolerance= above the residual '
            "to accept a network that promises nothing"
        )


def _project(symmetry: LieAlgebra, projection: str) -> tuple[LieAlgebra, float]:
    if projection == "none":
        return symmetry, 0.0
    nearest = symmetry.regular()
    return nearest.algebra, float(nearest.distance)


def _per_entry(rep: Rep, scales: Tensor) -> Tensor:
    """One scale a term, repeated for each of its numbers."""
    lengths = [term.multiplicity * rep.k**term.rank for term in rep.terms]
    return torch.cat([scale.expand(length) for scale, length in zip(scales.unbind(), lengths, strict=True)])


def _rms(rep: Rep, x: Tensor) -> Tensor:
    flat = x.reshape(len(x), -1)
    scales = [flat[:, where].square().mean().sqrt() for where, _ in rep.blocks()]
    return torch.stack([scale if scale > 0 and math.isfinite(scale) else torch.ones_like(scale) for scale in scales])
