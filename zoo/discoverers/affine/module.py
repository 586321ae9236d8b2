"""`AffinePairs`: the Lie algebra of affine maps in pairs (x, g x) as a discoverer, solved for instead of trained."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ...errors import ConfigError, DataError
from ...symmetries import Grid, LieAlgebra, Normal
from ..lconv.pairs import check_pairs
from .fields import AffineFields
from .logarithms import Logarithms, logarithms
from .report import report
from .span import principal_directions

_LEAST = 1e-12  # of coefficients, where pairs do not move at all


class AffinePairs(nn.Module):
    """The Lie algebra of an unknown connected group of affine maps from pairs (x, g x), every g another and unknown.

    For each pair the logarithm of its map is found in the affine algebra, of dimension six in the plane
    (`logarithms`), and the algebra is what these span (`principal_directions`): any number of generators, in the
    coordinates instead of on the nodes, so that they act on images of every size. It continues the discovery of one
    generator of the L-conv paper (arXiv 2109.07103, appendix C; see `LConvPairs`, which needs no coordinates).

    Parameters
    ----------
    symmetry : None
        A discoverer is built without one.
    input_shape : sequence of int
        `(n,)` of signals, `(H, W)` or `(C, H, W)` of images, whose channels move together.
    generators : int, optional
        Their number, where it is known. By default those that stand out of the noise, and none where maps of the
        coordinates do not explain the pairs.
    periodic : bool
        Whether the ends of all axes are neighbours: then translations alone are looked for.
    margin : int
        Nodes at every edge that are not compared, as content comes in there; of no account on a ring or torus. More of
        them, 3 say, are better for photographs, which do not fade towards their edges.
    ridge, iterations, tolerance
        See `logarithms`.

    Attributes
    ----------
    report : dict
        How sure the discovery is, plain numbers and a verdict; see `solve`.

    Raises
    ------
    ConfigError
        If an option is out of range.
    """

    family: ClassVar[str] = "affine_pairs"
    kind: ClassVar[str] = "discoverer"
    promises_equivariance: ClassVar[bool] = False

    basis: Tensor
    number: Tensor
    spread: Tensor

    def __init__(
        self,
        symmetry: None = None,
        *,
        input_shape: Sequence[int],
        generators: int | None = None,
        periodic: bool = False,
        margin: int = 1,
        ridge: float = 1e-6,
        iterations: int = 30,
        tolerance: float = 1e-3,
    ) -> None:
        super().__init__()
        self.input_shape = tuple(int(size) for size in input_shape)
        if len(self.input_shape) not in (1, 2, 3) or min(self.input_shape) < 1 or min(self.nodes) < 2:
            raise ConfigError(
                f"input_shape is (n,), (H, W) or (C, H, W) with two nodes along each axis at least, "
                f"got {tuple(input_shape)}"
            )
        if not (iterations >= 1 and ridge > 0 and tolerance > 0):
            raise ConfigError(f"iterations >= 1, ridge > 0 and tolerance > 0, got {iterations}, {ridge}, {tolerance}")
        if not 0 <= 2 * margin <= min(self.nodes) - 2:
            raise ConfigError(
                f"margin is not negative and leaves two nodes along each axis at least: got {margin} of {self.nodes}"
            )
        n = len(self.nodes)
        most = n if periodic else n * (n + 1)
        if generators is not None and not 1 <= generators <= most:
            raise ConfigError(f"generators is a number from 1 to {most}, or None to find it out; got {generators!r}")
        self.config: dict[str, Any] = {
            "input_shape": list(self.input_shape),
            "generators": None if generators is None else int(generators),
            "periodic": bool(periodic),
            "margin": int(margin),
            "ridge": float(ridge),
            "iterations": int(iterations),
            "tolerance": float(tolerance),
        }
        self.report: dict[str, Any] = {}
        # room for as many generators as there may be, so that its shape does not depend on what is found
        self.register_buffer("basis", torch.zeros(most, n + 1, n + 1))
        self.register_buffer("number", torch.zeros((), dtype=torch.long))
        self.register_buffer("spread", torch.ones(()))

    @property
    def nodes(self) -> tuple[int, ...]:
        """Shape of the nodes, `(n,)` or `(H, W)`."""
        return self.input_shape[-2:]

    @property
    def grid(self) -> Grid:
        """Where the nodes are."""
        return Grid(self.nodes, periodic=self.config["periodic"])

    @property
    def symmetry(self) -> LieAlgebra:
        """Generators on (x, y, 1) (on (x, 1) of signals), uncorrelated in the pairs.

        Normal coefficients draw maps like those of the pairs, as generators are as long as pairs moved along them.
        """
        return LieAlgebra(self.basis[: int(self.number)].double().cpu(), Normal(float(self.spread)))

    def functions(self, values: Tensor) -> Tensor:
        """Samples `(N, *input_shape)` in float64 as `(N, C, *nodes)`."""
        if tuple(values.shape[1:]) != self.input_shape:
            raise DataError(
                f"functions have shape {('N', *self.input_shape)}, got {('N', *values.shape[1:])}; give others, "
                "or change input_shape"
            )
        return values.reshape(len(values), math.prod(self.input_shape[:-2]), *self.nodes).double()

    def agreement(self, other: AffinePairs, x: Tensor) -> float:
        """Cosine of the largest angle between both spans; 0 where one has more generators."""
        mine, theirs = self.symmetry, other.symmetry
        if mine.c != theirs.c:
            return 0.0
        return math.cos(float(mine.principal_angles(theirs).max())) if mine.c else 1.0

    def solve(
        self,
        pairs: tuple[Tensor, Tensor],
        held_out: tuple[Tensor, Tensor],
        *,
        device: torch.device | str = "cpu",
        advance: Callable[[int], object] | None = None,
    ) -> None:
        """Find the algebra from pairs `(N, *input_shape)`, and test it on others; both end up here and in the report.

        - ``generators``: how many; ``strengths``: of each principal direction of the logarithms, largest first, its
          size over that of the noise, which alone would be 1; ``weakest``, ``next``: of the last that counts as a
          generator, and of the first that does not; ``noise``: pixels, root mean square.
        - ``residual``: what is left of the pairs, |y' - x'| / |y - x|, by any affine map for each; ``held_out``: of
          held-out pairs by maps of the group; ``held_out_random``: by those of a random span of as many generators;
          ``held_out_unrelated``: by any affine maps, after each x was given another's g x. ``verdict``: what it means.
        - ``closure``: how far brackets leave the span, which is not at all in a group but for the errors of the
          generators; see `LieAlgebra.structure_constants`.
        - ``moved``: pixels, root mean square; ``converged``: share of the pairs; ``pairs``: their number.
        """
        x, y, other_x, other_y = (self.functions(values).to(device) for values in (*pairs, *held_out))
        check_pairs(x.flatten(1), y.flatten(1))
        fields = AffineFields.all(self.grid, device)
        options = {name: self.config[name] for name in ("margin", "ridge", "iterations", "tolerance")}
        logs = logarithms(fields, x, y, advance=advance, **options)
        directions = principal_directions(logs)
        wanted = self.config["generators"]
        axes = directions.first(directions.clear if wanted is None else wanted)
        self.report = report(fields, axes, directions, logs, other_x, other_y, options)
        if wanted is not None:
            self.report["generators"] = wanted  # whatever the verdict
        self._keep(fields, axes[: self.report["generators"]], logs)
        self.report["closure"] = self.symmetry.structure_constants().residual if int(self.number) else 0.0

    def _keep(self, fields: AffineFields, axes: Tensor, logs: Logarithms) -> None:
        """Generators of unit norm in the mean, each as long as pairs moved along it."""
        self.basis = torch.zeros_like(self.basis)
        self.number = torch.tensor(len(axes)).to(self.number)
        if not len(axes):
            self.spread = torch.ones_like(self.spread)
            return
        along = logs.coefficients[logs.trusted] @ axes.T
        variances, turn = torch.linalg.eigh(along.T @ along / len(along))
        matrices = fields.combined((turn * variances.clamp(min=0).sqrt()).T.flip(0) @ axes).matrices
        spread = matrices.flatten(1).square().sum(dim=1).mean().sqrt().clamp(min=_LEAST)
        self.spread = spread.to(self.spread)
        self.basis[: len(axes)] = (matrices / spread).to(self.basis)
