"""How sure a discovery is: agreement of runs, closure, and a two-sample test on held-out pairs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations
from typing import Any

from torch import Tensor

from ..discoverers.distinguish import two_sample_test
from ..discoverers.subspace import angles_on_data, data_subspace
from ..symmetries import LieAlgebra, scaling_angle


def sureness(modules: Sequence[Any], held_out: tuple[Tensor, Tensor], seed: int = 0) -> Any:
    """The module whose transformed pairs are hardest to tell from real ones, with its `.report` filled.

    The report holds plain numbers:

    - ``auroc``: of real against transformed held-out pairs, 0.5 is chance; ``auroc_random``: the same with random
      generators, the least of a few; ``moved``: mean |g x - x| / |x|; ``verdict``: what that means, in one line.
    - ``auroc_runs``: of every run.
    - ``closure``: residual of the brackets outside the span, relative; 0 for an algebra.
    - ``recognised``, ``residual``: the nearest well-known algebra, and how far it is.
    - ``channels``, ``channels_closure``, ``channels_recognised``, ``scaling_degrees``: where the symmetry is a part of
      what was found, number, closure and name of all that was, and the angle from it to the scaling x -> s x.
    - ``agreement_degrees``, ``agreement_on_data_degrees``: largest principal angle between the spans of two runs, as
      matrices, and as maps on the span of the data (which may not determine the matrices). With one run they are
      missing.
    """
    tests = [two_sample_test(module, module.symmetry, held_out, seed=seed) for module in modules]
    first = min(range(len(modules)), key=lambda i: tests[i].auroc)
    module, test = modules[first], tests[first]
    algebra = module.symmetry
    recognition = algebra.recognise()
    report: dict[str, Any] = {
        "verdict": test.verdict,
        "auroc": test.auroc,
        "auroc_random": test.null,
        "moved": test.moved,
        "auroc_runs": [one.auroc for one in tests],
        "closure": float(algebra.structure_constants().residual),
        "recognised": recognition.name,
        "residual": float(recognition.residual),
        "runs": len(modules),
        **_whole(module, algebra),
    }
    if len(modules) > 1:
        pairs = list(combinations([one.symmetry for one in modules], 2))
        subspace = data_subspace(*held_out, module.rep_in, module.rep_out)
        report["agreement_degrees"] = _degrees(float(a.principal_angles(b).max()) for a, b in pairs)
        report["agreement_on_data_degrees"] = _degrees(float(angles_on_data(a, b, subspace).max()) for a, b in pairs)
    module.report = report
    return module


def _whole(module: Any, algebra: LieAlgebra) -> dict[str, Any]:
    """What is told of all channels where the symmetry is not the whole of them."""
    found = module.found
    if found.c == algebra.c:
        return {}
    return {
        "channels": found.c,
        "channels_closure": float(found.structure_constants().residual),
        "channels_recognised": found.recognise().name,
        "scaling_degrees": math.degrees(scaling_angle(found)),
    }


def _degrees(angles: Any) -> float:
    return math.degrees(max(angles))
