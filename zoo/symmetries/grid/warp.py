"""Images seen at other places of their plane."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional


def warp(images: Tensor, places: Tensor, *, cubic: bool = False) -> Tensor:
    """Each image at places of its own, by linear or cubic interpolation; what is outside is as at the edge.

    Parameters
    ----------
    images : Tensor
        `(B, C, H, W)`.
    places : Tensor
        `(B, H W, 2)`, in the coordinates of `Grid`.
    cubic : bool
        Blurs less between pixels, and takes longer.

    Returns
    -------
    Tensor
        `(B, C, H, W)`.
    """
    height, width = images.shape[2:]
    longest = max(height, width)
    stretched = places * places.new_tensor([longest / width, longest / height])
    at = stretched.unflatten(1, (height, width)).to(images)
    mode = "bicubic" if cubic else "bilinear"
    return functional.grid_sample(images, at, mode=mode, padding_mode="border", align_corners=False)
