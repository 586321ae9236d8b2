"""The mean-square loss of an L-conv layer as the Lagrangian of a free field (Dehmamy et al. 2021)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ...errors import ConfigError
from .layer import LConv
from .network import LConvNet
from .operators import Operators


@dataclass(frozen=True, eq=False, repr=False)
class Lagrangian:
    """The density |Q[f]|^2 of a layer Q f = W0 f + sum_i W_i L_i f, sorted by derivatives.

    |Q f|^2 = f^T m2 f + sum_i L_i (f^T v^i f) + sum_ij (L_i f)^T h^ij (L_j f) + 2 sum_i f^T a^i L_i f

    where L_i of a product follows the product rule, as derivatives do.

    Attributes
    ----------
    mass : Tensor
        m2 = W0^T g W0, `(m, m)`.
    kinetic : Tensor
        h^ij = W_i^T g W_j, `(c, c, m, m)`, in the basis of the generators.
    boundary : Tensor
        v^i, the symmetric part of W0^T g W_i, `(c, m, m)`: a total derivative, which moves no field inside.
    gyroscopic : Tensor
        a^i, its antisymmetric part, `(c, m, m)`; zero for a single real field.
    operators : Operators
        The L_i.
    """

    mass: Tensor
    kinetic: Tensor
    boundary: Tensor
    gyroscopic: Tensor
    operators: Operators

    def form(self) -> Tensor:
        """h^{alpha beta}(x) = sum_ij V_i^alpha V_j^beta h^ij of the coordinates at every node, `(d, n, n, m, m)`.

        The density has the term h^{alpha beta} d_alpha f d_beta f.

        Raises
        ------
        ConfigError
            If the generators are no vector fields: learned ones, or those of a symmetry of the nodes.
        """
        if self.operators.fields is None:
            raise ConfigError("these generators are no vector fields of coordinates; kinetic has h in their own basis")
        fields = self.operators.fields.to(self.kinetic)
        return torch.einsum("dai,dbj,ijmn->dabmn", fields, fields, self.kinetic)

    def density(self, f: Tensor) -> Tensor:
        """The terms by name, each `(B, d)`, of fields `(B, m, d)`; they add up to |Q f|^2.

        "boundary" is 2 f^T v^i L_i f, which the product rule makes L_i (f^T v^i f).
        """
        matrices = self.operators.matrices().to(f)
        slopes = torch.einsum("cde,bme->cbmd", matrices, f)
        return {  # type: ignore[return-value]
            "mass": torch.einsum("bmd,mn,bnd->bd", f, self.mass, f),
            "kinetic": torch.einsum("ibmd,ijmn,jbnd->bd", slopes, self.kinetic, slopes),
            "boundary": 2 * torch.einsum("bmd,imn,ibnd->bd", f, self.boundary, slopes),
            "gyroscopic": 2 * torch.einsum("bmd,imn,ibnd->bd", f, self.gyroscopic, slopes),
        }

    def equation(self, f: Tensor) -> Tensor:
        """Left-hand side of the field equation of the mass and kinetic terms, m2 f - sum_ij h^ij L_i L_j f.

        Half of what varying their integral gives, for fields whose L_i are divergence-free; `(B, m, d)`.
        """
        matrices = self.operators.matrices().to(f)
        slopes = torch.einsum("cde,bme->cbmd", matrices, f)
        even = (self.kinetic + self.kinetic.transpose(0, 1)) / 2
        moved = torch.einsum("ijmn,jbnd->ibmd", even, slopes)
        return torch.einsum("mn,bnd->bmd", self.mass, f) - torch.einsum("cde,cbme->bmd", matrices, moved)

    def __repr__(self) -> str:
        count, m = len(self.kinetic), len(self.mass)
        return (
            f"Lagrangian of {m} field{'s' * (m > 1)} and {count} generator{'s' * (count > 1)}: |m2| = "
            f"{self.mass.norm():.3g}, |h| = {self.kinetic.norm():.3g}, |v| = {self.boundary.norm():.3g}, "
            f"|a| = {self.gyroscopic.norm():.3g}"
        )


def lagrangian(layer: Any, *, metric: Any = None, target: bool = False) -> Lagrangian:
    """What the mean-square loss of an L-conv layer says as a field theory.

    Parameters
    ----------
    layer : LConv or LConvNet
        Of a network, its first layer. Biases are left out.
    metric : array, optional
        g `(m', m')`, symmetric: |r|^2 means r^T g r. By default the identity, for which h is not negative; for fields
        on space-time, whose kinetic form is indefinite, an indefinite one.
    target : bool
        Take the field to be (f, y) with the target y of the loss |Q f - y|^2, so that it has m + m' features.

    Returns
    -------
    Lagrangian
        With gradients, where the layer has them.

    Raises
    ------
    ConfigError
        If there is no such layer, or the metric has another shape or is not symmetric.
    """
    layer = layer.layers[0] if isinstance(layer, LConvNet) and len(layer.layers) else layer
    if not isinstance(layer, LConv):
        raise ConfigError(f"a Lagrangian belongs to an L-conv layer, or to the first of a network; got {type(layer)}")
    own, along = layer.own, layer.along
    outer = len(own)
    g = torch.eye(outer).to(own) if metric is None else torch.as_tensor(metric).to(own)
    if g.shape != (outer, outer) or not torch.allclose(g, g.T):
        raise ConfigError(
            f"the metric must be symmetric, ({outer}, {outer}), for {outer} features; got {tuple(g.shape)}"
        )
    if target:
        own = torch.cat([own, -torch.eye(outer).to(own)], dim=1)
        along = torch.cat([along, along.new_zeros(*along.shape[:2], outer)], dim=2)
    linear = torch.einsum("om,op,ipn->imn", own, g, along)
    return Lagrangian(
        mass=own.T @ g @ own,
        kinetic=torch.einsum("iom,op,jpn->ijmn", along, g, along),
        boundary=(linear + linear.mT) / 2,
        gyroscopic=(linear - linear.mT) / 2,
        operators=layer.operators,
    )
