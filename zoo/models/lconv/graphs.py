"""L-conv on torch-geometric graphs: the generators are weighted differences along each graph's own edges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ...errors import ConfigError, DataError, SymmetryError
from ...symmetries.grid import generators_on_points
from .neighbours import Neighbours

if TYPE_CHECKING:
    from .network import LConvNet


def check_graphs(config: Mapping[str, Any], symmetry: Any) -> None:
    """Raise for options that graphs of any size cannot have.

    Raises
    ------
    ConfigError, SymmetryError
    """
    if config["generators"] != "symmetry":
        raise ConfigError(
            f'generators="{config["generators"]}" are learned for d nodes, which graphs of any size do not share; '
            'take generators="symmetry"'
        )
    if symmetry is None:
        raise SymmetryError("on graphs, lconv needs a symmetry, which acts on the positions of the nodes")
    if config["head"] == "flatten":
        raise ConfigError('graphs of any size cannot be flattened; take head="mean" or head="nodes"')
    given = [name for name in ("grid", "points", "edges", "scramble") if config[name] is not None]
    given += ["pool"] if any(block > 1 for block in config["pool"]) else []
    if given:
        raise ConfigError(f"graphs bring their own nodes, so there can be no {', '.join(given)}")


def on_graphs(network: LConvNet, data: Any) -> Tensor:
    """What the head looks at: a row a graph, or a row a node `(M, m')`.

    Raises
    ------
    DataError
        If the batch has no features, positions or edges that fit.
    """
    f = _part(data, "x", network.input_shape[1])
    positions, edges = _part(data, "pos", None), getattr(data, "edge_index", None)
    if edges is None:
        raise DataError("the graphs have no edge_index; torch_geometric.transforms.KNNGraph makes one from pos")
    # a message goes from edge_index[0] to edge_index[1], which is the node that looks
    edges = edges.flip(0)
    symmetry: Any = network.symmetry
    weights = generators_on_points(symmetry, positions, edges, network.config["degree"]).to(f)
    operators = Neighbours(edges, weights, len(f), "given").to(f.device)
    features = network.features(f.T[None], operators=operators)[0].T
    if network.config["head"] == "nodes":
        return features
    owner = getattr(data, "batch", None)
    owner = torch.zeros(len(f), dtype=torch.int64, device=f.device) if owner is None else owner
    count = int(owner.max()) + 1
    total = features.new_zeros(count, features.shape[1]).index_add(0, owner, features)
    return total / torch.bincount(owner, minlength=count).clamp_min(1)[:, None]


def _part(data: Any, name: str, width: int | None) -> Tensor:
    values: Any = getattr(data, name, None)
    if not isinstance(values, Tensor) or values.ndim != 2 or width not in (None, values.shape[1]):
        found = tuple(values.shape) if isinstance(values, Tensor) else type(values).__name__
        shape = f"(M, {'n' if width is None else width})"
        raise DataError(f"expected a torch-geometric graph or batch with {name} {shape}, got {found}")
    return values
