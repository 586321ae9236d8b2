"""The network: L-conv layers (Dehmamy et al. 2021), and a head."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ...errors import ConfigError, DataError
from ...symmetries import LieAlgebra, Rep
from ...symmetries.field import GeneratorField
from ...symmetries.grid import find_layout, layout_errors
from ...symmetries.posed import Posed
from ..arguments import fraction, one_of, positive, refuse_unknown
from ..per_channel import PerChannel
from ..scramble import Scramble
from . import promise
from .graphs import check_graphs, on_graphs
from .layer import LConv
from .node_first import by_feature
from .operators import Operators
from .shapes import channels
from .spaces import FORMS, INTERPOLATIONS, Choice, Space, among, space_of
from .stages import pooled, stages

HEADS = ("flatten", "mean", "nodes")
COORDINATES = ("given", "found")


class LConvNet(nn.Module):
    """L-conv layers on an image, on a signal, or on any d sampled points, with relus between them.

    Parameters
    ----------
    symmetry : LieAlgebra or GeneratorField or None
        For ``generators="symmetry"``: of the coordinates (on R^n, or affine on (x, 1)), or matrices of the d nodes.
    input_shape : sequence of int
        `(C, H, W)` for images; `(d, m)` for m features on d nodes; `(None, m)` for torch-geometric graphs of any size,
        on whose positions `pos` the symmetry acts.
    output_shape : sequence of int
        `(classes,)`, or `()` for one number; with ``head="nodes"`` as the inputs: `(C', H, W)`, `(d, m')` or
        `(None, m')`.
    hidden : sequence of int
        Features behind each layer.
    generators : {"symmetry", "dense", "low_rank", "skew", "neighbours"}
        Where the L_i come from: the symmetry, or learned; "skew" ones are antisymmetric and of low rank; neighbours are
        those of the lattice with diagonals, or along `edges`.
    count, rank : int
        Number of learned generators, and the rank r of U V for "low_rank" ones U V and "skew" ones U V - (U V)^T.
    frozen : bool
        Keep learned generators at the random numbers that they start from.
    share : bool
        Whether layers on the same nodes share learned generators.
    pool : sequence of int
        After each layer, the side of the blocks of nodes whose largest value is kept; 1 for none.
    grid : sequence of int, optional
        For inputs `(d, m)`: the nodes are a lattice of this shape, `(n,)` for a signal.
    points, edges : array, optional
        For inputs `(d, m)`: coordinates `(d, n)`, edges `(2, E)`.
    neighbours : int
        Nearest points that have an edge, where edges are not given.
    coordinates : {"given", "found"}
        "found": the order of the nodes of the lattice is lost, and `calibrate` finds coordinates for them in the data
        (`zoo.symmetries.grid.find_layout`); on these the symmetry acts.
    degree : int
        Of the polynomials whose derivatives are exact on points; needs more neighbours the higher it is.
    periodic : bool
        Whether the lattice is.
    interpolation : {"shannon", "linear", "points"}
        Of a symmetry of the coordinates of a lattice; "points" takes its nodes for any points, whose neighbours are
        those on the lattice with diagonals, and differentiates polynomials of `degree`.
    head : {"flatten", "mean", "nodes"}
        A linear layer on all features, on their mean over nodes, or on every node.
    normalise : bool
        Batch normalisation before the relus.
    residual : bool
        Add its input to what a layer gives, where both have as many features: nets of many layers train better.
    input_dropout, dropout : float
        Of input values, and of the features before the head.
    scramble : int, optional
        Seed of a fixed permutation of the nodes, which the network keeps and applies first.

    Attributes
    ----------
    grid : Grid or None
        That the nodes of the inputs are in their natural order.
    places : Tensor or None
        Coordinates of the nodes that were found, `(d, n)`.
    layers : ModuleList of LConv
    spaces : list of Space
        The nodes before each layer, and behind the last one.

    Raises
    ------
    ConfigError
        If an argument is out of range or does not fit the others.
    SymmetryError
        If the symmetry does not act on the nodes.

    Notes
    -----
    Generators of a symmetry are scaled to |L| = sqrt(d), so that L f is about as large as f.
    """

    places: Tensor | None

    family = "lconv"
    head_names = ("head",)
    promises_equivariance = False
    takes_fields = True

    def __init__(
        self,
        symmetry: LieAlgebra | GeneratorField | None,
        *,
        input_shape: Sequence[int],
        output_shape: Sequence[int] = (),
        hidden: Sequence[int] = (32,),
        generators: str = "symmetry",
        count: int = 8,
        rank: int = 8,
        frozen: bool = False,
        share: bool = False,
        pool: Sequence[int] = (),
        grid: Sequence[int] | None = None,
        points: Any = None,
        edges: Any = None,
        neighbours: int = 12,
        coordinates: str = "given",
        degree: int = 2,
        periodic: bool = False,
        interpolation: str = "shannon",
        head: str = "flatten",
        normalise: bool = False,
        residual: bool = False,
        input_dropout: float = 0.0,
        dropout: float = 0.0,
        scramble: int | None = None,
        **unknown: Any,
    ) -> None:
        super().__init__()
        refuse_unknown(LConvNet, unknown)
        one_of("generators", generators, FORMS)
        one_of("interpolation", interpolation, INTERPOLATIONS)
        one_of("head", head, HEADS)
        one_of("coordinates", coordinates, COORDINATES)
        widths = [positive("hidden", width) for width in hidden]
        blocks = [positive("pool", block) for block in pool] or [1] * len(widths)
        if len(blocks) != len(widths):
            raise ConfigError(f"pool {list(pool)} needs one number for each of the {len(widths)} layers")
        self.symmetry = symmetry
        self.input_shape, self.output_shape = tuple(input_shape), tuple(output_shape)
        inner, outer = channels(self.input_shape, self.output_shape, head, blocks)
        self.config: dict[str, Any] = {
            "input_shape": list(self.input_shape),
            "output_shape": list(self.output_shape),
            "hidden": widths,
            "generators": generators,
            "count": positive("count", count),
            "rank": positive("rank", rank),
            "frozen": bool(frozen),
            "share": bool(share),
            "pool": blocks,
            "grid": None if grid is None else list(grid),
            "points": _listed(points),
            "edges": _listed(edges),
            "neighbours": positive("neighbours", neighbours),
            "coordinates": coordinates,
            "degree": positive("degree", degree),
            "periodic": bool(periodic),
            "interpolation": interpolation,
            "head": head,
            "normalise": bool(normalise),
            "residual": bool(residual),
            "input_dropout": float(input_dropout),
            "dropout": float(dropout),
            "scramble": None if scramble is None else int(scramble),
        }
        if self.input_shape[0] is None:
            check_graphs(self.config, symmetry)
        self._choice = Choice(generators, symmetry, count, rank, frozen, interpolation, degree)  # type: ignore[arg-type]
        space = space_of(self.input_shape, grid, points, edges, neighbours, periodic)
        self.grid = space.grid
        self.register_buffer("places", None)
        if coordinates == "found":
            space = self._lost(space)
        self.blocks = blocks
        self.spaces, operators = stages(space, self._choice, blocks, share, neighbours)
        self.layers = nn.ModuleList(
            LConv(one, before, width, bias=not normalise)
            for one, before, width in zip(operators, [inner, *widths], widths, strict=False)
        )
        self.norms = nn.ModuleList(nn.BatchNorm1d(width) if normalise else nn.Identity() for width in widths)
        shapes = [[1 if length is None else length for length in shape] for shape in (input_shape, output_shape)]
        self.rep_in, self.rep_out = (  # of symmetries of the coordinates; how they act, `posed` says
            Rep.parse(f"{math.prod(shape)}x0", self.spaces[0].n) for shape in shapes
        )
        self.scramble = None if scramble is None else Scramble(scramble, self.spaces[0].d)
        self.standard, self.dropout = PerChannel(inner, input_dropout), nn.Dropout(fraction("dropout", dropout))
        last = widths[-1] if widths else inner
        nodes = self.spaces[-1].d if head == "flatten" else 1
        self.head = nn.Linear(last * nodes, outer)

    def forward(self, x: Any) -> Tensor:
        """Map `(B, *input_shape)` to `(B, *output_shape)`.

        A torch-geometric batch with `x`, `pos` and `edge_index` where the network takes graphs.

        Raises
        ------
        DataError
            If the inputs have another shape.
        """
        if self.input_shape[0] is None:
            y = self.head(self.dropout(on_graphs(self, x)))
            return y if self.output_shape else y.squeeze(-1)
        if x.shape[1:] != self.input_shape:
            wanted = ", ".join(map(str, self.input_shape))
            raise DataError(f"the network takes inputs (B, {wanted}), got {tuple(x.shape)}")
        f = self.features(self.nodes(x))
        kind = self.config["head"]
        f = {"flatten": lambda: f.flatten(1), "mean": lambda: f.mean(2), "nodes": lambda: f.mT}[kind]()
        y = self.head(self.dropout(f))
        return (y.mT if kind == "nodes" and len(self.input_shape) == 3 else y).reshape(len(x), *self.output_shape)

    def features(self, f: Tensor, layers: int | None = None, operators: Operators | None = None) -> Tensor:
        """What the head looks at: `(B, m, d)` to `(B, m', d')`; or what the first layers give, without pooling after.

        On other nodes where other operators are given.
        """
        f = self.standard(f)
        last = len(self.layers) if layers is None else layers
        for number, (layer, norm) in enumerate(zip(self.layers[:last], self.norms, strict=False), 1):
            passed = by_feature(norm, layer(f, operators))
            remains = self.config["residual"] and f.shape == passed.shape
            f = f + torch.relu(passed) if remains else passed
            if self.blocks[number - 1] > 1 and number != layers:
                f = pooled(f, self.spaces[number - 1], self.spaces[number], self.blocks[number - 1])
            f = f if remains else torch.relu(f)  # behind the pooling: the same, of fewer numbers
        return f

    @property
    def learned_symmetry(self) -> LieAlgebra | None:
        """The generators that the first layer has learned, as matrices on the nodes; None where they were given."""
        if self.config["generators"] == "symmetry" or self.config["frozen"] or self.input_shape[0] is None:
            return None
        return LieAlgebra(self.generators().double().cpu())

    def generators(self, layer: int = 1) -> Tensor:
        """L_i of a layer, `(c, d, d)`, on the nodes in their natural order (behind a pooling, in the layer's own).

        Raises
        ------
        ConfigError
            If there is no such layer, or its nodes come with each graph.
        """
        if not 1 <= layer <= len(self.layers) or self.input_shape[0] is None:
            raise ConfigError(f"there are layers 1 to {len(self.layers)} with nodes of their own, got {layer}")
        matrices = self.layers[layer - 1].operators.matrices().detach()  # type: ignore[operator,union-attr]
        if self.scramble is None or self.spaces[layer - 1].d != self.spaces[0].d:
            return matrices
        back = torch.argsort(self.scramble.order)
        return matrices[:, back][:, :, back]

    def calibrate(self, x: Tensor, y: Tensor) -> None:
        """Take mean and standard deviation of each channel, and coordinates to be found, from the data.

        To be called before training.
        """
        f = self.nodes(x)
        self.standard.calibrate(f)
        if self.places is not None:
            self.places.copy_(find_layout(f, self.places.shape[1]))
            self._settle()

    def measures(self) -> dict[str, float]:
        """Of found coordinates, "layout_error", the mean distance from the true places in steps of the grid.

        And "lit", the number of nodes that data ever reach. Nothing where coordinates were given.
        """
        if self.places is None or self.grid is None:
            return {}
        true = self.grid.points if self.scramble is None else self.grid.points[self.scramble.order.cpu()]
        errors = layout_errors(self.places, true) / self.grid.spacing
        return {"layout_error": float(errors.mean()), "lit": float(len(errors))}

    def posed(self, x: Tensor) -> Posed:
        """The map between functions on the nodes, before any pooling: what commutes with transformations of them."""
        return promise.posed(self, x)

    def posed_parts(self, x: Tensor) -> dict[str, Posed]:
        """The linear map of each layer, which commutes with what commutes with its L_i; a relu on a grid aliases."""
        return promise.parts(self, x)

    def nodes(self, x: Tensor) -> Tensor:
        """Inputs as features of the nodes `(B, m, d)`, scrambled."""
        f = x.flatten(2) if len(self.input_shape) == 3 else x.mT
        return f if self.scramble is None else self.scramble(f)

    def _lost(self, space: Space) -> Space:
        """Nodes of a lattice as points whose places are kept with the weights: at first those of the lattice."""
        if space.grid is None or space.edges is not None or self.config["generators"] != "symmetry":
            raise ConfigError(
                'coordinates="found" is for a symmetry of the coordinates of images or of nodes on a grid, without '
                "edges or points of their own"
            )
        places = space.grid.points.to(torch.get_default_dtype())
        self.places = places
        self.register_load_state_dict_post_hook(lambda network, _: network._settle())
        return among(places.double(), self.config["neighbours"])

    def _settle(self) -> None:
        """Take the operators of the nodes at their places."""
        assert self.places is not None
        space = among(self.places.double().cpu(), self.config["neighbours"])
        self.spaces, found = stages(space, self._choice, self.blocks, False, self.config["neighbours"])
        for layer, operators in zip(self.layers, found, strict=True):
            layer.operators = operators.to(self.places.device)


def _listed(values: Any) -> list | None:
    return None if values is None else torch.as_tensor(values).tolist()
