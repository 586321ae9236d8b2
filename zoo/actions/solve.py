"""Discoverers that are solved for, not trained: runs on parts of the pairs, and how far these agree."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from itertools import combinations
from typing import Any

import torch
from torch import Tensor

from ..errors import ConfigError, DataError
from ..factory.building import build
from ..factory.providers import builder
from ..progress import Bar
from ..tasks.pairs_on_grid import TASK
from ..tasks.samples import Arrays

_HELD_OUT, _MOST_HELD_OUT = 0.2, 500
_FEWEST = 10
_log = logging.getLogger(__name__)

Pairs = tuple[Tensor, Tensor]


def is_solved(method: str) -> bool:
    """Whether a method of `zoo.discoverers` has a direct solver, and no training."""
    return hasattr(builder(method), "solve")


def learns_fields(method: str) -> bool:
    """Whether a method of `zoo.discoverers` trains vector fields, and appraises them at the end."""
    return hasattr(builder(method), "conclude")


def solved_runs(
    method: str,
    data: Any,
    config: Mapping[str, Any],
    *,
    seeds: int,
    seed: int,
    device: str | torch.device | None,
    progress: bool,
) -> Any:
    """The run that leaves least of its held-out pairs; each run holds out other ones.

    Its report says beside the rest ``runs`` and, with several, ``agreement``: the least correlation |cos| of two runs'
    generators in the data's metric, or of two spans.
    """
    x, y = functions_before_and_after(data)
    options = {"input_shape": list(x.shape[1:]), **config}
    modules = []
    for number in range(seed, seed + seeds):
        module: Any = build(method, None, **options)
        solve(module, *parts(x, y, number), device=device, progress=progress, title=method)
        modules.append(module.cpu().eval())
    module = min(modules, key=lambda one: one.report["held_out"])
    module.report["runs"] = len(modules)
    if len(modules) > 1:
        module.report["agreement"] = min(a.agreement(b, x) for a, b in combinations(modules, 2))
    return module


def solved_like(module: Any, pairs: Arrays, label: str, progress: bool) -> Any:
    """Another module of the same family and config, from these pairs."""
    other: Any = build(module.family, None, **{**module.config, "input_shape": list(pairs.x.shape[1:])})
    solve(other, *parts(pairs.x, pairs.y, 0), progress=progress, title=label)
    return other.cpu()


def solve(
    module: Any,
    pairs: Pairs,
    held_out: Pairs,
    *,
    device: str | torch.device | None = None,
    progress: bool = True,
    title: str = "solving",
) -> None:
    """Fill a module from pairs, with a bar of the iterations; the number that is needed is not known before."""
    chosen = device or ("cuda" if torch.cuda.is_available() else "cpu")
    with Bar(progress, None, title=title, unit="iterations", ticking=True) as bar:
        module.solve(pairs, held_out, device=torch.device(chosen), advance=bar.advance)
    _log.info("%s: %s", title, module.report["verdict"])


def functions_before_and_after(data: Any) -> Pairs:
    """The user's pair of arrays in float64, `(N, d)`, `(N, H, W)` or `(N, C, H, W)` both.

    Raises
    ------
    ConfigError
        If `data` is no pair.
    DataError
        If the arrays cannot be used.
    """
    try:
        x, y = data
    except (TypeError, ValueError) as error:
        raise ConfigError(f"data must be a pair (x, g x) of arrays, got a {type(data).__name__}") from error
    x, y = TASK.check(x, y, dtype=torch.float64)
    if len(x) < _FEWEST:
        raise DataError(f"there are {len(x)} pairs; give {_FEWEST} at least, and better several for each node")
    return x, y


def parts(x: Tensor, y: Tensor, seed: int) -> tuple[Pairs, Pairs]:
    """Pairs to solve for, and a fifth of them (500 at most) to test on; another part for each seed."""
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))
    kept = min(max(2, round(_HELD_OUT * len(x))), _MOST_HELD_OUT)
    held_out, rest = order[:kept], order[kept:]
    return (x[rest], y[rest]), (x[held_out], y[held_out])
