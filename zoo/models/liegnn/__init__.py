"""Message passing on point clouds with the invariant forms of any Lie algebra (LieGNN; LorentzNet and EGNN within)."""

from .network import LieGNN

__all__ = ["LieGNN"]
