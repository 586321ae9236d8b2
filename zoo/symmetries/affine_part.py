"""How affine vector fields are, and the matrices that generate their affine part."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import SymmetryError
from .algebra import LieAlgebra


@dataclass(frozen=True)
class AffinePart:
    """The affine fields A_i x + b_i next to given fields V_i, in the norm |V|^2 = mean of w(x) |V(x)|^2.

    Attributes
    ----------
    matrices : Tensor
        A, `(c, n, n)`.
    offsets : Tensor
        b, `(c, n)`.
    affineness : Tensor
        |A_i x + b_i| / |V_i|, `(c,)`: 1 is affine, 0 orthogonal to all affine fields.
    remainder : Tensor
        |V_i - A_i x - b_i| / |V_i|, `(c,)`; affineness^2 + remainder^2 = 1.
    offset_share : Tensor
        |b_i| / |V_i|, `(c,)`.
    """

    matrices: Tensor
    offsets: Tensor
    affineness: Tensor
    remainder: Tensor
    offset_share: Tensor

    def to_algebra(self, tolerance: float = 0.0) -> LieAlgebra:
        """On R^n where no offset is more than `tolerance` of its field, else on (x, 1) in R^(n + 1)."""
        if bool((self.offset_share <= max(tolerance, 1e-12)).all()):
            return LieAlgebra(self.matrices)
        c, n = self.offsets.shape
        basis = torch.zeros(c, n + 1, n + 1, dtype=torch.float64, device="cpu")
        basis[:, :n, :n], basis[:, :n, n] = self.matrices, self.offsets
        return LieAlgebra(basis)


def fit(points: Tensor, values: Tensor, weight: Tensor | None = None) -> AffinePart:
    """Weighted least squares for fields `(P, n, c)` at points `(P, n)`.

    Raises
    ------
    SymmetryError
        If there are too few points, values are not finite, or a field is zero everywhere.
    """
    count, n, c = values.shape
    points, values = points.detach().to("cpu", torch.float64), values.to("cpu", torch.float64)
    if count <= n + 1 or not torch.isfinite(values).all():
        raise SymmetryError(f"an affine fit on R^{n} needs more than {n + 1} points with finite values, got {count}")
    root = normalised(weight, count).sqrt()[:, None]
    design = root * torch.cat([points, torch.ones(count, 1, dtype=torch.float64, device="cpu")], dim=1)
    target = root * values.reshape(count, n * c)
    solution = torch.linalg.lstsq(design, target, driver="gelsd").solution
    norms = _norms(target, n, c)
    if bool((norms == 0).any()):
        raise SymmetryError(f"field {int(norms.argmin())} is zero at all points: it generates nothing")
    coefficients = solution.reshape(n + 1, n, c).permute(2, 1, 0).contiguous()
    offsets = coefficients[:, :, n].contiguous()
    return AffinePart(
        matrices=coefficients[:, :, :n].contiguous(),
        offsets=offsets,
        affineness=_norms(design @ solution, n, c) / norms,
        remainder=_norms(target - design @ solution, n, c) / norms,
        offset_share=offsets.norm(dim=1) / norms,
    )


def inner_products(values: Tensor, weight: Tensor | None = None) -> Tensor:
    """<V_i, V_j> `(c, c)` of fields `(P, n, c)`."""
    weights = normalised(weight, len(values)).to(values)
    return torch.einsum("p,pni,pnj->ij", weights, values, values)


def normalised(weight: Tensor | None, count: int) -> Tensor:
    """Weights `(P,)` of sum 1; equal ones by default.

    Raises
    ------
    SymmetryError
        If they are no weights.
    """
    if weight is None:
        return torch.full((count,), 1.0 / count, dtype=torch.float64, device="cpu")
    given: Tensor = weight.detach().to("cpu", torch.float64)
    if given.shape != (count,) or not torch.isfinite(given).all() or bool((given < 0).any()) or given.sum() == 0:
        raise SymmetryError(f"weights are {count} finite numbers that are not negative and not all zero")
    return given / given.sum()


def _norms(flat: Tensor, n: int, c: int) -> Tensor:
    return flat.reshape(len(flat), n, c).square().sum(dim=(0, 1)).sqrt()
