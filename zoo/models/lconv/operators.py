"""The operators L_i of an L-conv layer: given or learned, dense or of low rank (`neighbours` has those of few nodes).

Each knows how to compute W_0 f + sum_i W_i L_i f for features `(B, m, d)` without forming what it can do without, and
what its L_i are as matrices.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Literal

import torch
from torch import Tensor, nn

from ...errors import ConfigError

Kept = Literal["learned", "frozen", "given"]
"""Numbers are parameters, or buffers that are saved, or those of a symmetry, which need not be saved.

The last stay in float64, so that a network that was in float32 keeps its symmetry to rounding again.
"""


class Operators(nn.Module, ABC):
    """c matrices L_i on d nodes.

    Attributes
    ----------
    c, d : int
    fields : Tensor or None
        Where they are those of vector fields on R^n, L_i f = -V_i . grad f: the fields V_i at the nodes, `(d, n, c)`
        float64.
    """

    fields: Tensor | None

    def __init__(self, c: int, d: int) -> None:
        super().__init__()
        self.c, self.d, self.fields = int(c), int(d), None
        self._given: dict[str, Tensor] = {}
        self._cast: dict[str, Tensor] = {}

    @abstractmethod
    def convolved(self, f: Tensor, own: Tensor, along: Tensor) -> Tensor:
        """W_0 f + sum_i W_i L_i f.

        Parameters
        ----------
        f : Tensor
            `(B, m, d)`.
        own, along : Tensor
            W_0 `(m', m)` and the W_i `(c, m', m)`.

        Returns
        -------
        Tensor
            `(B, m', d)`.
        """

    @abstractmethod
    def matrices(self) -> Tensor:
        """L_i, `(c, d, d)`."""

    def extra_repr(self) -> str:
        """Sizes, for `repr`."""
        return f"{self.c} generators on {self.d} nodes"

    def _keep(self, name: str, values: Tensor, kept: Kept) -> None:
        values = values.detach().contiguous()
        if kept == "given":
            self._given[name] = values
        elif kept == "learned":
            self.register_parameter(name, nn.Parameter(values.to(torch.get_default_dtype())))
        else:
            self.register_buffer(name, values.to(torch.get_default_dtype()))

    def _numbers(self, name: str, like: Tensor | None = None) -> Tensor:
        """What is kept under a name; what was given in the precision and on the device of `like`."""
        if name not in self._given:
            return getattr(self, name)
        if like is None:
            return self._given[name]
        cast = self._cast.get(name)
        if cast is None or cast.dtype != like.dtype or cast.device != like.device:
            cast = self._cast[name] = self._given[name].to(like)
        return cast


class Dense(Operators):
    """Any matrices.

    Parameters
    ----------
    values : Tensor
        `(c, d, d)`.
    kept : {"learned", "frozen", "given"}
    """

    def __init__(self, values: Tensor, kept: Kept = "learned") -> None:
        super().__init__(*values.shape[:2])
        self._keep("values", values, kept)

    @classmethod
    def random(cls, c: int, d: int, kept: Kept = "learned") -> Dense:
        """Entries N(0, 1 / d): L f is about as large as f."""
        return cls(torch.randn(c, d, d) / math.sqrt(d), kept)

    def convolved(self, f: Tensor, own: Tensor, along: Tensor) -> Tensor:
        # one product with all matrices side by side; features are mixed on the side where they are fewer
        batch, (c, outer, inner), d = len(f), along.shape, self.d
        values = self._numbers("values", f)
        if outer < inner:
            mixed = along.transpose(0, 1).reshape(outer * c, inner) @ f  # (B, m' c, d)
            moved = (mixed.reshape(batch * outer, c * d) @ values.mT.reshape(c * d, d)).view(batch, outer, d)
            return _added(moved, own, f)
        moved = f.reshape(batch * inner, d) @ values.reshape(c * d, d).T  # (B m, c d)
        return _added(along.permute(1, 2, 0).reshape(outer, inner * c) @ moved.view(batch, inner * c, d), own, f)

    def matrices(self) -> Tensor:
        return self._numbers("values")


class LowRank(Operators):
    """L_i = U_i V_i of a rank r that is small beside d.

    Parameters
    ----------
    left, right : Tensor
        U `(c, d, r)` and V `(c, r, d)`.
    kept : {"learned", "frozen", "given"}
    """

    def __init__(self, left: Tensor, right: Tensor, kept: Kept = "learned") -> None:
        super().__init__(*left.shape[:2])
        self.rank = left.shape[2]
        if right.shape != (self.c, self.rank, self.d):
            raise ConfigError(f"U {tuple(left.shape)} and V {tuple(right.shape)} are not (c, d, r) and (c, r, d)")
        # all c side by side with the nodes first, (d, c r), as the two products read them
        self._keep("left", left.transpose(0, 1).reshape(self.d, -1), kept)
        self._keep("right", right.permute(2, 0, 1).reshape(self.d, -1), kept)

    @classmethod
    def random(cls, c: int, d: int, rank: int, kept: Kept = "learned") -> LowRank:
        """Uniform entries as Glorot and Bengio (2010) have them, for U and V each."""
        bound = math.sqrt(6 / (d + rank))
        left, right = ((2 * torch.rand(2, c, d, rank) - 1) * bound).unbind()
        return cls(left, right.mT, kept)

    def convolved(self, f: Tensor, own: Tensor, along: Tensor) -> Tensor:
        batch, inner, d = f.shape
        c, outer, _ = along.shape
        left, right = self._sides(f)
        rank = left.shape[1] // c
        seen = (f.reshape(batch * inner, d) @ right).view(batch, inner, c, rank)
        mixed = torch.bmm(along, seen.permute(2, 1, 0, 3).reshape(c, inner, batch * rank))
        mixed = mixed.view(c, outer, batch, rank).permute(2, 1, 0, 3).reshape(batch * outer, c * rank)
        return _added((mixed @ left.T).view(batch, outer, d), own, f)

    def matrices(self) -> Tensor:
        left, right = (side.view(self.d, self.c, -1).transpose(0, 1) for side in self._sides())
        return left @ right.mT

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, rank {self.rank}"

    def _sides(self, like: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Two matrices of all c side by side whose products are the L_i: here U and the transpose of V, `(d, c r)`."""
        return self._numbers("left", like), self._numbers("right", like)


class Skew(LowRank):
    """L_i = U_i V_i - (U_i V_i)^T: generators of rotations of R^d, exp(z L_i) keeps the length of f.

    They have rank 2 r with the numbers of those of rank r.
    """

    def _sides(self, like: Tensor | None = None) -> tuple[Tensor, Tensor]:
        left, right = (side.view(self.d, self.c, -1) for side in super()._sides(like))
        return torch.cat([left, right], -1).flatten(1), torch.cat([right, -left], -1).flatten(1)


class Unknown(Operators):
    """Operators of graphs, which come with each graph."""

    def __init__(self, c: int) -> None:
        super().__init__(c, 0)

    def convolved(self, f: Tensor, own: Tensor, along: Tensor) -> Tensor:
        raise ConfigError("the operators of a graph come with the graph: give them to the layer")

    def matrices(self) -> Tensor:
        return torch.zeros(self.c, 0, 0, dtype=torch.float64, device="cpu")


def _added(moved: Tensor, own: Tensor, f: Tensor) -> Tensor:
    """Together with W_0 f: a product per sample, as one of all would first copy the features node by node."""
    return torch.baddbmm(moved, own.expand(len(f), -1, -1), f)
